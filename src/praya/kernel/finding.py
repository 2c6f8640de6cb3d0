"""The result of a check of `praya doctor`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """The result of one check: a sentence that says what it found, and how to correct a fault."""

    check: str
    state: State
    sentence: str
    mend: str = ""


Findings = Iterator[Finding]


def ok(check: str, sentence: str) -> Finding:
    """The check found no fault."""
    return Finding(check, "ok", sentence)


def warn(check: str, sentence: str, mend: str) -> Finding:
    """The installation works, but not as it should."""
    return Finding(check, "warn", sentence, mend)


def fail(check: str, sentence: str, mend: str) -> Finding:
    """The installation cannot work like this."""
    return Finding(check, "fail", sentence, mend)
