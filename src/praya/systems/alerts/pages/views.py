"""The alerts above every page, and the status page: what works now, from the checks that `/readyz` makes."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from praya.journey import load
from praya.kernel import readiness
from praya.systems.alerts import api as alerts
from praya.web import display, pages, who
from praya.web.words import translator, words

PARTS = {
    "using": ("database", "migrations", "mode"),
    "records": ("keys",),
    "files": ("disk",),
    "messages": ("worker",),
}
"""What people know a check by. A check that a system brings is a part of its own name."""


def banner(request: HttpRequest, language: str, **_: Any) -> str:
    """The alerts that stand, for the top of a page."""
    # An address that no page has is answered without the database.
    stand = alerts.standing(at=who.now(), look=request.resolver_match is not None)
    return pages.part(request, "alerts/banner.html", language, rows=_rows(stand, language)) if stand else ""


def _rows(stand: Any, lang: str) -> list[dict[str, Any]]:
    pack, t = load.pack(), translator(lang)
    return [
        {
            "name": one.name,
            "kind": one.kind,
            "title": one.title.in_(lang),
            "text": one.text.in_(lang) if one.text else "",
            "when": t("alerts.since", when=display.moment_words(one.raised_at, pack, lang)),
        }
        for one in stand
    ]


@who.open_to("anyone")
def status(request: HttpRequest, *, lang: str) -> HttpResponse:
    """What works now, what does not, and since when this page says so."""
    t, found = translator(lang), readiness.report()
    parts = {name: [check for check in checks if check in found.checks] for name, checks in PARTS.items()}
    listed = {check for checks in parts.values() for check in checks}
    parts |= {check: [check] for check in found.checks if check not in listed}
    rows = [
        {
            "title": t(f"alerts.part_{name}") if f"alerts.part_{name}" in words() else name.replace("_", " "),
            "state": "good" if all(found.checks[check] for check in checks) else "bad",
            "late": any(check in found.late for check in checks),
        }
        for name, checks in parts.items()
        if checks
    ]
    all_well = bool(rows) and all(row["state"] == "good" for row in rows)
    response = pages.page(
        request, "alerts/status.html", lang, rows=rows, all_well=all_well,
        at=display.moment_words(found.at, load.pack(), lang), alerts=_rows(alerts.standing(at=who.now()), lang),
    )  # fmt: skip
    response["Cache-Control"] = "no-store"
    return response
