"""Who registers and who approves clients at the desk."""

from praya.blocks.identity import api as identity
from praya.journey import load
from praya.web import who
from praya.web.desk import reach


def registers(officer: identity.Officer) -> bool:
    """Whether the officer registers clients of a department, or approves those of all."""
    return bool(officer.departments) or who.has_role(officer, "client-approver")


def departments(officer: identity.Officer) -> list[str]:
    """The departments whose clients the officer sees."""
    if who.has_role(officer, "client-approver"):
        return sorted(load.pack().departments)
    return sorted(officer.departments)


def approves(officer: identity.Officer, department: str) -> bool:
    """Whether the officer may approve what another officer of a department proposed."""
    return who.has_role(officer, "client-approver") or department in reach.supervised_by(officer)
