import pytest

from broadcast.channels.profiles import ChannelProfile
from showrunner.show_folder.channels import parse_channels
from showrunner.show_folder.problems import Problems

CHANNEL = """\
[youku]
name = "Youku"
names = { zh = "优酷" }
kind = "app"
latency_ms = 8000
fence_ms = 500
playhead = true
guests = false
origins = ["https://v.youku.com"]

[youku.links]
app = "youku://item?sku={sku}"
web = "https://shop.example/{handle}?look={look}&show={show}"
"""


def read(text: str) -> tuple[tuple[ChannelProfile, ...], list[tuple[int | None, str | None]], Problems]:
    problems = Problems("channels.toml")
    profiles = parse_channels(text, problems, language="en")
    return profiles, [(problem.row, problem.column) for problem in problems.kept], problems


def test_a_table_becomes_a_channel():
    (youku,), places, _ = read(CHANNEL)
    assert places == []
    assert (youku.id, youku.name, youku.names, youku.kind) == ("youku", "Youku", {"en": "Youku", "zh": "优酷"}, "app")
    assert (youku.latency_ms, youku.fence_ms, youku.playhead, youku.guests) == (8000, 500, True, False)
    assert youku.origins == ("https://v.youku.com",)
    assert youku.app_link == "youku://item?sku={sku}"


def test_a_channel_needs_only_name_kind_and_latency():
    (web, station), places, _ = read(
        '[web]\nname = "W"\nkind = "web"\nlatency_ms = 0\n[tv]\nname = "T"\nkind = "tv"\nlatency_ms = 60000\n'
    )
    assert places == []
    assert (web.fence_ms, web.guests, web.origins, web.app_link) == (0, False, (), None)
    assert (web.playhead, station.playhead) == (True, False)


@pytest.mark.parametrize(
    ("old", "new", "line", "column"),
    [
        ('name = "Youku"', "", 1, "youku.name"),
        ('"app"', '"radio"', 4, "youku.kind"),
        ("latency_ms = 8000", "latency_ms = -1", 5, "youku.latency_ms"),
        ("latency_ms = 8000", "latency_ms = 999999999", 5, "youku.latency_ms"),
        ("latency_ms = 8000", 'latency_ms = "8 s"', 5, "youku.latency_ms"),
        ("latency_ms = 8000", "latency_ms = true", 5, "youku.latency_ms"),
        ("latency_ms = 8000", "latency_ms = 1.5", 5, "youku.latency_ms"),
        ("guests = false", "guests = 0", 8, "youku.guests"),
        ("fence_ms", "fence", 6, "youku.fence"),
        ("https://v.youku.com", "https://v.youku.com/path", 9, "youku.origins"),
        ("https://v.youku.com", "http://v.youku.com", 9, "youku.origins"),
        ("https://v.youku.com", "https://user@v.youku.com", 9, "youku.origins"),
        ("https://v.youku.com", "null", 9, "youku.origins"),
        ('"https://v.youku.com"', "7", 9, "youku.origins"),
        ("{sku}", "{item}", 12, "youku.links.app"),
        ("{sku}", "{sku", 12, "youku.links.app"),
        ("{sku}", "{}", 12, "youku.links.app"),
        ("{sku}", "{sku!r}", 12, "youku.links.app"),
        ("{sku}", "{sku.__class__}", 12, "youku.links.app"),
        ("youku://item?sku={sku}", "javascript:alert(1)", 12, "youku.links.app"),
        ("youku://item?sku={sku}", "no address", 12, "youku.links.app"),
        ("https://shop", "http://shop", 13, "youku.links.web"),
        ("https://shop.example", "https://{show}.example", 13, "youku.links.web"),
        ("https://shop.example/", "https:///", 13, "youku.links.web"),
        ("web =", "site =", 13, "youku.links.site"),
        ("[youku]", "[Youku TV]", None, None),
    ],
)
def test_a_wrong_value_is_an_error_at_its_line_and_key(old: str, new: str, line: int | None, column: str | None):
    assert old in CHANNEL
    profiles, places, _ = read(CHANNEL.replace(old, new, 1))
    assert profiles == ()
    if column is not None:
        assert places == [(line, column)]


def test_a_misspelt_key_is_answered_with_the_right_one():
    assert "'latency_ms'" in read(CHANNEL.replace("latency_ms", "latencyms"))[2].kept[0].reason


def test_every_wrong_channel_is_named_at_once():
    text = '[a]\nname = "A"\nkind = "x"\nlatency_ms = 0\n[b]\nname = "B"\nkind = "web"\nlatency_ms = -1\n'
    assert read(text)[1] == [(3, "a.kind"), (8, "b.latency_ms")]


def test_a_file_without_channels_is_an_error():
    assert read("# nothing\n")[2].errors == 1


def test_a_loopback_address_may_be_plain_http():
    text = CHANNEL.replace("https://v.youku.com", "http://localhost:8080").replace(
        "https://shop.example", "http://127.0.0.1:9"
    )
    assert read(text)[1] == []


def test_syntax_errors_carry_their_line():
    assert read("[web]\nname = \n")[1] == [(2, None)]
