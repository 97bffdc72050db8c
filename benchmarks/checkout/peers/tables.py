"""The tables of the peers that keep orders in PostgreSQL, as one would write them."""

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.checkout.drop import GONE, HOT, HOT_PIECES
from benchmarks.checkout.peers.front import Tap

POOL = 20
"""Database connections; more of them wait for the same row."""


class Table(DeclarativeBase):
    """What the tables have in common."""


class Stock(Table):
    """Pieces left of a SKU."""

    __tablename__ = "stock"
    sku: Mapped[str] = mapped_column(String, primary_key=True)
    left: Mapped[int] = mapped_column(BigInteger, CheckConstraint('"left" >= 0'))


class Order(Table):
    """An order; the key makes it unique."""

    __tablename__ = "orders"
    id: Mapped[str] = mapped_column(String, primary_key=True)
    buyer: Mapped[str] = mapped_column(String)
    key: Mapped[str] = mapped_column(String, unique=True)
    sku: Mapped[str] = mapped_column(String)
    quantity: Mapped[int]
    hold_until_ms: Mapped[int] = mapped_column(BigInteger)

    @classmethod
    def of(cls, tap: Tap) -> "Order":
        """Return the order of a tap."""
        return cls(
            id=tap.order, buyer=tap.buyer, key=tap.key, sku=tap.sku, quantity=tap.quantity,
            hold_until_ms=tap.hold_until_ms,
        )  # fmt: skip


def engine(url: str) -> AsyncEngine:
    """Return an engine on asyncpg."""
    return create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"), pool_size=POOL, max_overflow=0)


async def lay_out(on: AsyncEngine) -> None:
    """Make the tables and put the pieces there."""
    async with on.begin() as connection:
        await connection.run_sync(Table.metadata.create_all)
        rows = [{"sku": HOT, "left": HOT_PIECES}, {"sku": GONE, "left": 0}]
        await connection.execute(Stock.__table__.insert(), rows)
