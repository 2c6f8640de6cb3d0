"""Limits: how much all applications together may take, and the message to an applicant who would exceed that."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.model import Model, Name, Path
from praya.definition.source import Message, unknown
from praya.kernel import syntax
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression
from praya.kernel.text import Text


class Limit(Model):
    """How much applications together may take: in total or `per` value, for ever or `within` a length of time."""

    of: Expression | None = None
    at_most: Expression
    per: Expression | None = None
    within: Length | None = None
    refuse: Text
    counts: Literal["each", "together"] | None = None
    name: Name | None = None


class OfService(Model):
    """The limits of a service."""

    limits: tuple[Limit, ...] = ()


class OfEffects(Model):
    """The effects on limits: how much of what the case took is given back, by the name of the limit."""

    frees: dict[Name, Expression] = {}


def problems(whole: Whole) -> Problems:
    """Check the sentences of limits, and that each limit lets somebody apply."""
    known = {"limit": {"at_most", "used", "left"}}
    names = [limit.name for limit in whole.service.limits if limit.name]
    for index, limit in enumerate(whole.service.limits):
        if limit.name and limit.name in [one.name for one in whole.service.limits[:index]]:
            yield ("limits", index, "name"), Message("named-twice", f"two limits are called '{limit.name}'")
    for path, effects in whole.effects:
        for name in effects.frees:
            if name not in names:
                yield (*path, "frees", name), unknown("limit with the name", name, names)
    for index, limit in enumerate(whole.service.limits):
        for language, words in limit.refuse.written.items():
            yield from whole.in_braces(words, ("limits", index, "refuse", language), whole.before, known)
        if limit.at_most.source in {"0", "0.0"}:
            yield ("limits", index, "at_most"), Message("out-of-range", "nobody could apply: 'at_most' is 0")


def before_case(_service: OfService, path: Path) -> bool:
    """Whether the expression at a path belongs to a limit: limits are evaluated on applying."""
    return path[0] == "limits"


def settled_by(_service: OfService, effects: OfEffects) -> Iterator[Expression]:
    """The amounts that the effects give back."""
    yield from effects.frees.values()


def doubtful(service: OfService) -> Problems:
    """Yield the limits whose list in `per` is ambiguous."""
    for index, limit in enumerate(service.limits):
        if limit.counts is None and limit.per is not None and isinstance(limit.per.node, syntax.Listing):
            message = (
                "a list: say 'counts: each' where each of its items has this limit, or 'counts: together' where only "
                "all of them together are counted; without it each has"
            )
            yield ("limits", index, "per"), Message("each-or-together", message)


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The limits in a definition's JSON, by their `at_most`."""
    return {
        "limit": {
            limit["at_most"]: {word: value for word, value in limit.items() if word != "at_most"}
            for limit in data["limits"]
        }
    }


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "limits": (
            (
                "How much may be applied for together; whoever would take more is told what is left. A case that is"
                " refused, withdrawn or lapses gives back what it took."
            ),
            [
                {
                    "of": "answers.kennels",
                    "at_most": 50,
                    "per": "answers.shop_name",
                    "within": "1 year",
                    "refuse": {
                        "en": "Only {limit.left} kennels are left for this shop.",
                        "zh-hant": "此店舖只餘 {limit.left} 間犬舍的名額。",
                    },
                }
            ],
        ),
    },
    "Limit": {
        "of": (
            "An expression for the amount that an application takes. Without it each application counts as one.",
            "answers.kennels",
        ),
        "at_most": (
            "How much there is, as a number or an expression.",
            "parameters.most_kennels",
        ),
        "per": (
            (
                "For what it is counted: an answer, several, or `applicant.email`. Only its keyed hash is stored. "
                "Without it for everybody together."
            ),
            "answers.shop_name",
        ),
        "name": ("Its name, by which effects free what a case took of it.", "kennels"),
        "counts": (
            (
                "What a list in `per` means: `each` of its items has the limit of its own, or the items `together` are "
                "what is counted, such as one shop in one month."
            ),
            "each",
        ),
        "within": (
            "How long an application counts. Without it for ever.",
            "1 month",
        ),
        "refuse": (
            (
                "What the person reads: `{limit.left}`, `{limit.used}` and `{limit.at_most}` stand in braces, like "
                "answers."
            ),
            {
                "en": "You can still apply for {limit.left} kennels this month.",
                "zh-hant": "你本月尚可申請 {limit.left} 間犬舍。",
            },
        ),
    },
    "Effects": {
        "frees": (
            (
                "How much of what the case took of a limit others can take again, by the limit's name; where it took "
                "for several, of each. It never frees more than was taken."
            ),
            {"kennels": "answers.kennels - findings.kennels_granted"},
        ),
    },
}

CHAPTER = Chapter(
    name="limits",
    service=(Words(model=OfService, at=20),),
    effects=(Words(model=OfEffects),),
    parts=(Limit,),
    problems=problems,
    doubtful=doubtful,
    settled_by=settled_by,
    errors=("LimitReached",),
    before_case=before_case,
    differences=differences,
    reference=REFERENCE,
)
