"""Who sees the counts: the supervisors of a department, of its own services."""

from praya.blocks.identity import api as identity
from praya.web.desk import reach


def supervises(officer: identity.Officer) -> bool:
    """Whether the officer is a supervisor anywhere."""
    return bool(reach.supervised_by(officer))
