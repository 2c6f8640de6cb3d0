"""The place of a person's own case in a line: their own number, whose turn it is by number, and what is left."""

from datetime import datetime

from praya.blocks.cases import api as cases
from praya.blocks.stocks import api as stocks
from praya.definition.chapters.stocks import Line, choices
from praya.definition.questions import shown_date
from praya.definition.service import Service
from praya.journey import load
from praya.journey.stocks import Place, Seen
from praya.kernel.calendar import MORNING
from praya.web.words import translator


def rows(case: cases.Case, service: Service, lang: str, *, at: datetime) -> list[dict[str, str]]:
    """What its applicant reads while a case waits in a line or has its turn; nothing otherwise."""
    line = next((s.line for s in service.flow.states.values() if s.line and case.state in {s.name, s.line.to}), None)
    place = stocks.of_case(case.ref) if line is not None and not case.closed_at else None
    if line is None or place is None or place.state == "over":
        return []
    t, seen = translator(lang), Place(case.ref)
    begins = load.pack().calendar.moment(line.from_date, MORNING) if line.from_date else None
    later = t("portal.line_later")
    found = [{"key": t("portal.line_number"), "value": f"{place.number:,}" if place.number else later}]
    if place.state == "waiting" and line.from_date is not None and begins is not None and at < begins:
        found.append({"key": t("portal.line_begins"), "value": shown_date(line.from_date, lang)})
    elif place.state == "waiting":
        found.append({"key": t("portal.line_before"), "value": f"{seen['before']:,}"})
        now = seen["now"]
        found.append({"key": t("portal.line_now"), "value": f"{now:,}" if now else t("portal.line_nobody")})
    return [*found, *_left(case, service, line, lang)]


def _left(case: cases.Case, service: Service, line: Line, lang: str) -> list[dict[str, str]]:
    """How many things are left of each stock from which is chosen."""
    t = translator(lang)
    actions = service.flow.states[line.to].actions.values()
    named = dict.fromkeys(str(question.stock) for action in actions for question in choices(action))
    return [
        {
            "key": service.stocks[name].label.in_(lang),
            "value": t(
                "portal.line_left",
                left=f"{Seen(service, service.stocks[name], case.ref)['left']:,}",
                all=f"{len(service.stocks[name].things):,}",
            ),
        }
        for name in named
    ]
