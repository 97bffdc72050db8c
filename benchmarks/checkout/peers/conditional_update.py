"""One ``UPDATE … SET left = left - n WHERE left >= n`` a tap, and an insert, in one transaction."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import async_sessionmaker

from benchmarks.checkout.peers.front import Tap, serve
from benchmarks.checkout.peers.tables import Order, Stock, engine, lay_out


class ConditionalUpdate:
    """SQLAlchemy on PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._engine = engine(url)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    async def start(self) -> None:
        """Make the tables."""
        await lay_out(self._engine)

    async def place(self, tap: Tap) -> bool:
        """Take if there is any, insert, commit."""
        async with self._sessions.begin() as session:
            # the order first: the row everybody wants is then locked for the shortest time
            session.add(Order.of(tap))
            await session.flush()
            take = update(Stock).where(Stock.sku == tap.sku, Stock.left >= tap.quantity)
            taken = await session.execute(
                take.values(left=Stock.left - tap.quantity).execution_options(synchronize_session=False)
            )
            if taken.rowcount != 1:
                await session.rollback()
                return False
        return True

    async def stop(self) -> None:
        """Disconnect."""
        await self._engine.dispose()


if __name__ == "__main__":
    serve(ConditionalUpdate)
