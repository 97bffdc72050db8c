"""The feed's WebSocket stack against the cases of the Autobahn test suite."""
