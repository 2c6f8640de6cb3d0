"""What readers said about the pages of a supervisor's services."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from praya.journey import load
from praya.systems.usefulness import api as usefulness
from praya.systems.usefulness.desk import access
from praya.web import who
from praya.web.desk import reach

SINCE = timedelta(days=365)


@require_safe
@who.open_to("officer", may=access.supervises)
def every(request: HttpRequest, *, lang: str) -> HttpResponse:
    """The counts of a year, the least useful page first."""
    officer, known = who.officer(request), load.territory().known
    departments = reach.supervised_by(officer)
    services = [name for name, card in known.items() if card.department in departments]
    today = load.pack().calendar.day_of(who.now())
    rows = [
        [known[one.service].title.in_(lang), f"{one.yes:,}", f"{one.no:,}", f"{one.share}%"]
        for one in usefulness.told(services, since=today - SINCE)
    ]
    return reach.page(request, "usefulness/every.html", lang, officer, "usefulness", rows=rows)
