"""A recording on disk: the segments' files beside an index with one line a segment."""

import contextlib
from pathlib import Path

import msgspec

from broadcast.programme.live_segments import LiveSegment, Recording

INDEX_NAME = "recording.jsonl"

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(LiveSegment)


class RecordingFiles:
    """Keeps one recording; bounded, the oldest segments go first.

    Args:
        folder: where it is; made where missing.
        max_bytes: of all segments together.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder = folder
        self.recording = Recording(max_bytes=max_bytes)
        self._init_uris: dict[str, int] = {}

    def load(self) -> None:
        """Take up what was recorded before; a line that was being written when the power went ends it.

        Raises:
            OSError: the folder cannot be made or read.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        index = self.folder / INDEX_NAME
        if not index.exists():
            return
        whole = []
        for line in index.read_bytes().splitlines():
            try:
                segment = _decoder.decode(line)
                if (self.folder / segment.uri).stat().st_size == segment.size_bytes:
                    self._keep(segment)
                    whole.append(line)
            except (msgspec.DecodeError, OSError, ValueError):
                continue
        fresh = index.with_suffix(".new")
        fresh.write_bytes(b"".join(line + b"\n" for line in whole))
        fresh.replace(index)

    def append(self, segment: LiveSegment) -> None:
        """Take in the newest segment, whose files are written.

        Raises:
            ValueError: it does not follow the one before it.
            OSError: the index cannot be written.
        """
        self._keep(segment)
        with (self.folder / INDEX_NAME).open("ab") as index:
            index.write(_encoder.encode(segment) + b"\n")

    def _keep(self, segment: LiveSegment) -> None:
        gone = self.recording.append(segment)
        self._init_uris[segment.init_uri] = self._init_uris.get(segment.init_uri, 0) + 1
        for old in gone:
            self._remove(old)

    def _remove(self, old: LiveSegment) -> None:
        names = [old.uri, *([old.ts_uri] if old.ts_uri else [])]
        self._init_uris[old.init_uri] -= 1
        if not self._init_uris[old.init_uri]:
            del self._init_uris[old.init_uri]
            names.append(old.init_uri)
        for name in names:
            with contextlib.suppress(OSError):  # what cannot be removed is tried no more; the next start finds it
                (self.folder / name).unlink()
