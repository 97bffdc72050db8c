"""Ports for servers of the tests' own, also where two test runs start theirs at the same moment."""

import contextlib
import random
import socket

PORTS, PORT_TRIES = (20_000, 32_000), 50
"""Below what Linux and the others give to those who connect."""


def free_port() -> int:
    """Return a port nobody listens on now, and that the system gives to nobody who connects.

    A crowd that tries to reach a dead server from ports of the usual range sooner or later gets the server's own
    port, meets itself there, and the next server finds its port taken.
    """
    candidates = random.SystemRandom().sample(range(*PORTS), PORT_TRIES)
    for port in candidates:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")
