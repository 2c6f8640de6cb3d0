"""Who may do what at the desk of the system."""

from praya.blocks.identity import api as identity
from praya.web import who


def keeps_tides(officer: identity.Officer) -> bool:
    """Whether an officer may note heights."""
    return who.has_role(officer, "tide-keeper")
