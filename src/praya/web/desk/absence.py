"""Out of office: from when until when an officer is away, and who acts for them; for others, by a supervisor."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.questions import shown_date
from praya.journey import load
from praya.web import texts, who
from praya.web.desk import reach
from praya.web.words import translator

CHOICES = 25
LONGEST = timedelta(days=2 * 366)
DONE = ("set", "ended")


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer", may=reach.departments_of)
def show(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The officer's own absence, or with `officer` that of a colleague in a department that they supervise."""
    officer, at, t = who.officer(request), who.now(), translator(lang)
    absent, departments = _whose(request, officer)
    here = f"/{lang}/desk/absence" + (f"?officer={absent.ref}" if absent.ref != officer.ref else "")
    errors: dict[str, str] = {}
    choices: list[identity.Colleague] = []
    colleagues: list[identity.Colleague] = []
    if request.method == "POST":
        match request.POST.get("do", ""):
            case "end":
                if not _may_end(cases.absence(absent.ref), officer):
                    raise Http404(absent.ref)
                cases.end_absence(absent.ref, at=at, by=f"officer:{officer.ref}")
                return HttpResponseRedirect(_done(here, "ended"))
            case "find":
                colleagues, errors = _search(request, officer, lang)
            case _:
                errors, choices = _set(request, officer, absent, departments, lang, at)
                if not errors:
                    return HttpResponseRedirect(_done(here, "set"))
    current = cases.absence(absent.ref)
    stands = cases.deputising(officer.ref, at=at) if absent.ref == officer.ref else []
    names = identity.officer_names({one.officer_ref for one in stands} | ({current.deputy_ref} if current else set()))
    return reach.page(
        request, "desk/absence.html", lang, officer, "",
        status=422 if errors else 200,
        address=here,
        whose="" if absent.ref == officer.ref else absent.name,
        away=shown(current, names, lang, at) if current else None,
        may_end=_may_end(current, officer),
        stands=[shown(one, names, lang, at) for one in stands],
        typed={name: request.POST.get(name, "") for name in ("from", "until", "deputy")},
        today=load.pack().calendar.day_of(at).isoformat(),
        choices=[{"value": one.ref, "label": one.name, "hint": one.email} for one in choices],
        colleagues=colleagues,
        supervises=bool(reach.supervised_by(officer)),
        typed_colleague=request.POST.get("q", "")[:100],
        wrong=errors,
        errors=[{"href": f"#{field}", "text": text} for field, text in errors.items()],
        done=t(f"desk.absence_done_{request.GET['done']}") if request.GET.get("done") in DONE else None,
    )  # fmt: skip


def _done(here: str, what: str) -> str:
    return f"{here}{'&' if '?' in here else '?'}done={what}"


def _whose(request: HttpRequest, officer: identity.Officer) -> tuple[identity.Officer, list[str]]:
    """Whose absence it is, and for which departments the officer may say where their cases go."""
    ref = request.GET.get("officer", "")[:32]
    if ref in ("", officer.ref):
        return officer, sorted(officer.departments)
    try:
        colleague = identity.officer(ref)
    except identity.NoOfficer:
        raise Http404(ref) from None
    departments = sorted(colleague.departments & set(reach.supervised_by(officer)))
    if not departments:
        raise Http404(ref)
    return colleague, departments


def _may_end(away: cases.Absence | None, officer: identity.Officer) -> bool:
    """Whether the officer may end an absence: their own, or one that is only for departments that they supervise."""
    if away is None or away.officer_ref == officer.ref:
        return True
    return set(away.departments) <= set(reach.supervised_by(officer))


def _set(
    request: HttpRequest, officer: identity.Officer, absent: identity.Officer, departments: list[str], lang: str,
    at: datetime,
) -> tuple[dict[str, str], list[identity.Colleague]]:  # fmt: skip
    """Record the absence, or tell by field what is wrong, with those who may be meant as the deputy."""
    t, calendar = translator(lang), load.pack().calendar
    days = {name: _day(request.POST.get(name, "")) for name in ("from", "until")}
    errors = {name: t("desk.date_wrong") for name, day in days.items() if day is None}
    first, back, today = days["from"], days["until"], calendar.day_of(at)
    if first is not None and first < today:
        errors["from"] = t("desk.absence_past")
    if first is not None and back is not None and not first < back <= first + LONGEST:
        errors["until"] = t("desk.absence_order")
    asked = texts.searched(request.POST, "deputy", lang)
    choices: list[identity.Colleague] = []
    deputy = ""
    if asked.error:
        errors["deputy"] = asked.error
    elif asked.text:
        choices = _colleagues(departments, asked.text, without=absent.ref)
        chosen = [one for one in choices if one.ref == request.POST.get("deputy-is")] or choices
        if not choices:
            errors["deputy"] = t("desk.give_none")
        elif len(chosen) > 1:
            errors["deputy"] = t("desk.mention_choose")
        else:
            deputy, choices = chosen[0].ref, []
    if errors or first is None or back is None:
        return errors, choices
    try:
        cases.set_absence(
            officer_ref=absent.ref, deputy_ref=deputy, departments=departments, at=at, by=f"officer:{officer.ref}",
            from_at=max(at, calendar.moment(first, time())), until_at=calendar.moment(back, time()),
        )  # fmt: skip
    except cases.AlreadyAway:
        return {"from": t("desk.absence_already")}, []
    return {}, []


def _search(
    request: HttpRequest, officer: identity.Officer, lang: str
) -> tuple[list[identity.Colleague], dict[str, str]]:
    """The colleagues for whom a supervisor may set an absence, by name or address."""
    asked = texts.searched(request.POST, "q", lang)
    matching = _colleagues(reach.supervised_by(officer), asked.text, without=officer.ref) if asked.text else []
    if matching:
        return matching, {}
    return [], {"q": asked.error or translator(lang)("desk.give_none" if asked.text else "desk.give_missing")}


def _colleagues(departments: list[str], typed: str, *, without: str) -> list[identity.Colleague]:
    matching: dict[str, identity.Colleague] = {}
    for department in departments:
        for one in identity.colleagues(department, typed, limit=CHOICES):
            matching.setdefault(one.ref, one)
    return [one for one in matching.values() if one.ref != without][:CHOICES]


def shown(away: cases.Absence, names: dict[str, str], lang: str, at: datetime) -> dict[str, Any]:
    """An absence as pages show it: who is away, who acts for them, the first day and the day of return."""
    t, day_of = translator(lang), load.pack().calendar.day_of
    return {
        "name": names.get(away.officer_ref, t("desk.officer_left")),
        "deputy": names.get(away.deputy_ref, t("desk.officer_left")) if away.deputy_ref else "",
        "from": shown_date(day_of(away.from_at), lang),
        "until": shown_date(day_of(away.until_at), lang),
        "now": away.holds(at),
        "over": away.until_at <= at,
    }


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed[:10])
    except ValueError:
        return None
