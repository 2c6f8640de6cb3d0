"""axe-core in a page that is open. Only what it found wrong comes back: what passed is a hundred times as much."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe

RUN = """axe.run({resultTypes: ["violations"]}).then(found => found.violations.map(
    fault => `${fault.id}: ${fault.nodes.map(node => node.html.slice(0, 200)).join(" ")}`))"""


def faults(page: Any) -> list[str]:
    """The rules that the page breaks, each with the elements that break it."""
    page.evaluate(Axe().axe_script)
    found: list[str] = page.evaluate(RUN)
    return found
