"""A live programme over HTTP: rolling playlists, the recording for replay, and their segments."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec
from aiohttp import web

from broadcast.clock import ProgrammeMs
from broadcast.errors import Refusal
from broadcast.programme.adapters.recording_files import RecordingFiles
from broadcast.programme.live_playlist import Ending, Flavour, live_master, media_playlist
from broadcast.programme.live_segments import LiveSegment
from broadcast.programme.marks import MarkBook
from broadcast.programme.playlist import DEFAULT_WINDOW, PLAYLIST_TYPE
from showrunner.http.pages import A_YEAR, file_within

RETRY_MS = 2_000
"""Without a picture players are told to come again: it may come any moment."""

_TYPES = {".m4s": "video/iso.segment", ".mp4": "video/mp4", ".ts": "video/mp2t"}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LiveDoor:
    """One show's live picture."""

    def __init__(self, show: str, files: RecordingFiles, marks: MarkBook, thumbnails: Path) -> None:
        self._show = show
        self._files = files
        self._marks = marks
        self._thumbnails = thumbnails

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the programme."""
        base = f"/v1/shows/{self._show}/programme"
        return [
            web.get(f"{base}/live.m3u8", self._master("media.m3u8", "fmp4")),
            web.get(f"{base}/live-ts.m3u8", self._master("media-ts.m3u8", "ts")),
            web.get(f"{base}/media.m3u8", self._media("fmp4", "rolling")),
            web.get(f"{base}/media-ts.m3u8", self._media("ts", "rolling")),
            web.get(f"{base}/replay.m3u8", self._media("fmp4", "growing")),
            web.get(f"{base}/clock", self._clock),
            web.get(base + "/thumbs/{path:[^/]+}", self._thumbnail),
            web.get(base + "/{path:.+}", self._segment),
        ]

    def replay(self) -> str | None:
        """Return the playlist of everything recorded, over, or None where nothing is."""
        listed, before = self._files.recording.window(None)
        if not listed:
            return None
        marks = self._marks.within(ProgrammeMs(listed[0].capture_ms), None)
        return media_playlist(listed, before, marks, ending="over")

    def _master(self, media: str, flavour: Flavour) -> _Handler:
        async def handle(_request: web.Request) -> web.StreamResponse:
            listed, _ = self._files.recording.window(DEFAULT_WINDOW)
            if not listed:
                raise _no_picture()
            _check_flavour(listed, flavour)
            peak = max(segment.bits_per_second for segment in listed)
            return _playlist(live_master(listed[-1], peak, media, flavour))

        return handle

    def _media(self, flavour: Flavour, ending: Ending) -> _Handler:
        async def handle(_request: web.Request) -> web.StreamResponse:
            listed, before = self._files.recording.window(DEFAULT_WINDOW if ending == "rolling" else None)
            if not listed:
                raise _no_picture()
            _check_flavour(listed, flavour)
            marks = self._marks.within(ProgrammeMs(listed[0].capture_ms), None)
            # an EVENT playlist may not lose its beginning (RFC 8216, 6.2.1)
            honest: Ending = "rolling" if self._files.recording.trimmed else ending
            return _playlist(media_playlist(listed, before, marks, flavour=flavour, ending=honest))

        return handle

    async def _clock(self, _request: web.Request) -> web.Response:
        newest = self._files.recording.newest
        if newest is None:
            raise _no_picture()
        body = msgspec.json.encode(newest.correlation)
        return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-store"})

    async def _thumbnail(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        if not path.endswith(".webp"):
            raise web.HTTPNotFound
        response = file_within(self._thumbnails, path)
        response.content_type = "image/webp"
        response.headers["Cache-Control"] = A_YEAR
        return response

    async def _segment(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        kind = _TYPES.get(Path(path).suffix)
        if kind is None:
            raise web.HTTPNotFound
        response = file_within(self._files.folder, path)
        response.content_type = kind
        response.headers["Cache-Control"] = A_YEAR
        return response


def _check_flavour(listed: Sequence[LiveSegment], flavour: Flavour) -> None:
    if flavour == "ts" and any(segment.ts_uri is None for segment in listed):
        raise Refusal("not-found", "this programme is not packaged as MPEG-TS: set SHOWRUNNER_TRANSPORT_STREAM")


def _no_picture() -> Refusal:
    return Refusal("not-ready", "there is no picture yet", retry_after_ms=RETRY_MS)


def _playlist(text: str) -> web.Response:
    return web.Response(text=text, content_type=PLAYLIST_TYPE, headers={"Cache-Control": "no-cache"})
