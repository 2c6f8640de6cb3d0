"""Finding a service: the home page, topics, search, the page of a service; and standing pages such as contact."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from itertools import takewhile
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.definition import opening
from praya.definition.card import Card
from praya.definition.expression_context import facts
from praya.definition.own_words import length_words
from praya.definition.questions import shown_date
from praya.definition.service import Service
from praya.definition.ways import Way
from praya.journey import ballots, load
from praya.journey.filled_texts import listed
from praya.kernel.money import Money
from praya.web import pages, paging, who
from praya.web.display import closed_words, moment_words
from praya.web.fields import LINK
from praya.web.portal import can_use, directory
from praya.web.words import Translator, translator

ON_HOME_PAGE = 8
MOST_OTHERS = 20


@who.open_to("anyone")
def root(request: HttpRequest) -> HttpResponseBase:
    """Redirect the address without a language to the browser's language."""
    response = HttpResponseRedirect(f"/{pages.preferred(request)}/")
    response["Vary"] = "Accept-Language"
    return response


@who.open_to("anyone")
@pages.cached_for_everybody
def home(request: HttpRequest, *, lang: str) -> HttpResponse:
    """The home page: popular services, life events, what is seasonal, and every topic that has services."""
    territory, t = load.territory(), translator(lang)
    counts = _of_topics(territory.edition)
    topics = [
        {
            "title": topic.title.in_(lang),
            "text": topic.summary.in_(lang),
            "url": f"/{lang}/topics/{topic.name}",
            "tag": _counted(counts[topic.name], t),
        }
        for topic in territory.pack.topics.values()
        if topic.name in counts
    ]
    popular = [directory.link(card, lang) for card in load.popular(ON_HOME_PAGE)]
    more = f"{len(territory.offered):,}" if len(territory.offered) > len(popular) else ""
    return pages.page(
        request, "portal/home.html", lang, topics=topics, popular=popular, more=more,
        events=directory.life_events(lang), seasons=directory.seasonal(lang, _today()),
    )  # fmt: skip


def _today() -> date:
    return load.pack().calendar.day_of(who.now())


@lru_cache(maxsize=4)
def _of_topics(edition: int) -> "Counter[str]":
    """How many services are live in each topic."""
    return Counter(card.topic for card in load.territory().offered.values())


def _counted(count: int, t: Translator) -> str:
    return t("portal.one_service") if count == 1 else t("portal.services", n=f"{count:,}")


@who.open_to("anyone")
@pages.cached_for_everybody
def topic(request: HttpRequest, *, lang: str, topic: str) -> HttpResponse:
    """The services of a topic."""
    territory = load.territory()
    topic_of_pack = pages.value_or_404(lang, territory.pack.topics, topic)
    cards = [card for card in territory.offered.values() if card.topic == topic]
    listed = paging.page(request, cards, lambda card: card.service)
    services = [directory.link(card, lang) for card in listed.rows]
    return pages.page(request, "portal/topic.html", lang, topic=topic_of_pack, services=services, listed=listed)


@who.open_to("anyone")
@pages.cached_for_everybody
def service(request: HttpRequest, *, lang: str, service: str) -> HttpResponse:
    """The page of a service, from its definition."""
    territory = load.territory()
    if service in territory.withdrawn:
        return _ended(request, lang, territory.withdrawn[service])
    offered = {**territory.offered, **(territory.trials if who.may_try(request) else {})}
    definition = load.definition(pages.value_or_404(lang, offered, service))
    at = who.now()
    today = territory.pack.calendar.day_of(at)
    found_open = opening.standing(definition.open_times, at, territory.pack.calendar)
    charges = _charges(definition, lang, territory.pack, today)
    closed = None if found_open.is_open else closed_words(found_open, territory.pack)
    drafts = []
    if who.person_ref(request):
        drafts = [d for d in forms.drafts(who.person_ref(request)) if d.service == service]
    return pages.page(
        request,
        "portal/service.html",
        lang,
        service=definition,
        department=territory.pack.departments[definition.department],
        topic=territory.pack.topics[definition.topic],
        can_ask=bool(can_use.asked(definition)),
        after=_after(definition, lang),
        charges=[row for row in charges if row["kind"] != "grant"],
        grants=[row for row in charges if row["kind"] == "grant"],
        booking_note=_booking_note(definition, territory.pack, lang, at),
        public_registers=[r for r in definition.registers.values() if r.public],
        draft=drafts[0] if drafts else None,
        link=_filling(definition, request),
        closed=closed,
        draws=_draws(definition, lang, at),
    )


def _filling(service: Service, request: HttpRequest) -> str:
    """The part of this page's address that fills questions, to be handed on to the form; nothing else of it."""
    names = [name for name, question in service.questions.items() if question.fill == LINK and name in request.GET]
    return f"?{urlencode([(name, value) for name in names for value in request.GET.getlist(name)])}" if names else ""


