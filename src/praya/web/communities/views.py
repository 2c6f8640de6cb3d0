"""The communities of an officer, and the page of one."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_safe

from praya.blocks.identity import api as identity
from praya.definition.pack import Pack
from praya.definition.roles import Community
from praya.journey import load
from praya.web import display, menus, who
from praya.web.communities import access
from praya.web.desk import reach

ON_A_PAGE = 50


@require_safe
@who.open_to("officer", may=access.is_member)
def mine(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The officer's communities. With a single one its page is shown at once."""
    officer, pack = who.officer(request), load.pack()
    communities = access.communities_of(officer, pack)
    if len(communities) == 1:
        return HttpResponseRedirect(f"/{lang}/desk/communities/{communities[0].name}")
    rows = [
        {
            "title": community.title.in_(lang),
            "url": f"/{lang}/desk/communities/{community.name}",
            "roles": _titles(officer, community, pack, lang),
        }
        for community in communities
    ]
    return reach.page(request, "communities/mine.html", lang, officer, "communities", rows=rows)


@require_safe
@who.open_to("officer", may=access.is_member)
def show(request: HttpRequest, *, lang: str, community: str) -> HttpResponse:
    """The members of a community with their roles, fifty on a page, and the parts that systems add."""
    officer, pack = who.officer(request), load.pack()
    chosen = next((one for one in access.communities_of(officer, pack) if one.name == community), None)
    if chosen is None:
        raise Http404(community)
    members = identity.members(chosen.name, after=request.GET.get("after", "")[:32], limit=ON_A_PAGE + 1)
    more = f"?after={members[ON_A_PAGE - 1].ref}" if len(members) > ON_A_PAGE else None
    rows = [
        {"name": one.name, "roles": _titles(one, chosen, pack, lang), "this": one.ref == officer.ref}
        for one in members[:ON_A_PAGE]
    ]
    content = menus.slot_markup("community", request, lang, community=chosen.name)
    return reach.page(
        request, "communities/community.html", lang, officer, "communities", title=chosen.title.in_(lang), rows=rows,
        more=more, first="?" if "after" in request.GET else None, content=content,
    )  # fmt: skip


def _titles(officer: identity.Officer, community: Community, pack: Pack, lang: str) -> list[str]:
    """The titles of an officer's roles in a community; of roles that the pack no longer has, none."""
    held = officer.roles_in(identity.COMMUNITY + community.name)
    roles: list[Any] = [role for role in community.roles if role in held]
    return [display.role_title(role, pack, lang) for role in roles]
