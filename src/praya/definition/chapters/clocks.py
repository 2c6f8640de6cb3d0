"""Clocks: how long a case may take, when its clock is suspended, who is warned, and to whom it is escalated."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.model import Model, Path, Slug
from praya.definition.source import Message
from praya.kernel.calendar import Length

FACTS = frozenset({"due", "late", "stopped"})
"""What expressions read of a clock: of the promise of a case, and of its state's own."""


class Warned(Model):
    """A warning before the end of a clock."""

    before: Length
    role: Slug = "officer"


class Promise(Model):
    """The performance pledge of the service: how long a whole case may take."""

    within: Length
    stops_for: tuple[Literal["applicant", "departments", "parties"], ...] = ("applicant",)
    warn: tuple[Warned, ...] = ()
    escalate: Slug | None = None


class OfService(Model):
    """The promise of a service."""

    promise: Promise | None = None


class OfState(Model):
    """The words that clocks add to a state: who is warned, and to whom it is escalated."""

    warn: tuple[Warned, ...] = ()
    escalate: Slug | None = None


class OfExpect(Model):
    """What an example expects of the promise."""

    promise: Literal["running", "stopped", "kept", "missed", "none"] | None = None
    promise_due: date | None = None


def problems(whole: Whole) -> Problems:
    """Check that warnings lie within their clock, and that expressions read only clocks that exist."""
    service = whole.service
    yield from _reading(whole)
    if service.promise is not None:
        yield from _warnings(service.promise.warn, service.promise.within, ("promise",))
    for state in service.flow.states.values():
        here: Path = ("flow", "states", state.name)
        for word in ("warn", "escalate"):
            if getattr(state, word) and state.clock is None:
                message = f"'{word}' is about the clock of the state, and '{state.name}' has no 'clock'"
                yield (*here, word), Message("missing-word", message)
            elif getattr(state, word) and state.waits_for_applicant:
                message = f"'{state.name}' waits for the applicant: its clock is not the officers'; take '{word}' out"
                yield (*here, word), Message("not-possible", message)
        yield from _warnings(state.warn, state.clock, here)


def _reading(whole: Whole) -> Problems:
    states = whole.service.flow.states.values()
    nothing = {}
    if whole.service.promise is None:
        nothing["promise"] = "the service makes no 'promise'"
    if not any(state.clock for state in states):
        nothing["clock"] = "no state has a 'clock'"
    for path, expression in whole.expressions:
        for root, member in sorted(expression.paths):
            if root in nothing and member in FACTS:
                yield path, Message("never-known", f"'{root}.{member}' is never known: {nothing[root]}")


def _warnings(warnings: tuple[Warned, ...], clock: Length | None, path: Path) -> Problems:
    for index, warning in enumerate(warnings):
        if clock is not None and warning.before.unit == clock.unit and warning.before.count >= clock.count:
            message = f"a warning {warning.before} before the end of {clock} would come at once"
            yield (*path, "warn", index, "before"), Message("out-of-range", message)


def story_problems(service: Any, expect: OfExpect, path: Path) -> Problems:
    """Check that an example expects a promise only if the service has one."""
    for word in ("promise", "promise_due"):
        if getattr(expect, word) is not None and service.promise is None and getattr(expect, word) != "none":
            yield (*path, word), Message("not-possible", "the service makes no 'promise'")


def members(_service: Any) -> dict[str, set[str]]:
    """The names after `promise.` and `clock.` in expressions."""
    return {"promise": {*FACTS}, "clock": {*FACTS}}


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The promise in a definition's JSON."""
    return {"promise": {"": data["promise"]} if data.get("promise") else {}}


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "promise": (
            (
                "How long the whole case may take, beside the clocks of its states: the service's pledge. Cases that "
                "ended are counted as kept or missed. See Promise."
            ),
            {"within": "30 working days", "stops_for": ["applicant", "departments"], "escalate": "supervisor"},
        ),
    },
    "Promise": {
        "within": ("How long, counted from the day after the case was opened.", "30 working days"),
        "stops_for": (
            (
                "While whom the clock stands still: `applicant`, in a state that `waits_for_applicant`; `departments`, "
                "until all that were asked have replied; `parties`, until all that were invited are heard of. The end "
                "moves by that time, in the clock's own unit. While departments or parties are waited for, the clock "
                "of the state stands still too."
            ),
            ["applicant", "departments"],
        ),
        "warn": (
            "Warnings before the end. See Warned.",
            [{"before": "5 working days"}, {"before": "2 working days", "role": "supervisor"}],
        ),
        "escalate": ("The role that has the case before it, on the desk, once the time is over.", "supervisor"),
    },
    "Warned": {
        "before": ("How long before the end of the clock.", "5 working days"),
        "role": ("Who is warned: it stands on the desk, with the case, and in its history.", "supervisor"),
    },
    "State": {
        "warn": ("Warnings before the end of the state's clock. See Warned.", [{"before": "2 working days"}]),
        "escalate": ("The role that has the case before it once the state's clock has run out.", "supervisor"),
    },
    "Expect": {
        "promise": ("How the promise stands: running, stopped, kept or missed.", "stopped"),
        "promise_due": ("The last day of the promise.", date(2026, 10, 20)),
    },
}
NAMES = {
    "promise": (
        (
            "The service's promise: `promise.due`, its last day, null while its clock stands still; `promise.late`, "
            "whether that has passed; `promise.stopped`. The days that are left: `days_between(today, promise.due)`."
        ),
        "in flow, records, registers, notices",
    ),
    "clock": (
        (
            "The clock of the state in which the case is: `clock.due`, its last day, null in a state without one and "
            "while it stands still; `clock.late`, whether that has passed; `clock.stopped`. It is read whenever "
            "something is done or looked at, so a `when` of an action sees it; what is to happen on its own when time "
            "passes is a timer."
        ),
        "in flow, records, registers, notices",
    ),
}

CHAPTER = Chapter(
    name="clocks",
    service=(Words(model=OfService, at=118),),
    states=(Words(model=OfState),),
    expect=(Words(model=OfExpect),),
    parts=(Promise, Warned),
    problems=problems,
    story_problems=story_problems,
    members=members,
    kinds={"promise.due": "day", "clock.due": "day"},
    differences=differences,
    reference=REFERENCE,
    names=NAMES,
)
