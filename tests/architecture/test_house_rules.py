"""The house stays as docs/architecture.md draws it."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from broadcast.errors import TITLES

ROOMS = ("timeline", "overlay", "checkout", "channels", "programme")
TOUCHES_THE_WORLD = frozenset(
    {
        "aiohttp", "aiosqlite", "alembic", "asyncio", "asyncpg", "av", "http", "io", "logging", "multiprocessing", "os",
        "pathlib", "prometheus_client", "random", "redis", "secrets", "select", "shutil", "signal", "socket",
        "socketio", "sqlalchemy", "sqlite3", "ssl", "structlog", "subprocess", "sys", "tempfile", "threading", "time",
        "uuid", "uuid_utils", "uvloop",
    }
)  # fmt: skip
"""What pure code has no use for: the clock, chance, files, sockets, databases, threads, logs."""

READS_THE_WORLD = frozenset({"now", "today", "utcnow", "open", "print", "input", "uuid4", "uuid7"})
DRAWERS = re.compile(r"(^|_)(utils?|helpers?|common|base|managers?|services?|misc|stuff)($|_)")
MOST_LINES = 450

TIES_ROOMS_TOGETHER = {
    "showrunner/wiring.py": "the composition root",
    "showrunner/checkout_process.py": "the composition root of a checkout process: tokens, then the desk",
    "showrunner/programme_process.py": "the composition root of a programme process: the cue log, then the picture",
    "showrunner/control.py": "a command goes through the timeline's store to the feed and to the checkout",
    "showrunner/databases.py": "two databases hold the tables of all rooms",
    "showrunner/failures.py": "what may go wrong at the start goes wrong in any room",
    "showrunner/dvb_css.py": "companion devices of one address are counted as viewers are",
    "showrunner/http/payments.py": "a producer's token tells the sandbox gateway how to behave",
}
"""Who may speak to the adapters of more than one room, and why."""

MAKES_PARTS = {
    "showrunner/wiring.py": "the composition root",
    "showrunner/homes.py": "the embedded and the distributed home of a show that is run from here",
    "showrunner/payments.py": "payments as one part: gateways, their relay, the payment book",
    "showrunner/gateways.py": "the gateways that the settings name",
    "showrunner/settle.py": "the composition root of settlement",
    "showrunner/edge.py": "the composition root of a process that only holds viewers",
    "showrunner/checkout_process.py": "the composition root of a checkout process",
    "showrunner/programme_process.py": "the composition root of a process that only has the picture",
    "showrunner/checkout_parts.py": "the desk, as every process that may own it makes it",
    "showrunner/picture.py": "the picture as one part: the looped film or the live source, with what marks it",
    "showrunner/feed_parts.py": "what both composition roots have in common",
    "showrunner/listening.py": "one door a connection",
    "showrunner/dvb_css.py": "a part with a port of its own, started and stopped as one",
    "showrunner/http/payments.py": "the sandbox's behaviour, a plain value",
    "showrunner/rehearsal/__init__.py": "a rehearsal's audience makes tokens of its own",
    "showrunner/token_printing.py": "prints tokens; nothing runs",
}
"""Who may make something of an adapter's class, and why; all others are handed what they need."""


def room_of(imported: str) -> str | None:
    """Return the room whose adapter an import names."""
    found = re.match(r"broadcast\.(\w+)\.adapters", imported)
    return found[1] if found else None


def test_rooms_do_not_import_one_another_and_nothing_imports_the_application(root: Path) -> None:
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_the_top_of_every_room_is_pure(sources: list[Any]) -> None:
    pure = [source for source in sources if re.fullmatch(rf"broadcast/(({'|'.join(ROOMS)})/)?\w+\.py", source.name)]
    assert len(pure) > 30
    impure = {
        f"{source.name} imports {imported}"
        for source in pure
        for imported in source.imports().values()
        if imported.partition(".")[0] in TOUCHES_THE_WORLD or ".adapters" in imported
    }
    impure |= {f"{source.name} calls {name}" for source in pure for name in source.called() & READS_THE_WORLD}
    impure |= {
        f"{source.name} calls {ast.unparse(node)}"
        for source in pure
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"now", "today", "utcnow"}
    }
    impure |= {
        f"{source.name} awaits"
        for source in pure
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)
    }
    assert impure == set()


def test_rooms_are_tied_together_only_where_there_is_a_reason(sources: list[Any]) -> None:
    tying = {
        source.name
        for source in sources
        if source.name.startswith("showrunner/")
        and len({room_of(imported) for imported in source.imports().values()} - {None}) > 1
    }
    assert tying == TIES_ROOMS_TOGETHER.keys()


def test_adapters_are_made_only_where_there_is_a_reason(sources: list[Any]) -> None:
    making = {
        source.name
        for source in sources
        if source.name.startswith("showrunner/")
        for name, imported in source.imports().items()
        if room_of(imported) and name[0].isupper() and name in source.called()
    }
    assert making == MAKES_PARTS.keys()


def test_no_module_is_a_drawer(sources: list[Any]) -> None:
    assert [source.name for source in sources if DRAWERS.search(source.path.stem)] == []


def test_every_module_says_what_it_is_for(sources: list[Any]) -> None:
    silent = [
        source.name
        for source in sources
        if "/migrations/" not in source.name and not (ast.get_docstring(source.tree) or "").strip()
    ]
    assert silent == []


def test_no_module_is_too_long_to_read(sources: list[Any]) -> None:
    lengths = {source.name: len(source.path.read_text("utf-8").splitlines()) for source in sources}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_nothing_is_left_for_later(sources: list[Any]) -> None:
    later = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b")
    assert [source.name for source in sources if later.search(source.path.read_text("utf-8"))] == []


def test_importing_the_library_starts_nothing() -> None:
    program = (
        "import sys, threading, broadcast, broadcast.channels.cue_log, broadcast.checkout.decisions;"
        "print(threading.active_count(), 'asyncio' in sys.modules, 'sqlalchemy' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["1", "False", "False"]


def test_every_problem_is_documented_and_none_that_is_not() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "problems.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \| \S.*\|$", page, re.MULTILINE)
    assert [(name, int(status)) for name, status in rows] == [(name, status) for name, (status, _) in TITLES.items()]
