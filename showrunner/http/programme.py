"""The programme over HTTP: the live playlist, computed from the time, and its segments."""

from pathlib import Path

from aiohttp import web

from broadcast.clock import Now, ProgrammeMs
from broadcast.programme.marks import MarkBook, date_range
from broadcast.programme.playlist import (
    DEFAULT_WINDOW,
    PLAYLIST_TYPE,
    live_playlist,
    master_playlist,
    newest_sequence,
    segment_date,
)
from broadcast.programme.segments import SegmentIndex
from showrunner.http.pages import A_YEAR, file_within

MEDIA_PLAYLIST = "media.m3u8"
_TYPES = {".m4s": "video/iso.segment", ".mp4": "video/mp4", ".ts": "video/mp2t"}


class ProgrammeDoor:
    """One show's picture: looped from ``origin`` on, for ever."""

    def __init__(
        self, show: str, index: SegmentIndex, folder: Path, origin: ProgrammeMs, marks: MarkBook, now: Now
    ) -> None:
        self._marks = marks
        self._show = show
        self._index = index
        self._folder = folder
        self._origin = origin
        self._now = now

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the programme."""
        base = f"/v1/shows/{self._show}/programme"
        return [
            web.get(f"{base}/live.m3u8", self._master),
            web.get(f"{base}/{MEDIA_PLAYLIST}", self._media),
            web.get(base + "/{path:.+}", self._segment),
        ]

    async def _master(self, _request: web.Request) -> web.Response:
        return _playlist(master_playlist(self._index, MEDIA_PLAYLIST))

    async def _media(self, _request: web.Request) -> web.Response:
        now = self._now()
        newest = newest_sequence(self._index, self._origin, now)
        oldest = max(0, (newest or 0) - DEFAULT_WINDOW + 1)
        listed_from = segment_date(self._index, self._origin, oldest)
        tags = [date_range(mark) for mark in self._marks.within(listed_from, None)]
        return _playlist(live_playlist(self._index, self._origin, now, tags=tags))

    async def _segment(self, request: web.Request) -> web.StreamResponse:
        response = file_within(self._folder, request.match_info["path"])
        kind = _TYPES.get(Path(request.match_info["path"]).suffix)
        if kind is None:
            raise web.HTTPNotFound
        response.content_type = kind
        response.headers["Cache-Control"] = A_YEAR
        return response


def _playlist(text: str) -> web.Response:
    return web.Response(text=text, content_type=PLAYLIST_TYPE, headers={"Cache-Control": "no-cache"})
