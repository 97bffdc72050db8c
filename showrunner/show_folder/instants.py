"""Instants in a TOML file: a date and a time, local to the show's time zone where no offset is written."""

import datetime as dt
import zoneinfo

from showrunner.show_folder.problems import shown
from showrunner.show_folder.toml_file import TomlTable

_EARLIEST = dt.datetime(1970, 1, 2, tzinfo=dt.UTC)
_LATEST = dt.datetime(2099, 12, 31, tzinfo=dt.UTC)
_MS = dt.timedelta(milliseconds=1)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def instant_ms(table: TomlTable, key: str, zone: zoneinfo.ZoneInfo | None, *, required: bool = False) -> int | None:
    """Return an instant in UTC milliseconds; None where it is absent or wrong, which is noted.

    A time the clocks skip is wrong; of one that happens twice the first is taken, with a warning. Without a zone, a
    local time is None and nothing is noted: the zone's own problem is.
    """
    written: object = table.values.get(key)
    if written is None:
        if required:
            table.error(key, "is missing")
        return None
    instant = _read(written)
    if instant is None:
        table.error(key, f"{shown(str(written))} is not a date and time: write 2017-10-31T19:30:00")
        return None
    if instant.tzinfo is None:
        if zone is None:
            return None
        instant = _localized(table, key, instant, zone)
    if instant is not None and not _EARLIEST <= instant <= _LATEST:
        table.error(key, f"{shown(str(written))} is not between {_EARLIEST:%Y} and {_LATEST:%Y}")
        return None
    return None if instant is None else (instant - _EPOCH) // _MS


def _read(written: object) -> dt.datetime | None:
    """Return a TOML date-time, or a text in ISO 8601 with both date and time; None for anything else."""
    if isinstance(written, str) and ":" in written:
        try:
            return dt.datetime.fromisoformat(written.strip())
        except ValueError:
            return None
    return written if isinstance(written, dt.datetime) else None


def _localized(table: TomlTable, key: str, local: dt.datetime, zone: zoneinfo.ZoneInfo) -> dt.datetime | None:
    instant = local.replace(tzinfo=zone)
    if instant.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) != local:
        table.error(key, f"{local} does not exist in {zone.key}: clocks are put forward over it")
        return None
    if instant.utcoffset() != instant.replace(fold=1).utcoffset():
        table.warning(key, f"{local} happens twice in {zone.key}: the first is taken, write an offset to choose")
    return instant
