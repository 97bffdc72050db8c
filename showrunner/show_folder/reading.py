"""From a file's bytes to its text: size, encoding, and files that are something else altogether."""

import codecs
import re
from pathlib import Path

from showrunner.show_folder.problems import Problems

MAX_FILE_BYTES = 64 * 1024 * 1024
"""A show's file is refused beyond this size, unread."""

_SNIFF_BYTES = 4096
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SAVE_AS = "save it as “CSV UTF-8”"

_FOREIGN = (
    (b"PK\x03\x04", "an Excel workbook or another zip archive: save the sheet as “CSV UTF-8” and check that"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save the sheet as “CSV UTF-8” and check that"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
_SUPPORTED = "supported are show.toml, channels.toml, and rundown and catalogue as CSV"


def read_text(path: Path, problems: Problems) -> str | None:
    """Read a file as text.

    A file in another encoding is an error, and still decoded as well as can be, so that its other problems are
    found in the same check. A byte order mark of UTF-8 is accepted.

    Returns:
        The text without byte order mark and control characters, or None where there is nothing to go on with.
    """
    try:
        if not path.is_file():
            problems.error(None, None, "is not a file" if path.exists() else "there is no such file")
            return None
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            problems.error(
                None, None, f"is {size:,} bytes; files of more than {MAX_FILE_BYTES // 2**20} MiB are refused"
            )
            return None
        data = path.read_bytes()
    except OSError as failure:
        problems.error(None, None, f"could not be read: {failure.strerror}")
        return None
    foreign = foreign_kind(data)
    if foreign is not None:
        problems.error(None, None, f"this is {foreign}; {_SUPPORTED}")
        return None
    return _without_control(_decode(data, problems), problems)


def foreign_kind(data: bytes) -> str | None:
    """Say what a file is that is surely none of a show's files, or return None."""
    for magic, kind in _FOREIGN:
        if data.startswith(magic):
            return kind
    head = data[:_SNIFF_BYTES].removeprefix(codecs.BOM_UTF8).lstrip()
    if head.startswith(b"<"):
        if b"<mos" in head.lower():
            return "a MOS message: importing running orders is not supported yet"
        return "an XML or HTML file"
    return None


def _decode(data: bytes, problems: Problems) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        problems.error(1, None, f"is encoded in UTF-16: {_SAVE_AS}")
        return data.decode("utf-16", errors="replace")
    head = data[:_SNIFF_BYTES]
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(head) > 1 and head[offset::2].count(0) * 2 > len(head[offset::2]):
            problems.error(1, None, f"looks like UTF-16 without a byte order mark: {_SAVE_AS}")
            return data.decode(encoding, errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        row = data.count(b"\n", 0, failure.start) + 1
        byte = f"byte 0x{data[failure.start]:02x}"
        if _looks_like_gbk(data):
            problems.error(row, None, f"{byte} is not UTF-8, the file looks like GBK (GB 18030): {_SAVE_AS}")
            return data.decode("gb18030", errors="replace")
        problems.error(row, None, f"{byte} is not UTF-8, the file looks like a Western legacy encoding: {_SAVE_AS}")
        return data.decode("cp1252", errors="replace")


def _looks_like_gbk(data: bytes) -> bool:
    """Tell GBK from a Western single-byte encoding: its characters come as pairs of bytes, mostly both high."""
    runs = [len(run) for run in _HIGH_BYTES.findall(data)]
    even = sum(1 for length in runs if length % 2 == 0)
    return even * 2 > len(runs)


def _without_control(text: str, problems: Problems) -> str:
    first = _CONTROL.search(text)
    if first is None:
        return text
    name = "NUL" if first.group() == "\0" else f"U+{ord(first.group()):04X}"
    count = len(_CONTROL.findall(text))
    row = text.count("\n", 0, first.start()) + 1
    problems.error(row, None, f"contains control characters ({count}, the first is {name}): remove them")
    return _CONTROL.sub("", text)
