"""axe-core, the examiner of pages: what keeps people with a keyboard, a screen reader or tired eyes out."""

from pathlib import Path
from typing import Any

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
GRAVE = {"serious", "critical"}


AT_REST = """() => {
  const within = (root) => [
    ...root.getAnimations(),
    ...[...root.querySelectorAll('*')].flatMap((one) => (one.shadowRoot ? within(one.shadowRoot) : [])),
  ];
  const ends = (motion) => Number.isFinite(motion.effect?.getComputedTiming().endTime ?? 0);
  return within(document).every((motion) => motion.playState !== 'running' || !ends(motion));
}"""
"""Whether nothing is on its way in or out: what is half transparent for a moment is no obstacle."""


def obstacles(page: Any) -> list[tuple[str, str]]:
    """Return every serious obstacle on a page as it is: the rule, and the first element that breaks it.

    The page's own policy keeps foreign script out, and the examiner is one: open it with ``bypass_csp``.
    """
    page.wait_for_function(AT_REST)
    page.add_script_tag(path=AXE)
    found = page.evaluate("async tags => (await axe.run(document, {runOnly: tags})).violations", RULES)
    return [(rule["id"], rule["nodes"][0]["html"]) for rule in found if rule["impact"] in GRAVE]
