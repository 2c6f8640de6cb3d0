"""Samples: cases that are drawn at random as they come, such as one in twenty for a visit."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.model import Model, Name, Path
from praya.definition.places import expressions, with_effects
from praya.definition.source import Message, unknown
from praya.kernel import syntax
from praya.kernel.expression import Expression
from praya.kernel.number import exact, is_number


def _without_sign(value: Any) -> Any:
    """Read `5 %` as 5."""
    if isinstance(value, str) and value.rstrip().endswith("%"):
        return value.rstrip().removesuffix("%").rstrip()
    return value


def _named(value: Any) -> Any:
    if value is not None and not isinstance(value, Mapping):
        raise ValueError("a sample has a name, by which it is read: write it like {visit: 5 %}, then 'sampled.visit'")
    return value


Percent = Annotated[Expression, BeforeValidator(_without_sign)]
"""Of a hundred cases how many are drawn: `5 %`, or an expression."""


class OfEffects(Model):
    """The samples into which a case may be drawn now, by name, each with its percentage."""

    sample: Annotated[dict[Name, Percent], BeforeValidator(_named)] = {}


class OfStory(Model):
    """The samples into which the cases of a story are drawn; into no others."""

    sampled: tuple[Name, ...] = ()


def names_of(service: Any) -> set[str]:
    """The samples of a service."""
    return {name for effects in service.flow.effects() for name in effects.sample}


def problems(whole: Whole) -> Problems:
    """Check that a percentage that is a plain number draws somebody, and not more than everybody."""
    for path, effects in whole.effects:
        for name, percent in effects.sample.items():
            node = percent.node
            if isinstance(node, syntax.Literal) and not (is_number(node.value) and 0 < exact(node.value) <= 100):
                message = (
                    f"'{percent.source}' is no share of the cases: write a percentage above 0, up to 100, like 5 %"
                )
                yield (*path, "sample", name), Message("out-of-range", message)


def doubtful(service: Any) -> Problems:
    """Yield the samples that nothing reads: whoever is drawn goes on like everybody."""
    read = {member for _, one in expressions(service) for root, member in one.paths if root == "sampled"}
    for path, effects in with_effects(service):
        for name in effects.sample:
            if name not in read:
                message = f"nothing reads 'sampled.{name}', so those who are drawn go on like everybody"
                yield (*path, "sample", name), Message("never-used", message)


def step_problems(service: Any, story: Any, path: Path) -> Problems:
    """Check that a story draws its cases into samples that there are."""
    if not path:
        known = names_of(service)
        for index, name in enumerate(story.sampled):
            if name not in known:
                yield ("sampled", index), unknown("sample", name, sorted(known))


def members(service: Any) -> dict[str, set[str]]:
    """The names after `sampled.` in expressions."""
    return {"sampled": names_of(service)}


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Effects": {
        "sample": (
            (
                "Draws the case into a random sample, by name, each with a percentage or an expression for it; unknown "
                "is 0. `sampled.visit` tells it from then on. A case is drawn once for each name, however often it "
                "comes back. Nobody can foresee it, and the journal proves each draw once the month is over."
            ),
            {"visit": "5 %"},
        ),
    },
    "Example": {
        "sampled": (
            "The samples into which the cases of this story are drawn. Without it into none.",
            ["visit"],
        ),
    },
}
NAMES = {
    "sampled": (
        "`sampled.visit`: whether the case was drawn into this sample (`sample`). Null before it.",
        "in flow, records, registers, notices",
    )
}

CHAPTER = Chapter(
    name="sampling",
    effects=(Words(model=OfEffects),),
    stories=(Words(model=OfStory, at=1070),),
    problems=problems,
    doubtful=doubtful,
    step_problems=step_problems,
    members=members,
    reference=REFERENCE,
    names=NAMES,
)
