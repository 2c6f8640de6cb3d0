"""A person's register entries: choosing one for a service about it, and the page of each."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from praya.blocks.cases import api as cases
from praya.blocks.registers import api as registers
from praya.definition.chapters.public_notices import About
from praya.definition.chapters.registers import Register
from praya.definition.questions import shown_date
from praya.definition.service import Service
from praya.journey import entries, joint, load
from praya.web import display, pages, who
from praya.web.portal import notices
from praya.web.words import translator

KIND = {"in-force": "good", "coming": "waiting", "lapsed": "neutral", "struck": "bad"}


def choose(
    request: HttpRequest, service: Service, lang: str, typed: str, refusal: entries.NoSubject | entries.TooEarly
) -> HttpResponse:
    """The page to choose the entry that a service is about; `refusal` says why the requested one cannot be chosen."""
    today, subject = load.pack().calendar.day_of(who.now()), service.subject
    if service.about is not None:
        return _choose_notice(request, service, service.about, lang, typed, today)
    if subject is None:
        raise Http404(service.service)
    t, owner = translator(lang), load.territory().owner(subject.service or service.service)
    register = owner.registers.get(subject.register_in) if owner else None
    if owner is None or register is None:
        raise Http404(service.service)
    problem = ""
    if typed:
        problem = t("portal.choose_none")
        if isinstance(refusal, entries.TooEarly):
            problem = t("portal.choose_early", day=shown_date(refusal.opens_on, lang))
    base = f"/{lang}/services/{service.service}/apply"
    rows = [
        {
            "title": named(choice.entry, register, lang),
            "url": f"{base}?subject={choice.entry.ref}" if choice.opens_on is None else "",
            "until": _day(choice.entry.until_date, lang),
            "opens": _day(choice.opens_on, lang),
        }
        for choice in (
            entries.choices(service, who.person_ref(request), today=today) if subject.who != "anyone" else []
        )
    ]
    return pages.page(
        request, "portal/choose.html", lang, 422 if problem else 200, service=service, owner=owner, register=register,
        base=base, choices=rows, by_reference=subject.who == "anyone", typed=typed,
        errors=[{"href": "#subject" if subject.who == "anyone" else "#choices", "text": problem}] if problem else [],
    )  # fmt: skip


def _choose_notice(
    request: HttpRequest, service: Service, about: About, lang: str, typed: str, today: date
) -> HttpResponse:
    """The page to choose the public notice that a service is about."""
    after = notices.asked_after(request)
    shown, following = notices.current(today, about=about, after=after)
    rows = [
        {
            "title": notices.named(entry, publication, lang),
            "url": f"/{lang}/services/{service.service}/apply?subject={entry.ref}",
            "until": _day(entry.until_date, lang),
        }
        for _, publication, entry in shown
    ]
    listed = {"previous": request.path if after else None, "next": f"?after={following}" if following else None}
    errors = [{"href": "#choices", "text": translator(lang)("portal.choose_notice_empty")}] if typed else []
    return pages.page(
        request,
        "portal/choose_notice.html",
        lang,
        422 if errors else 200,
        service=service,
        choices=rows,
        listed=listed,
        errors=errors,
    )


def lines(person_ref: str, lang: str) -> list[dict[str, Any]]:
    """The person's entries, with the services that can be started for each."""
    today, entries = load.pack().calendar.day_of(who.now()), joint.entries_of(person_ref)
    return [
        {
            "title": register.title.in_(lang),
            "name": named(entry, register, lang),
            "url": f"/{lang}/entries/{entry.ref}",
            "state": entry.state(today),
            "kind": KIND[entry.state(today)],
            "until": _day(entry.until_date, lang),
            "services": _services(entry, lang, today),
        }
        for entry in entries
        if (register := _register(entry)) is not None
    ]


def _services(entry: registers.Entry, lang: str, today: date) -> list[dict[str, str]]:
    return [
        {
            "title": service.title.in_(lang),
            "url": f"/{lang}/services/{service.service}/apply?subject={entry.ref}",
            "opens": _day(opens_on, lang),
        }
        for service, opens_on in entries.services_about(entry, today=today)
    ]


@who.open_to("resident")
def entry(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """The page of an entry for its holder: its facts, its history, and the services that can be started for it."""
    try:
        own_entry = registers.entry(ref)
    except registers.NoEntry:
        raise Http404(ref) from None
    register, pack, today = _register(own_entry), load.pack(), load.pack().calendar.day_of(who.now())
    me = who.person_ref(request)
    if register is None or not joint.holds_entry(own_entry, me):
        raise Http404(ref)
    own, t = {case.ref for case in cases.of_person(me)}, translator(lang)
    own |= {one.case_ref for one in joint.given_by(me)}
    return pages.page(
        request,
        "portal/entry.html",
        lang,
        entry=own_entry,
        register=register,
        public=register.public,
        owner=load.territory().owner(own_entry.service),
        state=own_entry.state(today),
        kind=KIND[own_entry.state(today)],
        rows=fact_rows(own_entry, register, lang, private=t("kit.bracketed", words=t("portal.entry_private"))),
        since=shown_date(own_entry.from_date, lang),
        until=_day(own_entry.until_date, lang),
        history=[
            {**line, "url": f"/{lang}/cases/{line['case']}" if line["case"] in own else ""}
            for line in history_rows(own_entry, lang, today=today)
        ],
        services=_services(own_entry, lang, today),
        reads=[display.moment_words(at, pack, lang) for at in registers.reads(ref)],
    )


def _register(entry: registers.Entry) -> Register | None:
    owner = load.territory().owner(entry.service)
    return owner.registers.get(entry.register) if owner else None


def named(entry: registers.Entry, register: Register, lang: str) -> str:
    """The name of an entry: its first public fact, or the title of its register."""
    return next(
        (entry.fact_text(name, lang) for name in register.shown if entry.fact_text(name, lang)),
        register.title.in_(lang),
    )


def fact_rows(entry: registers.Entry, register: Register, lang: str, *, private: str) -> list[dict[str, Any]]:
    """Rows for the facts of an entry; in a public register, facts that are not public are marked."""
    inside = registers.inside([entry])[entry.ref].facts
    return [
        {
            "key": fact.label.in_(lang) + (private if register.public and not fact.public else ""),
            "value": registers.value_text({**inside, **entry.facts}.get(name, ""), lang),
        }
        for name, fact in register.facts.items()
    ]


def history_rows(entry: registers.Entry, lang: str, *, today: date) -> list[dict[str, str]]:
    """The history of an entry, oldest first: entered, renewed, changed, transferred, struck off, lapsed."""
    t, pack = translator(lang), load.pack()
    happened = [("entered", entry.entered_at, entry.case_ref)]
    happened += [(earlier.kind, earlier.amended_at, earlier.case_ref) for earlier in registers.earlier(entry.ref)]
    if entry.struck_at is not None:
        happened.append(("struck", entry.struck_at, entry.struck_case))
    lines = [
        {"what": t(f"portal.entry_{kind}"), "day": display.day_words(at, pack, lang), "case": case}
        for kind, at, case in happened
        if at is not None
    ]
    if entry.state(today) == "lapsed" and entry.until_date is not None:
        lines.append({"what": t("portal.entry_lapsed"), "day": shown_date(entry.until_date, lang), "case": ""})
    return lines


def _day(day: date | None, lang: str) -> str:
    return shown_date(day, lang) if day else ""
