"""The command line."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, NoReturn, TypeVar

from cyclopts import App, Parameter

_T = TypeVar("_T")

app = App(
    name="showrunner",
    help="Live shows you can buy from while they are on air.",
    version_flags=["--version"],
)


def fail(message: str) -> NoReturn:
    """Say what is wrong and end with exit code 1."""
    print(message, file=sys.stderr)  # noqa: T201 - the command line's own voice
    raise SystemExit(1)


@app.command
def demo(
    *,
    port: int = 8080,
    show: Path | None = None,
    data: Path | None = None,
    programme: str | None = None,
    host: str = "127.0.0.1",
    json: Annotated[bool, Parameter(negative="")] = False,
    log_level: str = "warning",
) -> None:
    """Run a show in one process, with no server to install, and print its addresses.

    Args:
        port: where to listen; 0 takes a free port.
        show: the show's folder; the bundled show by default.
        data: where the show's state lives; kept between runs.
        programme: what to broadcast instead of the film made from the rundown: a video file, or a live source's
            address (tcp://, udp://, rtmp://, http(s):// for HLS; ?listen=1 waits for the source to come).
        host: the address to listen on; one that others can reach shows the demo to them.
        json: print one line of JSON once ready, and nothing else.
        log_level: debug, info, warning or error.
    """
    from showrunner.demo import run_demo

    _explained(lambda: run_demo(
        port=port, show=show, data=data, programme=programme, host=host, as_json=json, log_level=log_level
    ))  # fmt: skip


@app.command
def serve(
    *,
    role: Literal["all", "control", "checkout", "edge", "programme", "settle"] | None = None,
    config: Path | None = None,
    log_level: str = "info",
) -> None:
    """Run a show in production: every setting from the environment (SHOWRUNNER_…) or a TOML file.

    Args:
        role: all (everything in one process); or, on PostgreSQL and Valkey, control (timeline, console, pages: one),
            checkout (orders: any number), edge (the feed alone, in as many processes as wanted on one port) and
            programme (the picture: ingested, packaged, served; without it control has the picture);
            settle (each night: the gateways' statements compared, brands and channels settled).
        config: a TOML file of settings; the environment counts before it, and secrets are taken from there only.
        log_level: debug, info, warning or error.
    """
    from showrunner.serve import run_serve

    _explained(lambda: run_serve(config, role, log_level))


@app.command
def settle(
    show: Path,
    *,
    data: Path | None = None,
    out: Path = Path("settlement"),
    compare_days: int = 0,
    checkout_url: str | None = None,
    config: Path | None = None,
) -> None:
    """Settle a show: what each brand and channel is owed, as a table and as CSV; the same every time it is run.

    Args:
        show: the show's folder; its settlement.toml says who keeps how much.
        data: the show's data folder; without it SHOWRUNNER_DATA or SHOWRUNNER_DATABASE_URL counts.
        out: where settlement.csv, entries.csv and differences.csv are written.
        compare_days: compare this many past days with the gateways' statements first; exit 1 if a difference is open.
        checkout_url: the running checkout, which is told of money it never heard of (needs SHOWRUNNER_PAYMENT_KEY).
        config: a TOML file of settings, as for serve.
    """
    from rich.console import Console

    from showrunner.settings import read_settle_settings
    from showrunner.settle import run_settle

    raise SystemExit(_explained(lambda: run_settle(
        read_settle_settings(config, show=show, data=data, settle_out=out, checkout_url=checkout_url),
        compare_days, Console(),
    )))  # fmt: skip


@app.command
def check(*paths: Path, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Check show folders, or single rundown, catalogue and channel files; report every problem at once.

    Args:
        paths: folders or files.
        json: print the report as JSON.
    """
    from rich.console import Console

    from showrunner.show_folder.report import run_check

    if not paths:
        fail("name at least one file or show folder")
    raise SystemExit(run_check(paths, as_json=json, console=Console()))


@app.command
def tokens(
    *,
    channel: str,
    count: int = 1,
    hours: int = 24,
    data: Path | None = None,
    show: Path | None = None,
    config: Path | None = None,
) -> None:
    """Print viewer tokens, each of a different buyer, one a line: for rehearsals and load tests.

    Args:
        channel: whose viewers they are.
        count: how many.
        hours: how long they are valid.
        data: the demo's data folder whose keys sign them; the default demo's if neither this nor keys are configured.
        show: the show's folder.
        config: a TOML file of settings, as for serve.
    """
    from showrunner.token_printing import print_tokens

    _explained(lambda: print_tokens(channel, count, hours, data, show, config))


@app.command
def rehearse(  # noqa: PLR0913 - each is an option of the command
    *,
    url: str = "http://127.0.0.1:8080",
    viewers: int = 200,
    taps: int = 500,
    channel: str | None = None,
    take: Annotated[bool, Parameter(negative="")] = False,
    producer_token: Annotated[str | None, Parameter(env_var="SHOWRUNNER_PRODUCER_TOKEN")] = None,
    websocket_share: float = 0.5,
    repeat_share: float = 0.1,
    seed: int = 0,
    data: Path | None = None,
    show: Path | None = None,
    i_own_this_server: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Send a synthetic audience to a running show, and report how it went; exit 1 if a promise was broken.

    It places real orders in that show, under buyers named rehearsal-…: run the show on a copy of its data folder.
    The whole audience is one process, and its own work is in the times it measures.

    Args:
        url: the running show's base address; another machine's only with --i-own-this-server.
        viewers: how many watch the feed.
        taps: how many taps they make in the moment a look appears.
        channel: on which channel; by default spread over all.
        take: press GO, rather than wait until a producer does.
        producer_token: for --take; by default made with the demo's keys.
        websocket_share: of the taps, over the viewers' open WebSockets; the others go over HTTP.
        repeat_share: of the taps, sent once more with the same key.
        seed: of what the buyers choose.
        data: the running demo's data folder, whose keys sign the viewers' tokens.
        show: the show's folder, as for demo.
        i_own_this_server: load a server on another machine.
        json: print the report as JSON.
    """
    from showrunner.rehearsal import Plan, run_rehearsal

    raise SystemExit(_explained(lambda: run_rehearsal(
        Plan(
            url=url, viewers=viewers, taps=taps, channel=channel, take=take,
            websocket_share=websocket_share, repeat_share=repeat_share, seed=seed,
        ),
        data=data, show=show, producer_token=producer_token, own_server=i_own_this_server, as_json=json,
    )))  # fmt: skip


def _explained(command: Callable[[], _T]) -> _T:
    """Run a command; what a person can do something about is said in one line, without a trace."""
    from showrunner.failures import EXPLAINED

    try:
        return command()
    except EXPLAINED as error:
        fail(str(error))
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def main() -> None:
    """Run the command line."""
    app()
