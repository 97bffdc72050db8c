"""How a rehearsal looks on a terminal: progress while it runs, tables when it is over."""

import asyncio

from rich.console import Console, Group
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from showrunner.rehearsal.figures import Report, Spread
from showrunner.rehearsal.rehearsal import Rehearsal

REFRESH_S = 0.2


async def run_with_progress(rehearsal: Rehearsal, console: Console) -> Report:
    """Run a rehearsal and show how far it is."""
    plan = rehearsal.plan
    told = TextColumn("{task.fields[more]}")
    columns = (TextColumn("{task.description:<15}"), BarColumn(), MofNCompleteColumn(), told)
    with Progress(*columns, console=console, transient=True) as progress:
        viewers = progress.add_task("Viewers", total=plan.viewers, more="")
        cues = progress.add_task("Cue received", total=plan.viewers, more="")
        taps = progress.add_task("Taps answered", total=plan.taps, more="")

        def show() -> None:
            audience, crowd, tally = rehearsal.audience, rehearsal.crowd, rehearsal.tally
            progress.update(viewers, completed=audience.connected if audience else 0, more=rehearsal.stage)
            progress.update(cues, completed=crowd.saw if crowd else 0)
            outcomes = "  ".join(f"{name} {count}" for name, count in tally.outcomes.most_common())
            progress.update(taps, completed=tally.answered, more=outcomes)

        async def keep_showing() -> None:
            while True:
                show()
                await asyncio.sleep(REFRESH_S)

        showing = asyncio.create_task(keep_showing())
        try:
            return await rehearsal.run()
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)
            show()


def final_table(report: Report) -> Group:
    """Return a report as tables, the verdict last."""
    return Group(_times(report), _counts(report), _verdict(report))


def _times(report: Report) -> Table:
    table = Table(title=f"{report.show}: look {report.look}, {', '.join(report.channels)}", title_justify="left")
    for name in ("milliseconds", "count", "p50", "p95", "p99", "max"):
        table.add_column(name, justify="left" if name == "milliseconds" else "right")
    rows: tuple[tuple[str, Spread], ...] = (
        ("viewer connected", report.feed.connect_ms),
        ("cue, sent to received", report.feed.cue_ms),
        ("tap answered, HTTP", report.taps.http_ms),
        ("tap answered, WebSocket", report.taps.websocket_ms),
    )
    for name, spread in rows:
        figures = (spread.p50, spread.p95, spread.p99, spread.max)
        table.add_row(name, str(spread.count), *(f"{figure:.1f}" for figure in figures))
    return table


def _counts(report: Report) -> Table:
    feed, taps, audit = report.feed, report.taps, report.audit
    table = Table(show_header=False)
    rows = {
        "viewers": f"{feed.watching} of {feed.viewers} watching, {feed.cues} had the cue, {feed.resumed} resumed",
        "connections closed": _listed({str(code): count for code, count in feed.closed.items()}),
        "feed messages": f"{feed.messages}: {feed.gaps} gaps, {feed.behind} viewers behind",
        "taps": f"{taps.taps}: {_listed(taps.outcomes)}",
        "tried again": _listed(taps.again),
        "repeats": f"{taps.repeats}, answered the same: {'yes' if taps.other_answers == 0 else 'NO'}",
        "orders": f"{audit.acknowledged} acknowledged, {audit.missing} lost, {audit.double} double",
        "stock": "every piece accounted for" if not audit.unbalanced else f"wrong for {', '.join(audit.unbalanced)}",
    }
    for name, text in rows.items():
        table.add_row(name, text)
    return table


def _verdict(report: Report) -> Text:
    if not report.broken:
        return Text(f"Every promise kept, in {report.seconds:.1f} s", style="bold green")
    return Text("Promises broken: " + "; ".join(report.broken), style="bold red")


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
