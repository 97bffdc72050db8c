"""A checkout process for the crash test: crowds tap without pause, and every answer is printed when it is given.

Usage: tapping_process.py DATABASE ROUND STOCK. Lines on standard output, each complete or absent: ``ready``, then
``order``, ``paid`` or ``cancelled`` with ``KEY ORDER QUANTITY`` for what was acknowledged, ``gone KEY`` for refusals.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

from uuid_utils import uuid7

from broadcast.checkout.adapters.group_commit import GroupCommitCheckout
from broadcast.checkout.adapters.sqlite import sqlite_engine
from broadcast.checkout.adapters.sqlite_record import SqliteRecord
from broadcast.checkout.offers import Offer
from broadcast.checkout.payment import PaymentNotification
from broadcast.clock import ProgrammeMs, WallMs
from broadcast.errors import Refusal
from broadcast.messages import OrderRequest
from broadcast.money import Money

CROWD = 48
PRICE = Money(9_900, "CNY")


def say(line: str) -> None:
    """Write a whole line at once, past any buffer: what was said was said, however this process ends."""
    os.write(1, f"{line}\n".encode())


async def tap(checkout: GroupCommitCheckout, who: int, turn: str) -> None:
    """Tap, pay one in three orders, cancel one in five, until stopped."""
    number = 0
    while True:
        number += 1
        key, buyer = f"{turn}-{who}-{number}", f"buyer-{who}"
        quantity = 1 + number % 3
        request = OrderRequest(show="gala", sku="scarf", quantity=quantity)
        try:
            answer = (await checkout.place(channel="web", buyer=buyer, key=key, request=request)).answer
        except Refusal:
            say(f"gone {key}")
            await asyncio.sleep(0.01)
            continue
        say(f"order {key} {answer.order} {quantity}")
        if number % 3 == 0:
            await checkout.payment_notified(
                PaymentNotification(id=f"msg-{key}", kind="captured", order=answer.order, amount=answer.amount)
            )
            say(f"paid {key} {answer.order} {quantity}")
        elif number % 5 == 0:
            await checkout.cancel("web", buyer, answer.order)
            say(f"cancelled {key} {answer.order} {quantity}")


async def main(database: Path, turn: str, stock: int) -> None:
    """Serve a crowd until killed."""
    checkout = GroupCommitCheckout(
        SqliteRecord(sqlite_engine(database), "gala", str(uuid7())),
        show="gala",
        offers=[Offer(sku="scarf", price=PRICE, stock=stock, limit_per_buyer=None, title="Scarf")],
        fences_ms={"web": 0},
        hold_ms=900_000,
        now=lambda: WallMs(int(time.time() * 1000)),
        new_id=lambda: str(uuid7()),
        on_stock_changed=lambda _sku: None,
        on_order_changed=lambda _order: None,
    )
    await checkout.start()
    checkout.open_for_sale(["scarf"], ProgrammeMs(0))
    say("ready")
    await asyncio.gather(*(tap(checkout, who, turn) for who in range(CROWD)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
