"""Getting the public clients into the benchmarks' cache: the BBC's dvbcss-protocols from npm, pydvbcss from PyPI."""

import importlib.util
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from benchmarks.fanout.installing import CannotInstallError, cache

CLIENTS = Path(__file__).parent / "clients"
INSTALL_TIMEOUT_S = 180
PYDVBCSS = "pydvbcss==0.5.2"
WEB_SOCKETS = ("ws4py==0.6.0", "six")
"""What pydvbcss's clients need."""

_PYTHON_2_ONLY = re.compile(r"(?m)^from exceptions import .*$")


def _run(*command: str, cwd: Path) -> None:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise CannotInstallError(f"{command[0]}: {failed}") from failed
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CannotInstallError(f"{' '.join(command[:4])}: {said[-1] if said else done.returncode}")


def dvbcss_protocols() -> list[str]:
    """Return the command that runs our follower on dvbcss-protocols.

    Raises:
        CannotInstallError: no Node or npm, or npm cannot fetch the packages.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise CannotInstallError("no node or npm")
    folder = cache() / "dvbcss-protocols"
    folder.mkdir(exist_ok=True)
    manifest, installed = CLIENTS / "package.json", folder / "package.json"
    if not installed.exists() or installed.read_bytes() != manifest.read_bytes():
        _run(
            npm,
            "install",
            "--no-audit",
            "--no-fund",
            "--no-package-lock",
            f"--prefix={folder}",
            cwd=_copied(manifest, folder),
        )
    shutil.copy(CLIENTS / "follow.cjs", folder)
    return [node, str(folder / "follow.cjs")]


def _copied(manifest: Path, folder: Path) -> Path:
    shutil.copy(manifest, folder)
    return folder


def pydvbcss() -> list[str]:
    """Return the command that runs our follower on pydvbcss, converted from Python 2 by the standard library's tool.

    Raises:
        CannotInstallError: this Python has no lib2to3 (it went with 3.13), or PyPI cannot be reached.
    """
    if importlib.util.find_spec("lib2to3") is None:
        raise CannotInstallError("pydvbcss is Python 2, and this Python has no lib2to3 any more")
    folder = cache() / "pydvbcss"
    modules = folder / "modules"
    if not (modules / "dvbcss" / "converted").exists():
        shutil.rmtree(folder, ignore_errors=True)
        modules.mkdir(parents=True)
        pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
        _run(*pip, "download", "--no-deps", "--no-binary", ":all:", "--dest", str(folder), PYDVBCSS, cwd=folder)
        _run(
            sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(modules), *WEB_SOCKETS, cwd=folder
        )
        with tarfile.open(next(folder.glob("pydvbcss-*.tar.gz"))) as archive:
            archive.extractall(folder, filter="data")
        shutil.move(next(folder.glob("pydvbcss-*/dvbcss")), modules)
        _run(sys.executable, "-W", "ignore", "-m", "lib2to3", "-w", "-n", str(modules / "dvbcss"), cwd=folder)
        clock = modules / "dvbcss" / "monotonic_time.py"
        # the module of exceptions is built in now, and the tool leaves its imports
        clock.write_text(_PYTHON_2_ONLY.sub("", clock.read_text("utf-8")), "utf-8")
        (modules / "dvbcss" / "converted").touch()
    shutil.copy(CLIENTS / "follow_pydvbcss.py", modules)
    return [sys.executable, "-W", "ignore", str(modules / "follow_pydvbcss.py")]
