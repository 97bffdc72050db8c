"""Payments by the sandbox gateway, in the process that owns the desk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession

from broadcast.checkout.adapters.relay import ErrandSource, PaymentRelay
from broadcast.checkout.adapters.sandbox_gateway import SandboxGateway
from showrunner.feed_parts import wall_clock
from showrunner.http.payments import NOTIFICATIONS


class SandboxPayments:
    """The sandbox gateway and the relay that tells it what the desk wants paid.

    Args:
        secret: signs the gateway's notifications.
    """

    def __init__(self, secret: str) -> None:
        self.gateway = SandboxGateway(secret=secret, deliver=self._deliver, now=wall_clock)
        self._base_url = ""
        self._session: ClientSession | None = None

    async def start(self, base_url: str) -> None:
        """Begin to deliver notifications to a shop."""
        self._base_url = base_url
        self._session = ClientSession()
        await self.gateway.start()

    async def stop(self) -> None:
        """Deliver no more."""
        await self.gateway.stop()
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def errands(self, desk: ErrandSource) -> AsyncIterator[None]:
        """Carry a desk's errands to the gateway until the block ends."""
        relay = PaymentRelay(desk, self.gateway)
        await relay.start()
        try:
            yield
        finally:
            await relay.stop()

    async def _deliver(self, headers: dict[str, str], body: bytes) -> int:
        if self._session is None:
            raise RuntimeError("payments have not started")
        async with self._session.post(self._base_url + NOTIFICATIONS, data=body, headers=headers) as response:
            return response.status
