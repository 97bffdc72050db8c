from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from broadcast.checkout.ledger import LedgerEntry, balances, entries
from broadcast.checkout.settlement import Rates, Sale, settle, share
from broadcast.money import Money

RATES = Rates(
    commission=500, by_channel={"youku": 1_000}, by_brand={"Maison": 2_000}, gateway_fee=60, by_provider={"stripe": 290}
)


def sale(name: str, brand: str = "Atelier", channel: str = "taobao", provider: Any = "alipay") -> Sale:
    return Sale(order=name, brand=brand, channel=channel, provider=provider)


def money(name: str, *movements: Any, value: int = 10_000, currency: str = "CNY") -> list[LedgerEntry]:
    return [entry for movement in movements for entry in entries(name, movement, Money(value, currency))]


def only(*sales: Sale, ledger: list[LedgerEntry], rates: Rates = RATES) -> Any:
    (line,) = settle({one.order: one for one in sales}, ledger, rates).lines
    return line


def test_a_sale_is_divided_between_gateway_channel_and_brand():
    line = only(sale("o"), ledger=money("o", "captured"))
    assert (line.gross, line.refunds, line.fees, line.commission, line.net) == (10_000, 0, 60, 500, 9_440)


def test_a_channels_rate_counts_before_the_general_one_and_a_brands_before_that():
    assert only(sale("o", channel="youku"), ledger=money("o", "captured")).commission == 1_000
    assert only(sale("o", brand="Maison", channel="youku"), ledger=money("o", "captured")).commission == 2_000


def test_each_gateway_has_its_own_fee():
    assert only(sale("o", provider="stripe"), ledger=money("o", "captured")).fees == 290


def test_an_order_given_back_costs_its_brand_nothing_and_the_house_the_fee():
    line = only(sale("o"), ledger=money("o", "captured", "cancelled", "refunded"))
    assert (line.gross, line.refunds, line.fees, line.commission, line.net) == (10_000, 10_000, 0, 0, 0)
    assert line.house == 60


def test_an_order_owed_back_is_not_paid_to_the_brand():
    for movements in (("captured", "cancelled"), ("captured-late",)):
        line = only(sale("o"), ledger=money("o", *movements))
        assert (line.refunds, line.net, line.refunded) == (10_000, 0, 1)


def test_a_gateway_that_gives_its_fee_back_costs_the_house_nothing():
    rates = Rates(gateway_fee=60, fee_back_on_refund=True)
    assert only(sale("o"), ledger=money("o", "captured-late", "refunded"), rates=rates).house == 0


def test_brands_channels_and_currencies_are_settled_apart():
    sales = {
        one.order: one
        for one in (sale("a"), sale("b", brand="Maison"), sale("c", channel="youku"), sale("d"), sale("e"))
    }
    ledger = [entry for name in "abce" for entry in money(name, "captured")] + money("d", "captured", currency="HKD")
    lines = settle(sales, ledger, RATES).lines
    assert [(line.brand, line.channel, line.currency, line.orders) for line in lines] == [
        ("Atelier", "taobao", "CNY", 2),
        ("Atelier", "taobao", "HKD", 1),
        ("Atelier", "youku", "CNY", 1),
        ("Maison", "taobao", "CNY", 1),
    ]


def test_shares_are_rounded_half_up():
    assert [share(value, 50) for value in (99, 100, 101, 299, 300)] == [0, 1, 1, 1, 2]


def test_an_order_nobody_paid_settles_nothing():
    assert settle({"o": sale("o")}, [], RATES).lines == []


ORDERS = st.lists(
    st.tuples(
        st.sampled_from(["Atelier", "Maison", "Nuit"]),
        st.sampled_from(["youku", "taobao"]),
        st.sampled_from(["alipay", "stripe"]),
        st.sampled_from(
            [("captured",), ("captured", "cancelled"), ("captured", "cancelled", "refunded"), ("captured-late",)]
        ),
        st.integers(0, 10**12),
        st.sampled_from(["CNY", "JPY"]),
    ),
    max_size=40,
)
BPS = st.integers(0, 10_000)


@given(ORDERS, st.builds(Rates, commission=BPS, gateway_fee=BPS, gateway_fixed=st.integers(0, 100)))
def test_however_it_is_divided_not_a_cent_is_lost_or_made(orders: Any, rates: Rates):
    sales, ledger = {}, []
    for number, (brand, channel, provider, movements, value, currency) in enumerate(orders):
        name = f"o-{number}"
        sales[name] = sale(name, brand, channel, provider)
        ledger += money(name, *movements, value=value, currency=currency)
    settled = settle(sales, ledger, rates)
    for line in settled.lines:
        assert line.gross - line.refunds == line.fees + line.commission + line.net
        assert min(line.fees, line.commission, line.net, line.house) >= 0
    sums: dict[tuple[str, str], int] = {}
    for entry in settled.entries:
        sums[entry.order, entry.movement] = sums.get((entry.order, entry.movement), 0) + entry.value
    assert set(sums.values()) <= {0}
    left = balances([*ledger, *settled.entries])
    assert {value for (account, _), value in left.items() if account == "sales"} <= {0}
    assert settle(sales, reversed(ledger), rates) == settled
