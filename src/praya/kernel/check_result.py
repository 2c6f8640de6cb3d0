"""The result of a check of `praya doctor`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class CheckResult:
    """The result of one check: a sentence that says what it found, and how to correct a fault."""

    check: str
    state: State
    sentence: str
    mend: str = ""


CheckResults = Iterator[CheckResult]


def ok(check: str, sentence: str) -> CheckResult:
    """The check found no fault."""
    return CheckResult(check, "ok", sentence)


def warn(check: str, sentence: str, mend: str) -> CheckResult:
    """The installation works, but not as it should."""
    return CheckResult(check, "warn", sentence, mend)


def fail(check: str, sentence: str, mend: str) -> CheckResult:
    """The installation cannot work like this."""
    return CheckResult(check, "fail", sentence, mend)
