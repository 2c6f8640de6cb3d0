"""Run axe-core in an open page. It returns violations only, because the passed checks are a hundred times as much."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe

RUN = """options => axe.run(options).then(found => found.violations.map(
    fault => `${fault.id}: ${fault.nodes.map(node => node.html.slice(0, 200)).join(" ")}`))"""
# Half of axe's time goes into contrast, and colours are the same in every language.
COLOURS = {"color-contrast": {"enabled": False}}


def faults(page: Any, *, colours: bool = True) -> list[str]:
    """The rules that the page breaks, each with the elements that break it."""
    page.evaluate(Axe().axe_script)
    options = {"resultTypes": ["violations"], "rules": {} if colours else COLOURS}
    found: list[str] = page.evaluate(RUN, options)
    return found
