"""The producers' console over Socket.IO: acknowledged commands in, the show's state out, presence.

Namespace ``/console``. Connect with ``auth: {token, show}``. The server sends ``rundown`` once and ``state`` whenever
something changed; the client sends ``command`` and gets the answer, or the problem, as its acknowledgement.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import socketio
import structlog

from broadcast.channels.adapters.tokens import ProducerTokens
from broadcast.errors import FieldError, Refusal, field_of, invalid, problem
from broadcast.ids import ShowId
from broadcast.messages import CommandRequest, ConsoleRundown, ConsoleState
from showrunner.control import Control

NAMESPACE = "/console"
MIN_PUSH_INTERVAL_S = 0.25
"""The state is pushed at most this often."""

MAX_PUSH_INTERVAL_S = 2.0
"""The state is pushed at least this often, so that counters nobody announces (audience) stay fresh."""

MAX_CONSOLES = 64
MAX_MESSAGE_BYTES = 65_536

log = structlog.get_logger()


class Console(socketio.AsyncNamespace):  # type: ignore[misc]  # the package publishes no types
    """One show's consoles."""

    def __init__(
        self,
        show: ShowId,
        tokens: ProducerTokens,
        control: Control,
        rundown: Callable[[], ConsoleRundown],
        state: Callable[[tuple[str, ...]], ConsoleState],
    ) -> None:
        super().__init__(NAMESPACE)
        self._show = show
        self._tokens = tokens
        self._control = control
        self._rundown = rundown
        self._state = state
        self._producers: dict[str, str] = {}
        self._dirty = asyncio.Event()
        self._pushing: asyncio.Task[None] | None = None

    def changed(self) -> None:
        """Note that consoles should hear of a change."""
        self._dirty.set()

    async def start(self) -> None:
        """Begin to push."""
        self._pushing = asyncio.create_task(self._push())

    async def stop(self) -> None:
        """Stop pushing and send the consoles away; they connect again by themselves."""
        if self._pushing is not None:
            self._pushing.cancel()
            await asyncio.gather(self._pushing, return_exceptions=True)
        for sid in tuple(self._producers):
            await self.disconnect(sid)

    # ------------------------------------------------------------ Socket.IO events

    async def on_connect(self, sid: str, _environ: dict[str, Any], auth: Any = None) -> None:
        """Let a producer in, or refuse with the problem as the error's data."""
        token = auth.get("token") if isinstance(auth, dict) else None
        try:
            if not isinstance(token, str):
                raise Refusal("unauthorized", "a producer token is needed")
            if isinstance(auth, dict) and auth.get("show") not in (None, self._show):
                raise Refusal("no-such-show", "that show is not on here")
            producer = self._tokens.verify(token, self._show)
            if len(self._producers) >= MAX_CONSOLES:
                raise Refusal("busy", f"at most {MAX_CONSOLES} consoles", retry_after_ms=5000)
        except Refusal as refusal:
            told = refusal.problem()
            raise socketio.exceptions.ConnectionRefusedError(told["title"], told) from refusal
        self._producers[sid] = producer.name
        await self.emit("rundown", msgspec.to_builtins(self._rundown()), to=sid)
        await self.emit("state", self._now(), to=sid)
        self.changed()

    async def on_disconnect(self, sid: str, _reason: Any = None) -> None:
        """Forget a producer."""
        self._producers.pop(sid, None)
        self.changed()

    async def on_command(self, sid: str, data: Any = None) -> dict[str, Any]:
        """Carry out a command and acknowledge it with its answer or its problem."""
        try:
            request = msgspec.convert(data, CommandRequest)
            answer = await self._control.command(request, self._producers[sid])
        except msgspec.ValidationError as wrong:
            reason, pointer = field_of(wrong)
            return invalid(FieldError(pointer, reason)).problem()
        except Refusal as refusal:
            return refusal.problem()
        except Exception:
            log.exception("console.fault")
            return problem("internal")
        built: dict[str, Any] = msgspec.to_builtins(answer)
        return built

    # ------------------------------------------------------------ state

    def _now(self) -> Any:
        return msgspec.to_builtins(self._state(tuple(sorted(set(self._producers.values())))))

    async def _push(self) -> None:
        while True:
            try:
                async with asyncio.timeout(MAX_PUSH_INTERVAL_S):
                    await self._dirty.wait()
            except TimeoutError:
                pass  # nothing was announced; the counters may have moved all the same
            self._dirty.clear()
            if self._producers:
                await self.emit("state", self._now())
            await asyncio.sleep(MIN_PUSH_INTERVAL_S)


def socket_server(console: Console) -> socketio.AsyncServer:
    """Return the Socket.IO server that carries the console; pages of other origins are refused."""
    server = socketio.AsyncServer(
        async_mode="aiohttp",
        max_http_buffer_size=MAX_MESSAGE_BYTES,
        logger=False,
        engineio_logger=False,
    )
    server.register_namespace(console)
    return server
