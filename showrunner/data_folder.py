"""The folder a show's state lives in: one process at a time, databases, the film, and the demo's own keys."""

import base64
import fcntl
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

import msgspec

from broadcast.clock import ProgrammeMs
from broadcast.ids import ChannelId

KEY_BYTES = 32
FILE_MODE = 0o600


class DataFolderError(Exception):
    """The data folder cannot be used; the message says why and what to do."""


class DemoKeys(msgspec.Struct, frozen=True, kw_only=True):
    """Keys a demo makes for itself, hex except ``payment`` (Standard Webhooks form)."""

    producer: str
    payment: str
    channels: dict[ChannelId, str]


class DataFolder:
    """One show's state on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    @property
    def control_database(self) -> Path:
        """The timeline and the cue log."""
        return self.path / "control.sqlite3"

    @property
    def checkout_database(self) -> Path:
        """Orders, stock, ledger."""
        return self.path / "checkout.sqlite3"

    @property
    def programme(self) -> Path:
        """The programme's segments."""
        return self.path / "programme"

    @property
    def recording(self) -> Path:
        """What a live source sent."""
        return self.path / "recording"

    def lock(self) -> None:
        """Take the folder for this process; the lock goes with the process, however it ends.

        Raises:
            DataFolderError: another process has it, or it cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, FILE_MODE)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.unlock()
            raise DataFolderError(
                f"{self.path} is in use by a running show: stop that one, or choose another folder with --data"
            ) from None
        except OSError as unusable:
            raise DataFolderError(f"{self.path}: {unusable.strerror}") from unusable

    def unlock(self) -> None:
        """Let the folder go."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def demo_keys(self, channels: Iterable[ChannelId]) -> DemoKeys:
        """Return the demo's keys, making those that are missing; they stay the same from run to run."""
        path = self.path / "keys.json"
        keys = DemoKeys(producer=_fresh(), payment=_fresh_webhook_secret(), channels={})
        if path.exists():
            try:
                keys = msgspec.json.decode(path.read_bytes(), type=DemoKeys)
            except msgspec.DecodeError as damaged:
                raise DataFolderError(f"{path} is damaged ({damaged}): remove it to have new keys made") from damaged
        channel_keys = {channel: keys.channels.get(channel) or _fresh() for channel in channels}
        if channel_keys != keys.channels or not path.exists():
            keys = msgspec.structs.replace(keys, channels={**keys.channels, **channel_keys})
            self._write(path, msgspec.json.encode(keys))
        return keys

    def programme_origin(self, first: ProgrammeMs) -> ProgrammeMs:
        """Return the capture instant of the looped programme's first frame: ``first`` at the very first run.

        It stays, so a restarted show goes on with the same picture and the same segment numbers.
        """
        path = self.path / "programme-origin.json"
        if path.exists():
            return ProgrammeMs(msgspec.json.decode(path.read_bytes(), type=int))
        self._write(path, msgspec.json.encode(first))
        return first

    def _write(self, path: Path, content: bytes) -> None:
        """Write a small file so that it is whole or not there, and readable by its owner alone."""
        fresh = path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)


def default_folder(show: str) -> Path:
    """Return where a show's state lives unless told otherwise (XDG base directories)."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "see-now-buy-now" / show


def _fresh() -> str:
    return secrets.token_hex(KEY_BYTES)


def _fresh_webhook_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
