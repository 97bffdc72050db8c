"""How our own processes speak to one another: taps on their way to the desk, news on its way back.

One connection, opened by the process that asks. Both ends prove that they know a secret; what waits in one turn of the
event loop goes out as one frame.
"""
