"""What an officer reaches: cases of their departments, and cases about which these were asked. Nothing else exists."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.card import Card
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import load, run
from praya.web import pages, who


@dataclass(frozen=True)
class Reach:
    """A case that the asking officer may see, with its definition."""

    officer: identity.Officer
    case: cases.Case
    service: Service
    pack: Pack
    at: datetime

    @property
    def owns(self) -> bool:
        """Whether the case belongs to a department of the officer; only then is there anything to decide."""
        return self.case.department in self.officer.departments

    @property
    def replies_for(self) -> list[str]:
        """The officer's departments whose reply the case waits for."""
        if self.case.closed_at:
            return []
        waiting = [referral.department for referral in self.case.referrals if referral.replied_at is None]
        return [department for department in waiting if department in self.officer.departments]

    @property
    def department(self) -> str:
        """The department for which the officer speaks in this case."""
        if self.owns:
            return self.case.department
        asked = [referral.department for referral in self.case.referrals]
        return next(department for department in asked if department in self.officer.departments)

    @property
    def by(self) -> run.By:
        """The officer as the journey knows who acts."""
        return run.officer(self.officer, self.case.department)


def case_or_404(request: HttpRequest, ref: str) -> Reach:
    """The case, if the asking officer may see it. Raises Http404 otherwise: no case of others is even hinted at."""
    officer = who.officer(request)
    try:
        case = cases.visible(ref, departments=sorted(officer.departments))
    except cases.NoCase:
        raise Http404(ref) from None
    return Reach(officer, case, load.compiled(case.service, case.version), load.pack(), who.now())


def services_of(officer: identity.Officer) -> list[Card]:
    """The cards of the services, live or withdrawn, in which the officer's departments take part."""
    live = load.territory().known.values()
    return [service for service in live if service.departments & officer.departments]


def booking_services_of(officer: identity.Officer) -> list[Card]:
    """The cards of the services, live or withdrawn, of the officer's departments that book."""
    live = load.territory().known.values()
    return [service for service in live if service.booking is not None and service.department in officer.departments]


def register_services_of(officer: identity.Officer) -> list[Card]:
    """The cards of the services, live or withdrawn, of the officer's departments that keep registers."""
    live = load.territory().known.values()
    return [service for service in live if service.registers and service.department in officer.departments]


def trials_of(officer: identity.Officer) -> list[Card]:
    """The cards of the services in the sandbox in which the officer's departments take part."""
    return [service for service in load.territory().trials.values() if service.departments & officer.departments]


def supervised_by(officer: identity.Officer) -> list[str]:
    """The departments in which the officer is a supervisor."""
    return sorted(department for department in officer.departments if officer.may(department, "supervisor"))


def names_of_officers() -> Mapping[str, str]:
    """The names of all officers in office by reference; one who left has none."""
    return {officer.ref: officer.name for officer in identity.officers()}


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
    """A page of the desk: `current` is the list it belongs to."""
    desk = f"/{lang}/desk"
    lists = [(name, f"{desk}/?tab={name}") for name in ("todo", "asked", "mine", "closed")]
    if booking_services_of(officer):
        lists.append(("bookings", f"{desk}/bookings"))
    if register_services_of(officer):
        lists.append(("registers", f"{desk}/registers"))
    if supervised_by(officer):
        lists.append(("numbers", f"{desk}/numbers"))
    if trials_of(officer):
        lists.append(("trials", f"{desk}/trials"))
    return pages.page(
        request,
        template,
        lang,
        status,
        desk=desk,
        lists=[(name, url, name == current) for name, url in lists],
        **values,
    )
