"""Reminding those for whom a case waits, and putting it before the supervisors, on the page of the case."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_POST

from praya.blocks.cases import api as cases
from praya.journey import reminders
from praya.web import display, who
from praya.web.desk import reach
from praya.web.words import translator


@require_POST
@who.open_to("officer")
@reach.of_case
def remind(request: HttpRequest, desk_case: reach.Reach, *, lang: str) -> HttpResponseBase:
    """Remind one of those for whom the case waits; only officers of the department that decides."""
    what, name = request.POST.get("what", ""), request.POST.get("who", "")
    if not desk_case.owns:
        raise Http404(desk_case.case.ref)
    try:
        by = f"officer:{desk_case.officer.ref}"
        done = reminders.remind(desk_case.case, what, name, by=by, at=desk_case.at)
    except reminders.NotWaited:
        done = False
    word = "?done=_reminded" if done else "?done=_not-reminded"
    return HttpResponseRedirect(f"/{lang}/desk/cases/{desk_case.case.ref}{word}")


def offered(desk_case: reach.Reach, lang: str) -> list[dict[str, Any]]:
    """Whom the officer can remind, each with whether it was done today."""
    if not desk_case.owns:
        return []
    t, case = translator(lang), desk_case.case
    done = cases.chased(case.ref, since=reminders.today_since(desk_case.at))
    rows = []
    for what, name in reminders.whom(case):
        match what:
            case "department":
                title = desk_case.pack.departments[name].title.in_(lang)
            case "party":
                title = desk_case.service.parties[name].label.in_(lang)
            case _:
                title = display.role_title(name, desk_case.pack, lang)
        word = "raise" if what == "supervisor" else "remind"
        rows.append(
            {
                "what": what,
                "who": name,
                "label": t(f"desk.{word}", who=title),
                "done": t(f"desk.{word}_done", who=title) if (reminders.KINDS[what], name) in done else "",
            }
        )
    return rows
