"""A person's entries in registers: choosing one for a service that is about it, and following it."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from praya.blocks.cases import api as cases
from praya.blocks.registers import api as registers
from praya.definition.outcome import About, Register
from praya.definition.questions import shown_date
from praya.definition.service import Service
from praya.journey import entries, load
from praya.web import display, pages, who
from praya.web.portal import notices
from praya.web.words import translator

KIND = {"in-force": "good", "coming": "waiting", "lapsed": "neutral", "struck": "bad"}


def choose(
    request: HttpRequest, service: Service, lang: str, typed: str, refusal: entries.NoSubject | entries.TooEarly
) -> HttpResponse:
    """Which entry the service is to be about; `refusal` is why the one that was named cannot be chosen."""
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
    found = [
        {
            "title": named(choice.entry, register, lang),
            "url": f"{base}?subject={choice.entry.ref}" if choice.opens_on is None else "",
            "until": _day(choice.entry.until_date, lang),
            "opens": _day(choice.opens_on, lang),
        }
        for choice in (
            entries.choices(service, who.person_ref(request), today=today) if subject.who == "holder" else []
        )
    ]
    return pages.page(
        request, "portal/choose.html", lang, 422 if problem else 200, service=service, owner=owner, register=register,
        base=base, choices=found, by_reference=subject.who == "anyone", typed=typed,
        errors=[{"href": "#subject" if subject.who == "anyone" else "#choices", "text": problem}] if problem else [],
    )  # fmt: skip


def _choose_notice(
    request: HttpRequest, service: Service, about: About, lang: str, typed: str, today: date
) -> HttpResponse:
    """Which public notice the service is to be about."""
    after = notices.asked_after(request)
    shown, following = notices.current(today, about=about, after=after)
    found = [
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
        choices=found,
        listed=listed,
        errors=errors,
    )


def lines(person_ref: str, lang: str) -> list[dict[str, Any]]:
    """The person's entries, with what can be begun for each."""
    today, found = load.pack().calendar.day_of(who.now()), registers.of_holder(person_ref)
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
        for entry in found
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
    """An entry, for its holder: everything that it says, how it came to be so, and what can be begun for it."""
    try:
        found = registers.entry(ref)
    except registers.NoEntry:
        raise Http404(ref) from None
    register, pack, today = _register(found), load.pack(), load.pack().calendar.day_of(who.now())
    if register is None or found.holder_ref != who.person_ref(request):
        raise Http404(ref)
    own, t = {case.ref for case in cases.of_person(found.holder_ref)}, translator(lang)
    return pages.page(
        request,
        "portal/entry.html",
        lang,
        entry=found,
        register=register,
        public=register.public,
        owner=load.territory().owner(found.service),
        state=found.state(today),
        kind=KIND[found.state(today)],
        rows=facts_said(found, register, lang, private=t("kit.bracketed", words=t("portal.entry_private"))),
        since=shown_date(found.from_date, lang),
        until=_day(found.until_date, lang),
        history=[
            {**line, "url": f"/{lang}/cases/{line['case']}" if line["case"] in own else ""}
            for line in history_said(found, lang, today=today)
        ],
        services=_services(found, lang, today),
        reads=[display.moment_said(at, pack, lang) for at in registers.reads(ref)],
    )


def _register(entry: registers.Entry) -> Register | None:
    owner = load.territory().owner(entry.service)
    return owner.registers.get(entry.register) if owner else None


def named(entry: registers.Entry, register: Register, lang: str) -> str:
    """What an entry is called: its first public fact, or the name of its register."""
    return next((entry.said(name, lang) for name in register.shown if entry.said(name, lang)), register.title.in_(lang))


def facts_said(entry: registers.Entry, register: Register, lang: str, *, private: str) -> list[dict[str, Any]]:
    """Everything that an entry says, as rows; what is not public is marked so where the register is public."""
    inside = registers.inside([entry])[entry.ref].facts
    return [
        {
            "key": fact.label.in_(lang) + (private if register.public and not fact.public else ""),
            "value": registers.said({**inside, **entry.facts}.get(name, ""), lang),
        }
        for name, fact in register.facts.items()
    ]


def history_said(entry: registers.Entry, lang: str, *, today: date) -> list[dict[str, str]]:
    """How an entry came to be as it is: entered, renewed, changed, transferred, struck off, lapsed; oldest first."""
    t, pack = translator(lang), load.pack()
    happened = [("entered", entry.entered_at, entry.case_ref)]
    happened += [(earlier.kind, earlier.amended_at, earlier.case_ref) for earlier in registers.earlier(entry.ref)]
    if entry.struck_at is not None:
        happened.append(("struck", entry.struck_at, entry.struck_case))
    lines = [
        {"what": t(f"portal.entry_{kind}"), "day": display.day_said(at, pack, lang), "case": case}
        for kind, at, case in happened
        if at is not None
    ]
    if entry.state(today) == "lapsed" and entry.until_date is not None:
        lines.append({"what": t("portal.entry_lapsed"), "day": shown_date(entry.until_date, lang), "case": ""})
    return lines


def _day(day: date | None, lang: str) -> str:
    return shown_date(day, lang) if day else ""
