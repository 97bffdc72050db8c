"""See now, buy now: live shows whose looks can be bought while they are on air.

Importing this package starts nothing. Each room's top-level modules are pure; what touches the world is in
its ``adapters``.
"""
