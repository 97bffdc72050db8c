"""Getting the peers: nchan from the distribution, Node's from npm, picows from PyPI, the C parts from their source.

websockets and python-socketio are the product's own dependencies. Everything lands in one cache folder of the user's;
no service is started and nothing is installed into the system, but for the empty folder nchan insists on.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
INSTALL_TIMEOUT_S = 180
_DEBIAN_PACKAGES = ("nginx", "libnginx-mod-nchan")
_NGINX_STATE = Path("/var/lib/nginx")
"""nchan makes a folder in here whatever the configuration says."""

_COMPILE = ("-O2", "-Wall", "-Wextra", "-Werror")


class CannotInstallError(Exception):
    """A peer is not to be had on this machine; the message says why."""


def cache() -> Path:
    """Return the folder for what is installed, made if it is missing."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "see-now-buy-now" / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _run(*command: str, cwd: Path) -> str:
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False, env=_environment()
        )
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise CannotInstallError(f"{command[0]}: {failed}") from failed
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CannotInstallError(f"{' '.join(command[:3])}: {said[-1] if said else done.returncode}")
    return done.stdout


def _environment() -> dict[str, str]:
    return {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}


def compiled(name: str, sources: Path = PEERS, *flags: str) -> Path:
    """Return one of our C programs from a folder of sources, compiled if its source is newer.

    Raises:
        CannotInstallError: no compiler, or the source does not compile.
    """
    source, program = sources / f"{name}.c", cache() / name
    newest = max(source.stat().st_mtime, (PEERS / "wire.h").stat().st_mtime)
    if not program.exists() or program.stat().st_mtime < newest:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise CannotInstallError("no C compiler")
        _run(compiler, *_COMPILE, *flags, "-I", str(PEERS), "-o", str(program), str(source), cwd=sources)
    return program


@dataclass(frozen=True)
class Nginx:
    """An nginx and the nchan module made for it."""

    program: Path
    module: Path


def nchan() -> Nginx:
    """Return the distribution's nginx with nchan: the system's, or unpacked from its packages into the cache.

    Raises:
        CannotInstallError: not a Debian, or its packages cannot be fetched.
    """
    system = shutil.which("nginx")
    module = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
    if system and module.exists():
        return Nginx(Path(system), module)
    folder = cache() / "nchan"
    unpacked = folder / "unpacked"
    ours = Nginx(unpacked / "usr/sbin/nginx", unpacked / "usr/lib/nginx/modules/ngx_nchan_module.so")
    if not (ours.program.exists() and ours.module.exists()):
        if shutil.which("apt-get") is None:
            raise CannotInstallError("nchan comes from Debian's packages, and there is no apt-get here")
        folder.mkdir(exist_ok=True)
        try:
            _run("apt-get", "download", *_DEBIAN_PACKAGES, cwd=folder)
        except CannotInstallError:
            _run("apt-get", "update", cwd=folder)
            _run("apt-get", "download", *_DEBIAN_PACKAGES, cwd=folder)
        for package in sorted(folder.glob("*.deb")):
            _run("dpkg-deb", "-x", str(package), str(unpacked), cwd=folder)
    try:
        _NGINX_STATE.mkdir(exist_ok=True)
    except OSError as denied:
        raise CannotInstallError(f"nchan wants {_NGINX_STATE} to exist: {denied.strerror}") from denied
    return ours


def node_peers() -> Path:
    """Return a folder with our Node servers and what they need.

    Raises:
        CannotInstallError: no Node or npm, or npm cannot fetch the packages.
    """
    for needed in ("node", "npm"):
        if shutil.which(needed) is None:
            raise CannotInstallError(f"no {needed}")
    folder = cache() / "node"
    folder.mkdir(exist_ok=True)
    manifest = PEERS / "package.json"
    installed = folder / "package.json"
    if not installed.exists() or installed.read_bytes() != manifest.read_bytes():
        installed.write_bytes(manifest.read_bytes())
        try:
            _run("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", cwd=folder)
        except CannotInstallError:
            installed.unlink()
            raise
    for server in PEERS.glob("*.mjs"):
        shutil.copy(server, folder)
    return folder


def python_peer(package: str) -> Path:
    """Return a folder with a package from PyPI, for this Python, apart from the product's environment.

    Raises:
        CannotInstallError: no installer, or it cannot fetch the package.
    """
    folder = cache() / f"{package}-{sys.version_info.major}.{sys.version_info.minor}"
    if not (folder / package).exists():
        installer = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable)
        _run(*installer, "--target", str(folder), package, cwd=cache())
    return folder
