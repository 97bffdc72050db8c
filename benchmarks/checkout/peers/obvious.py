"""The obvious design: a transaction a tap locks the row of its SKU (``SELECT … FOR UPDATE``) and writes back."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker

from benchmarks.checkout.peers.front import Tap, serve
from benchmarks.checkout.peers.tables import Order, Stock, engine, lay_out


class ForUpdate:
    """SQLAlchemy's ORM on PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._engine = engine(url)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    async def start(self) -> None:
        """Make the tables."""
        await lay_out(self._engine)

    async def place(self, tap: Tap) -> bool:
        """Lock, look, take, insert, commit."""
        async with self._sessions.begin() as session:
            stock = (await session.scalars(select(Stock).where(Stock.sku == tap.sku).with_for_update())).one()
            if stock.left < tap.quantity:
                return False
            stock.left -= tap.quantity
            session.add(Order.of(tap))
        return True

    async def stop(self) -> None:
        """Disconnect."""
        await self._engine.dispose()


if __name__ == "__main__":
    serve(ForUpdate)
