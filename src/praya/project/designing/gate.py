"""The gate before a service goes live: conditions beyond validity."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from praya.definition.example import Example
from praya.definition.expression_context import facts
from praya.definition.model import leaves
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.kernel.text import Text
from praya.project.designing.checking import Checked


def refusals(one: Checked, pack: Pack) -> Iterator[str]:
    """The reasons for which a valid service may not go live, a sentence each.

    `check` has already made sure that every text is in every language and that every state can end.
    """
    service = one.service
    if service is None:
        return
    if not one.stories:
        yield "there is no example: a service without one is a service that nobody has tried"
        return
    examples = [story.example for story in one.stories]
    for page in service.form:
        if page.when is not None and not any(_reaches(service, page.page, example, pack) for example in examples):
            yield f"no example reaches the page '{page.page}': add one whose answers make its 'when' true"
    ends = {moment.state for example in examples for moment in example.moments}
    if not any(state in service.flow.states and service.flow.states[state].final for state in ends if state):
        yield "no example follows a case to its end: add one with a step that expects a final state"


def _reaches(service: Service, page: str, example: Example, pack: Pack) -> bool:
    starts = example.starts if example.starts.tzinfo else example.starts.replace(tzinfo=pack.calendar.zone)
    seen = facts(service, example.answers, today=pack.calendar.day_of(starts), applicant={"language": example.language})
    when = service.pages[page].when
    return when is None or when.holds(seen)


def drafted(service: Service) -> int:
    """The number of texts that a machine drafted and nobody signed off."""
    return sum(1 for _, text in leaves(service, Text) if text.drafts)


def played(paths: Sequence[Path], pack: Path) -> list[str]:
    """Play every example of these services in a separate process; return the differences, a line each."""
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    result = subprocess.run(
        [sys.executable, "-m", "praya.project.cli", "play", "--json", *map(str, paths)],
        env=environment | {"PRAYA_PACK": str(pack)},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report = json.loads(result.stdout)
    except ValueError:
        last = (result.stderr.strip().splitlines() or ["no reason was given"])[-1]
        return [f"the examples could not be played: {last}"]
    return [f"{one['file']}: {one['difference']}" for one in report if one["difference"]]
