"""What a check of `praya doctor` answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """One check's answer: what was found, and what to do when it is not well."""

    check: str
    state: State
    found: str
    mend: str = ""


Findings = Iterator[Finding]


def ok(check: str, found: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", found)


def warn(check: str, found: str, mend: str) -> Finding:
    """It works, but not as it should."""
    return Finding(check, "warn", found, mend)


def fail(check: str, found: str, mend: str) -> Finding:
    """It cannot work like this."""
    return Finding(check, "fail", found, mend)
