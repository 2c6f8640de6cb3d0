"""The supervisor's board of a department: who has how many cases, what is late, what is due within a week."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.sandbox import PREFIX
from praya.journey import load
from praya.web import who
from praya.web.desk import reach
from praya.web.words import translator

WEEK, MONTH = timedelta(days=7), timedelta(days=30)
SHOWN = 50


@require_safe
@who.open_to("officer", may=reach.supervised_by)
def show(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The board of one of the departments in which the officer is a supervisor."""
    officer, at, pack, t = who.officer(request), who.now(), load.pack(), translator(lang)
    departments = reach.supervised_by(officer)
    typed = request.GET.get("department", "")
    department = typed if typed in departments else departments[0]
    within = reach.access(request).only([department])
    by_officer = cases.loads(within=within, by="assigned_to", without=PREFIX, at=at, soon=at + WEEK)
    by_service = cases.loads(within=within, by="service", without=PREFIX, at=at, soon=at + WEEK)
    names = identity.officer_names({one.name for one in by_officer[:SHOWN]} - {""})
    known = load.territory().known
    titles = {one.name: known[one.name].title.in_(lang) for one in by_service[:SHOWN] if one.name in known}
    today = pack.calendar.day_of(at)

    def row(one: cases.Load, title: str, **query: str) -> dict[str, Any]:
        base = f"/{lang}/desk/?"
        return {
            "title": title,
            "url": base + urlencode({"tab": "open", **query}),
            "open": one.open,
            "late": one.late,
            "late_url": base + urlencode({"tab": "open", **query, "due": "late"}),
            "soon": one.soon,
            "soon_url": base + urlencode({"tab": "open", **query, "due": "week"}),
            "waiting": one.waiting,
            "waiting_url": base + urlencode({"tab": "open", **query, "waiting": "yes"}),
            "oldest": t("desk.in_days", n=(today - pack.calendar.day_of(one.oldest_at)).days),
        }

    return reach.page(
        request,
        "desk/board.html",
        lang,
        officer,
        "board",
        department=department,
        departments=[{"value": name, "label": pack.departments[name].title.in_(lang)} for name in departments],
        total={name: sum(getattr(one, name) for one in by_officer) for name in ("open", "late", "soon", "waiting")},
        by_officer=[
            row(
                one,
                names.get(one.name, t("desk.officer_left")) if one.name else t("desk.nobody"),
                assigned=one.name or "nobody",
            )
            for one in by_officer[:SHOWN]
        ],
        by_service=[row(one, titles.get(one.name, one.name), service=one.name) for one in by_service[:SHOWN]],
        more_officers=max(0, len(by_officer) - SHOWN),
        more_services=max(0, len(by_service) - SHOWN),
        ended=[
            {"result": t(f"desk.result_{one.result}"), "count": one.count, "days": round(one.days)}
            for one in cases.ended(within=within, since=at - MONTH, without=PREFIX)
        ],
    )
