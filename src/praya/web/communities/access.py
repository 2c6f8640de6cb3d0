"""Who may see the page of a community: whoever has a role in it. The views and the menu ask these functions."""

from praya.blocks.identity import api as identity
from praya.definition.pack import Pack
from praya.definition.roles import Community


def is_member(officer: identity.Officer) -> bool:
    """Whether an officer has a role in any community."""
    return bool(officer.communities)


def communities_of(officer: identity.Officer, pack: Pack) -> list[Community]:
    """The communities of the pack in which an officer has a role, in the order of the pack."""
    return [community for name, community in pack.communities.items() if name in officer.communities]
