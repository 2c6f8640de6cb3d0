"""The access of an officer: cases of their departments, and cases referred to these. All else is 404."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Any, Generic
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.card import Card
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.definition.sharing import Shared
from praya.journey import acting, conflicts, load, referrals
from praya.web import menus, pages, who
from praya.web.desk import choosing
from praya.web.desk.choosing import N


@dataclass(frozen=True)
class Reach:
    """A case that the officer may see, with its service's definition, and which other cases they may see."""

    officer: identity.Officer
    within: cases.Access
    case: cases.Case
    service: Service
    pack: Pack
    at: datetime

    @property
    def owns(self) -> bool:
        """Whether the case belongs to a department of the officer, so that they may decide."""
        return self.case.department in self.officer.departments

    @property
    def open_referrals(self) -> list[cases.Referral]:
        """The open referrals to the officer's departments; a closed case has none."""
        return [r for r in self.case.referrals if r.over_at is None and r.department in self.officer.departments]

    @property
    def replies_for(self) -> list[str]:
        """The officer's departments that have not replied yet."""
        return [referral.department for referral in self.open_referrals]

    @property
    def shared(self) -> Shared | None:
        """The part of the case that is shared with the officer's department; None when they may read everything."""
        return None if self.owns else referrals.shared_with(self.case, self.service, self.officer.departments)

    @property
    def department(self) -> str:
        """The department that the officer acts for in this case."""
        return self.case.department if self.owns else self.open_referrals[0].department

    @property
    def by(self) -> acting.By:
        """The officer as the actor of the journey's functions."""
        return acting.officer(self.officer, self.case.department)


def access(request: HttpRequest) -> cases.Access:
    """Which cases the officer may reach, worked out once for a request."""
    known: cases.Access | None = getattr(request, "desk_access", None)
    if known is None:
        known = conflicts.access(who.officer(request))
        request.desk_access = known  # type: ignore[attr-defined]
    return known


def case_or_404(request: HttpRequest, ref: str) -> Reach:
    """The case, if it is one for the officer's departments; whoever shows it looks whether it is shut to the officer.

    Raises Http404 otherwise, the same as for a case that does not exist.
    """
    officer = who.officer(request)
    try:
        case = cases.visible(ref, within=replace(access(request), shut=frozenset()))
    except cases.NoCase:
        raise Http404(ref) from None
    return Reach(officer, access(request), case, load.compiled(case.service, case.version), load.pack(), who.now())


def may(officer: identity.Officer, department: str, role: str) -> bool:
    """Whether the officer may act as `role` in a department."""
    return role in acting.officer(officer, department).roles


def may_give(desk_case: Reach) -> bool:
    """Whether the officer may assign the case to a colleague: supervisors any open case, others their own cases."""
    case, officer = desk_case.case, desk_case.officer
    mine = case.assigned_to == officer.ref
    return desk_case.owns and not case.closed_at and (mine or may(officer, case.department, "supervisor"))


def of_case(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorator: pass the case to a view as its second argument. An officer's own case gives the page `own` instead."""

    @wraps(view)
    def reached(request: HttpRequest, *, lang: str, ref: str, **more: Any) -> HttpResponseBase:
        desk_case = case_or_404(request, ref)
        if desk_case.case.ref in access(request).shut:
            return own(request, lang, desk_case.officer, ref, desk_case.service)
        return view(request, desk_case, lang=lang, **more)

    reached.of_case = True  # type: ignore[attr-defined]
    return reached


def own(request: HttpRequest, lang: str, officer: identity.Officer, ref: str, service: Service) -> HttpResponse:
    """The page that explains why officers cannot open a case of their own."""
    person_ref = identity.person_of_officer(officer.ref)
    # A member of a panel has no other way to the case.
    takes_part = person_ref is not None and conflicts.takes_part(cases.case(ref), person_ref)
    return page(
        request, "desk/own.html", lang, officer, "", status=403, ref=ref, service_title=service.title.in_(lang),
        own_url=f"/{lang}/cases/{ref}" if takes_part else "",
    )  # fmt: skip


def departments_of(officer: identity.Officer) -> frozenset[str]:
    """The departments of the officer. Whoever has a role in a community or a system only may be in none."""
    return officer.departments


def services_of(officer: identity.Officer) -> list[Card]:
    """The cards of the services, live or withdrawn, in which the officer's departments take part."""
    return load.territory().of(officer.departments)


def booking_services_of(officer: identity.Officer) -> list[Card]:
    """The cards of the services, live or withdrawn, of the officer's departments that book."""
    ours = services_of(officer)
    return [service for service in ours if service.booking is not None and service.department in officer.departments]


def register_services_of(officer: identity.Officer) -> list[Card]:
    """The cards of the services, live or withdrawn, of the officer's departments that keep registers."""
    ours = services_of(officer)
    return [service for service in ours if service.registers and service.department in officer.departments]


def trials_of(officer: identity.Officer) -> list[Card]:
    """The cards of the services in the sandbox in which the officer's departments take part."""
    return [service for service in load.territory().trials.values() if service.departments & officer.departments]


def names_of_trials(officer: identity.Officer) -> set[str]:
    """The names of the services in the sandbox in which the officer's departments take part."""
    return {service.service for service in trials_of(officer)}


@dataclass(frozen=True)
class Listed(Generic[N]):
    """A page of services by title: those that match the `typed` words, or all."""

    services: Sequence[N]
    typed: str
    many: bool
    first: str
    next: str


def listed(request: HttpRequest, services: Sequence[N], lang: str) -> Listed[N]:
    """The page of these services that the request asks for."""
    typed, after = request.GET.get("find", "").strip(), request.GET.get("after", "")[:60]
    page, following = choosing.page_of(choosing.by_words(services, typed) if typed else services, after, lang)
    query = {"find": typed} if typed else {}
    return Listed(
        page,
        typed,
        len(services) > choosing.FEW,
        f"?{urlencode(query)}" if after else "",
        f"?{urlencode({**query, 'after': following})}" if following else "",
    )


def supervised_by(officer: identity.Officer) -> list[str]:
    """The departments in which the officer is a supervisor."""
    return sorted(department for department in officer.departments if may(officer, department, "supervisor"))


def page(
    request: HttpRequest,
    template: str,
    lang: str,
    officer: identity.Officer,
    current: str,
    *,
    status: int = 200,
    **values: Any,
) -> HttpResponse:
    """Render a page of the desk; `current` is the tab that it belongs to."""
    desk = f"/{lang}/desk"
    return pages.page(
        request,
        template,
        lang,
        status,
        desk=desk,
        lists=[link | {"current": link["name"] == current} for link in menus.menu("desk", lang, officer)],
        **values,
    )
