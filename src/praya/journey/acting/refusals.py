"""The reasons why something cannot be done to a case."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from praya.blocks.cases import api as cases
from praya.blocks.registers import api as registers
from praya.definition.model import Path
from praya.definition.questions import Refusal
from praya.journey import conflicts
from praya.journey.own_words import WORDS
from praya.kernel import reading, rounds
from praya.kernel.expression import ExpressionFailed
from praya.kernel.text import Text

REASON, COMMENT, SESSION = WORDS["reason"], WORDS["comment"], WORDS["session"]


class NotAllowed(Exception):
    """The actor may not do this to the case now.

    `why` says it to who wrote the definition, and `at` is the place there; both empty where the code alone says it.
    """

    def __init__(self, what: str, why: str = "", at: Path = ()) -> None:
        super().__init__(what)
        self.why, self.at = why, at


class OwnCase(NotAllowed):
    """The officer applied for the case or takes part in it, so another officer must deal with it."""


class AlreadyEntered(NotAllowed):
    """A live entry of the register has the same unique facts, or two `items` of the case have."""

    def __init__(self, action: str, number: str, items: tuple[int, int] | None = None) -> None:
        alike = "items {} and {} of the case have the same unique facts".format(*items) if items else ""
        super().__init__(action, alike or f"the register has entry {number} already, with the same unique facts")
        self.number, self.items = number, items

    @property
    def sentence(self) -> Text:
        """The sentence for officers."""
        words = WORDS["items_alike" if self.items else "already_entered"].words
        one, other = self.items or (0, 0)
        values = {"number": self.number, "one": one, "other": other}
        return Text({language: sentence.format(**values) for language, sentence in words.items()})


class EntryChanged(ExpressionFailed):
    """An amount or a text rests on an entry that another case has changed since the application was handed in."""


class GoesRound(Exception):
    """The ways onward lead a case in a circle; carries one of its states."""


class NotAnswered(Exception):
    """Answers that the action asks for are missing or wrong; carries the reasons."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(", ".join(f"{r.path}: {r.code}" for r in refusals))
        self.refusals = list(refusals)


class NoReason(Exception):
    """The action needs a reason in words."""


@contextmanager
def allowed(action: str, **which: str) -> Iterator[None]:
    """Convert failures that mean "not possible now" into NotAllowed.

    These are: the entry to change was struck off meanwhile, a live entry has the same unique facts, an amount cannot be
    worked out, and ways onward lead in a circle. The last two are noted for the operator with `which` case it was:
    nobody else could do the action either.
    """
    try:
        yield
    except registers.NotUnique as taken:
        raise AlreadyEntered(action, str(taken), taken.items) from None
    except registers.NoEntry as problem:
        # An entry is struck off any day; that a new case has none to change is the definition's doing.
        if "case" not in which:
            rounds.note("act", problem, **which)
        raise NotAllowed(action, "the entry that it acts on does not stand any more") from None
    except (ExpressionFailed, GoesRound) as problem:
        rounds.note("act", problem, **which)
        round_in = f"the ways onward lead in a circle through '{problem}'"
        raise NotAllowed(action, round_in if isinstance(problem, GoesRound) else str(problem)) from None


def lines_kept(typed: str, at: str, label: Text) -> str:
    """Read the text that was typed beside the answers, in the form in which it is stored. Raises NotAnswered."""
    try:
        return reading.lines(typed)
    except reading.NotText as wrong:
        raise NotAnswered([Refusal(at, "control_character", label, {"character": wrong.character})]) from None


def insist_on_another(case: cases.Case, by: str) -> None:
    """Refuse an officer whom the case concerns. Raises OwnCase."""
    kind, _, ref = by.partition(":")
    if kind == "officer" and conflicts.concerns(case, ref):
        raise OwnCase(case.ref)