def _draws(service: Service, lang: str, at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "label": draw.label.in_(lang) if draw.label else "",
            "day": shown_date(draw.on, lang),
            "places": f"{draw.places:,}",
            "entries": f"{draw.entries:,}",
            "drawn_at": draw.drawn_at,
            "by": draw.by,
            "late": ballots.is_late(draw, at=at),
        }
        for draw in ballots.of_service(service)
    ]


def _ended(request: HttpRequest, lang: str, service: Card) -> HttpResponse:
    """The page of a withdrawn service: what remains of it, and whom to ask."""
    return pages.page(
        request,
        "portal/ended.html",
        lang,
        status=410,
        service=service,
        department=load.pack().departments[service.department],
        registers=service.public_registers,
    )


def _after(service: Service, lang: str) -> dict[str, list[Any]]:
    """What happens after applying: the shortest way to each good end, with the deadline of each stage.

    `steps` are the stages that all ways share, `ends` the rest of each way. Stages to which a case comes only in some
    cases stand behind the one from which it comes, with what decides on it where the definition has words for that.
    """
    flow = service.flow
    ways = list(cases.ways_to_good_ends(flow, flow.start)) or [[flow.start]]
    detours = cases.detours(flow, list(dict.fromkeys(name for way in ways for name in way)))
    told: set[str] = set()
    # States of one title, such as the judging of each category, are one stage to people.
    titles = {flow.states[name].label.in_(lang) for way in ways for name in way if flow.states[name].milestone}

    def stages(names: Iterable[str]) -> Iterator[dict[str, str]]:
        for name in names:
            if flow.states[name].milestone:
                yield stage(name)
            for way, through in detours.get(name, ()) if name not in told else ():
                for one in through:
                    if flow.states[one].milestone and flow.states[one].label.in_(lang) not in titles:
                        titles.add(flow.states[one].label.in_(lang))
                        yield stage(one, way)
            told.add(name)

    def stage(name: str, way: Way | None = None) -> dict[str, str]:
        state = flow.states[name]
        clock = length_words(state.clock, lang) if state.clock else ""
        some = "" if way is None else _if(service, way, lang)
        return {"title": state.label.in_(lang), "clock": clock, "if": some}

    common = sum(1 for _ in takewhile(lambda names: len(set(names)) == 1, zip(*ways, strict=False)))
    ends = dict.fromkeys(tuple(way[common:]) for way in ways)
    steps = list(stages(ways[0][:common]))
    rest = [list(stages(end)) for end in ends]
    return {"steps": steps, "ends": [end for end in rest if end]}


def _if(service: Service, way: Way, lang: str) -> str:
    """When a case goes a way: in the words of the condition that decides on it, else in some cases."""
    t = translator(lang)
    root, _, name = way.when.source.partition(".") if way.when is not None else ("", "", "")
    condition = service.conditions.get(name) if root == "conditions" else None
    if condition is not None and condition.label is not None:
        return t("portal.if", condition=condition.label.in_(lang))
    return t("portal.in_some_cases")


def _charges(service: Service, lang: str, pack: Any, today: Any) -> list[dict[str, str]]:
    """A row for each fee: the amount unless it depends on answers, and the stages that charge it if it is due later."""
    context = facts(service, {}, today=today)
    usual = {name for way in cases.ways_to_good_ends(service.flow, service.flow.start) for name in way}
    rows = []
    for fee in service.fees:
        states = service.charged.get(fee.name or "", ())
        later = listed((service.flow.states[name].label.in_(lang) for name in states), lang)
        row = {"label": fee.label.in_(lang), "amount": "", "kind": fee.kind, "later": later, "when": ""}
        if states:
            row["when"] = "later" if usual & {*states} else "perhaps"
        elif fee.when is not None:
            row["when"] = "if"
        if not service.answers_behind(fee.amount):
            try:
                row["amount"] = Money.of(fee.amount.value(context), pack.currency).shown(lang)
            except Exception:  # noqa: BLE001 (an amount that cannot be told yet is not told)
                row["amount"] = ""
        rows.append(row)
    return rows


def _booking_note(service: Service, pack: Any, lang: str, at: Any) -> dict[str, str] | None:
    if service.booking is None or service.booked_on_applying is None:
        return None
    window = bookings.window(
        service.booking, at=at, calendar=pack.calendar, context=facts(service, {}, today=pack.calendar.day_of(at))
    )
    if window.first is not None:
        closes = moment_words(window.closes_at, pack, lang) if window.closes_at else ""
        return {"kind": "open", "when": closes}
    return {"kind": "closed", "when": moment_words(window.opens_at, pack, lang) if window.opens_at else ""}


@who.open_to("anyone")
@pages.cached_for_everybody
def standing(request: HttpRequest, *, lang: str, name: str) -> HttpResponse:
    """Accessibility, privacy, contact."""
    if name not in {"accessibility", "privacy", "contact"}:
        raise Http404(name)
    pack = load.pack()
    return pages.page(request, f"portal/{name}.html", lang, departments=list(pack.departments.values()), pack=pack)
