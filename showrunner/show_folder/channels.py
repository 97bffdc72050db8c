"""``channels.toml``: one table per channel the show goes out on."""

from typing import Literal

from broadcast.channels.profiles import ChannelProfile
from broadcast.ids import ChannelId
from showrunner.show_folder import cells
from showrunner.show_folder.addresses import app_link, web_link, web_origin
from showrunner.show_folder.problems import Problems, shown
from showrunner.show_folder.toml_file import TomlTable, read_toml

MAX_CHANNELS = 64
MAX_ORIGINS = 100
MAX_LATENCY_MS = 600_000
"""Ten minutes: beyond the longest delay a station puts on a live picture."""

MAX_CHANNEL_NAME_CHARS = 100
_KEYS = (
    "name", "names", "kind", "latency_ms", "fence_ms", "playhead", "guests", "origins", "links"
)  # fmt: skip
_LINK_KEYS = ("app", "web")

_KINDS: dict[str, Literal["app", "web", "tv"]] = {"app": "app", "web": "web", "tv": "tv"}


def parse_channels(text: str, problems: Problems, *, language: str) -> tuple[ChannelProfile, ...]:
    """Read a channels file.

    Args:
        text: the file.
        problems: where everything wrong is noted.
        language: BCP 47 tag of each channel's ``name``.

    Returns:
        The channels that are right, in the file's order.
    """
    root = read_toml(text, problems)
    if root is None:
        return ()
    if len(root.values) > MAX_CHANNELS:
        problems.error(None, None, f"has {len(root.values)} channels, at most {MAX_CHANNELS} are allowed")
        return ()
    profiles = [_profile(channel, table, problems, language) for channel, table in root.tables()]
    if not root.values:
        problems.error(None, None, "has no channel")
    return tuple(profile for profile in profiles if profile is not None)


def _profile(channel: str, table: TomlTable, problems: Problems, language: str) -> ChannelProfile | None:
    errors = problems.errors
    table.only(_KEYS)
    try:
        cells.name(channel)
    except ValueError as reason:
        table.error(None, str(reason))
    name = table.text("name", required=True, max_chars=MAX_CHANNEL_NAME_CHARS)
    names = table.titles("names", MAX_CHANNEL_NAME_CHARS)
    kind = table.text("kind", required=True)
    if kind is not None and kind not in _KINDS:
        table.error("kind", f"{shown(kind)} must be one of {', '.join(_KINDS)}")
    latency_ms = table.integer("latency_ms", 0, MAX_LATENCY_MS, required=True)
    fence_ms = table.integer("fence_ms", 0, MAX_LATENCY_MS)
    playhead = table.boolean("playhead")
    guests = table.boolean("guests")
    origins = _origins(table)
    app, web = _links(table)
    if problems.errors != errors or name is None or kind is None or latency_ms is None:
        return None
    return ChannelProfile(
        id=ChannelId(channel),
        name=name,
        names={language: name} | names,
        kind=_KINDS[kind],
        latency_ms=latency_ms,
        fence_ms=fence_ms or 0,
        playhead=playhead if playhead is not None else kind != "tv",
        guests=guests or False,
        origins=origins,
        app_link=app,
        web_link=web,
    )


def _origins(table: TomlTable) -> tuple[str, ...]:
    origins = table.texts("origins")
    if len(origins) > MAX_ORIGINS:
        table.error("origins", f"has {len(origins)} origins, at most {MAX_ORIGINS} are allowed")
    for origin in origins[:MAX_ORIGINS]:
        try:
            web_origin(origin)
        except ValueError as reason:
            table.error("origins", str(reason))
    return tuple(origins)


def _links(table: TomlTable) -> tuple[str | None, str | None]:
    links = table.table("links")
    if links is None:
        return None, None
    links.only(_LINK_KEYS)
    app, web = links.text("app"), links.text("web")
    for key, template, read in (("app", app, app_link), ("web", web, web_link)):
        try:
            if template is not None:
                read(template)
        except ValueError as reason:
            links.error(key, str(reason))
    return app, web
