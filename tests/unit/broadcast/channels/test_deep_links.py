from hypothesis import given
from hypothesis import strategies as st

from broadcast.channels.deep_links import LinkBook
from broadcast.channels.profiles import ChannelProfile
from broadcast.ids import ChannelId, LookId, ShowId, Sku
from broadcast.messages import LookView, OfferView, SkuLinks
from broadcast.money import Money

BOOK = LinkBook(ShowId("gala"), {Sku("COAT-M"): "paper crane coat", Sku("BAG/10%"): "bow-bag"})


def profile(app: str | None = None, web: str | None = None) -> ChannelProfile:
    return ChannelProfile(
        id=ChannelId("youku"), name="Youku", names={}, kind="app", latency_ms=1, app_link=app, web_link=web
    )


def offer(sku: str) -> OfferView:
    return OfferView(
        sku=Sku(sku),
        title=sku,
        titles={},
        options={},
        price=Money(1, "CNY"),
        compare_at=None,
        image=None,
        state="on_sale",
    )


def test_a_template_is_filled_with_what_it_names() -> None:
    links = BOOK.links(
        profile("youku://item?s={show}&l={look}&k={sku}", "https://shop.example/{handle}"), LookId("l-1"), Sku("COAT-M")
    )
    assert links == SkuLinks(app="youku://item?s=gala&l=l-1&k=COAT-M", web="https://shop.example/paper%20crane%20coat")


def test_a_channel_without_templates_has_no_links() -> None:
    assert BOOK.links(profile(), LookId("l"), Sku("COAT-M")) == SkuLinks(app=None, web=None)


def test_a_sku_of_no_known_product_stands_in_for_its_handle() -> None:
    assert BOOK.links(profile(web="https://a/{handle}"), LookId("l"), Sku("NEW 1")).web == "https://a/NEW%201"


@given(st.text(min_size=1))
def test_no_value_leaves_its_place_in_the_address(text: str) -> None:
    web = BOOK.links(profile(web="https://a/{sku}/end"), LookId("l"), Sku(text)).web
    assert web is not None
    middle = web.removeprefix("https://a/").removesuffix("/end")
    assert not set(middle) & set("/?#&=:@ \"'<>{}\\\r\n")
    assert middle.isascii()


def test_a_look_gets_the_links_of_each_of_its_offers_and_keeps_the_rest() -> None:
    neutral = LookView(
        id=LookId("l-1"),
        number="1",
        title="t",
        titles={},
        brand="b",
        offers=(offer("COAT-M"), offer("BAG/10%")),
        links={},
    )
    local = BOOK.on_channel(profile(web="https://a/{look}/{sku}"), neutral)
    assert {sku: links.web for sku, links in local.links.items()} == {
        "COAT-M": "https://a/l-1/COAT-M",
        "BAG/10%": "https://a/l-1/BAG%2F10%25",
    }
    assert local.offers == neutral.offers
    assert neutral.links == {}
