import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Source:
    """One module of ours, read but not run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.relative_to(ROOT).as_posix()
        self.tree = ast.parse(path.read_text("utf-8"))

    def imports(self) -> dict[str, str]:
        """Return each imported name as it is known here → where it comes from, in full."""
        found = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.asname or alias.name: alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        return found

    def called(self) -> set[str]:
        """Return every plain name that is called."""
        return {
            node.func.id
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }


@pytest.fixture(scope="session")
def sources() -> list[Source]:
    """Every module of the library and of the application."""
    files = [path for package in ("broadcast", "showrunner") for path in (ROOT / package).rglob("*.py")]
    assert len(files) > 100
    return [Source(path) for path in sorted(files)]


@pytest.fixture
def root() -> Path:
    return ROOT
