"""What a cell means: amounts, counts, times, names, trade item numbers, picture addresses."""

import hashlib
import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from broadcast.messages import MAX_NAME_CHARS
from broadcast.money import Money, parse_major
from showrunner.show_folder.problems import shown

MAX_PLANNED_HOURS = 47
"""The longest plan: two days of show."""

_AMOUNT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_WHOLE = re.compile(r"-?[0-9]+")
_SPAN = re.compile(r"(?P<hours>[0-9]{1,2}):(?P<minutes>[0-5][0-9]):(?P<seconds>[0-5][0-9])(?:\.(?P<ms>[0-9]{1,3}))?")
_HALF_SPAN = re.compile(r"[0-9]+:[0-5][0-9]")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HANDLE = re.compile(r"[\w-]+")
_SKU = re.compile(r"[^\s;|]+")
_GTIN = re.compile(r"[0-9]{8}|[0-9]{12,14}")
_DERIVED_HASH_CHARS = 8


def amount(text: str, currency: str) -> Money:
    """Read a price in major units, ``1299`` or ``1299.00``.

    Raises:
        ValueError: it is no plain number, negative, too fine for the currency, or too large.
    """
    if _AMOUNT.fullmatch(text) is None:
        raise ValueError(f"{shown(text)} is not an amount: write the number alone, as 1299.00")
    return parse_major(text, currency)


def whole(text: str, low: int, high: int) -> int:
    """Read a whole number within bounds.

    Raises:
        ValueError: it is no whole number, or out of bounds.
    """
    if _WHOLE.fullmatch(text) is None:
        raise ValueError(f"{shown(text)} is not a whole number")
    number = int(text)
    if low <= number <= high:
        return number
    if number < 0:
        raise ValueError(f"{number} is negative")
    raise ValueError(f"{number} is not between {low:,} and {high:,}")


def span_ms(text: str) -> int:
    """Read a time span ``H:MM:SS`` or ``H:MM:SS.mmm`` in milliseconds.

    Raises:
        ValueError: it has another form, or is beyond ``MAX_PLANNED_HOURS``.
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        hint = " (two numbers could be minutes or hours)" if _HALF_SPAN.fullmatch(text) else ""
        raise ValueError(f"{shown(text)} is not a time: write H:MM:SS{hint}")
    hours = int(found["hours"])
    if hours > MAX_PLANNED_HOURS:
        raise ValueError(f"{shown(text)} is beyond {MAX_PLANNED_HOURS} hours")
    seconds = (hours * 60 + int(found["minutes"])) * 60 + int(found["seconds"])
    return seconds * 1000 + int((found["ms"] or "0").ljust(3, "0"))


def name(text: str) -> str:
    """Read a name for addresses: lower-case letters, digits and single hyphens, at most 64.

    Raises:
        ValueError: it has another form.
    """
    if _NAME.fullmatch(text) is None or len(text) > MAX_NAME_CHARS:
        raise ValueError(f"{shown(text)} must be lower-case letters, digits and hyphens, at most {MAX_NAME_CHARS}")
    return text


def handle(text: str) -> str:
    """Read a product handle: letters, digits, hyphens and underscores.

    Raises:
        ValueError: it has another form.
    """
    if _HANDLE.fullmatch(text) is None:
        raise ValueError(f"{shown(text)} must be letters, digits and hyphens, without spaces")
    return text


def sku(text: str) -> str:
    """Read a SKU: visible characters without ``;`` and ``|``, which separate SKUs in a rundown.

    Raises:
        ValueError: it is empty, too long, or has other characters.
    """
    if len(text) > MAX_NAME_CHARS:
        raise ValueError(f"{shown(text)} is longer than {MAX_NAME_CHARS} characters")
    if _SKU.fullmatch(text) is None or not text.isprintable():
        raise ValueError(f"{shown(text)} must be visible characters without spaces, “;” and “|”")
    return text


def slug(text: str) -> str:
    """Return the text as a name for addresses; Latin letters lose their accents, other scripts' letters are kept."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", "-", plain.casefold()).strip("-")


def derived_sku(product: str, options: tuple[str, ...]) -> str:
    """Return the SKU of a variant that has none: handle and option values, the same for the same file always.

    One that would be too long is cut and ends in a hash of the whole.
    """
    whole_name = "-".join(part for part in (slug(product), *map(slug, options)) if part)
    if len(whole_name) <= MAX_NAME_CHARS:
        return whole_name
    digest = hashlib.sha256(whole_name.encode()).hexdigest()[:_DERIVED_HASH_CHARS]
    return f"{whole_name[: MAX_NAME_CHARS - _DERIVED_HASH_CHARS - 1]}-{digest}"


def gtin(text: str) -> str:
    """Read a GTIN-8, -12, -13 or -14 and check its last digit (GS1 General Specifications, 7.9).

    Raises:
        ValueError: it is not of that form, or the check digit is wrong.
    """
    digits = text.removeprefix("'")  # spreadsheets and exports mark text that looks like a number so
    if _GTIN.fullmatch(digits) is None:
        raise ValueError(f"{shown(text)} is not a GTIN of 8, 12, 13 or 14 digits")
    weighted = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits[:-1])))
    check = (10 - weighted % 10) % 10
    if check != int(digits[-1]):
        raise ValueError(f"{shown(text)} has the check digit {digits[-1]}, it should be {check}: is it mistyped?")
    return digits


def picture(text: str) -> str:
    """Read a picture's address: a web address, or a path inside the show's folder.

    Raises:
        ValueError: it is another kind of address, or leads out of the folder.
    """
    if "\\" in text:
        raise ValueError(f"{shown(text)}: folders are separated by “/”")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError(f"{shown(text)} is not an address") from None
    if parts.scheme in ("http", "https") and parts.hostname:
        return text
    if parts.scheme or parts.netloc:
        raise ValueError(f"{shown(text)} is neither an http(s) address nor a path inside the show's folder")
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{shown(text)} leads out of the show's folder")
    return text


def is_web(address: str) -> bool:
    """Tell whether a picture's address is on the web, rather than a path in the folder."""
    return address.startswith(("http://", "https://"))
