"""HTTP on a port of its own, for processes that serve no feed."""

from aiohttp import web

from showrunner.listening import BACKLOG, KEEPALIVE_TIMEOUT_S, SHUTDOWN_TIMEOUT_S, listen


class HttpListener:
    """Listens on one address and serves it."""

    def __init__(self, app: web.Application) -> None:
        self._runner = web.AppRunner(
            app, access_log=None, keepalive_timeout=KEEPALIVE_TIMEOUT_S, shutdown_timeout=SHUTDOWN_TIMEOUT_S
        )
        self._site: web.SockSite | None = None

    async def start(self, host: str, port: int) -> int:
        """Begin to listen and return the port.

        Raises:
            PortTakenError: somebody else has it, or the address is not this machine's.
        """
        await self._runner.setup()
        listening = listen(host, port, shared=False)
        self._site = web.SockSite(self._runner, listening, backlog=BACKLOG)
        await self._site.start()
        return int(listening.getsockname()[1])

    async def stop_accepting(self) -> None:
        """Take no new connections."""
        if self._site is not None:
            await self._site.stop()
            self._site = None

    async def stop(self) -> None:
        """Let requests in progress finish, within bounds, and close the rest."""
        await self._runner.cleanup()
