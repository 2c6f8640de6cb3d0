"""Who may see the pages of panels at the desk. The views and the menu ask these functions."""

from praya.blocks.identity import api as identity
from praya.journey import load


def may_judge(officer: identity.Officer) -> bool:
    """Whether an officer is in a department or a community from which a panel has its members."""
    mine = officer.departments | {f"{identity.COMMUNITY}{name}" for name in officer.communities}
    return any(card.judged_by & mine for card in load.territory().known.values())
