"""Appointments in people's own calendars: the file, who may have it, what the e-mail brings, and where replies go."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar, Event
from tests import small_services
from tests.web.test_entries import html
from tests.web.test_fees import signed_in
from tests.web.test_visits import AT, INSPECTION, OFFICER, World, do

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.notices import store
from praya.blocks.notices.channels.message import Message
from praya.blocks.notices.models import DeliveryRow
from praya.journey import acting, application_steps, draft_booking, jobs, load
from praya.kernel import clock
from praya.kernel.crypto import vault

DAY_OFF = "北區、小組; 第一隊 \\ " + "很長的地名" * 20


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    found = World()
    monkeypatch.setattr(clock, "now", lambda: found.now)
    yield found
    load.forget()
    vault.reset_memory()


def again(world: World, text: str, name: str, prefix: str) -> None:
    world.territory = small_services.published(small_services.service(name, prefix, text))
    world.service = world.territory.services[name]
    draft_booking.make_pools(world.service, world.territory.pack, at=AT)


def events_in(data: bytes) -> tuple[Calendar, list[Event]]:
    assert all(len(line) <= 75 for line in data.split(b"\r\n")), "RFC 5545, 3.1: lines of at most 75 octets"
    assert b"\n" not in data.replace(b"\r\n", b"")
    calendar = Calendar.from_ical(data)
    assert not calendar.errors
    return calendar, list(calendar.walk("VEVENT"))


def emails() -> list[Message]:
    rows = DeliveryRow.objects.filter(channel="email").select_related("notice")
    return [store.message(row) for row in rows.order_by("created_at", "ref")]


def attached(message: Message) -> tuple[Calendar, list[Event]]:
    (one,) = message.attached
    assert one.name == "calendar.ics"
    calendar, found = events_in(one.data)
    assert f"method={calendar['method']}" in one.media
    return calendar, found


def download(world: World, monkeypatch: pytest.MonkeyPatch, case: cases.Case, language: str = "en") -> Any:
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    return resident.get(f"/{language}/cases/{case.ref}/calendar.ics")


@pytest.mark.parametrize(
    ("language", "summary"),
    [("en", "Inspection: Shop inspection"), ("zh-hant", "視察："), ("zh-hans", "视察：")],
)
def test_a_visit_is_a_file_for_its_holder_only_which_says_nothing_else_of_them(
    world: World, monkeypatch: pytest.MonkeyPatch, language: str, summary: str
) -> None:
    again(world, INSPECTION.replace("zh-hant: 北區小組}", f"zh-hant: '{DAY_OFF}'}}"), "shop-inspection-b", "SW")
    case = do(world.apply(), "inspect")
    response = download(world, monkeypatch, case, language)
    calendar, (event,) = events_in(response.content)
    assert response["Content-Type"].startswith("text/calendar")
    assert response["Cache-Control"] == "private, no-store"
    assert (calendar["version"], calendar["method"], event["status"]) == ("2.0", "PUBLISH", "CONFIRMED")
    assert event["dtstart"].dt == datetime(2026, 3, 3, 1, tzinfo=UTC), "nine in the morning of Hong Kong"
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(hours=1)
    assert summary[:2] in event["summary"]
    assert event["location"] == ("North team" if language == "en" else event["location"])
    if language == "zh-hant":
        assert event["location"] == DAY_OFF, "commas, semicolons and backslashes come back as they were written"
    assert case.ref in event["uid"]
    assert event["organizer"].email.endswith("@example.com")
    for personal in ("Golden Bowl", "shop@example.com"):
        assert personal.encode() not in response.content
    stranger = identity.enrol(email="other@example.com", name=None, language="en", at=AT)
    other = signed_in(monkeypatch, person_ref=stranger.ref)
    assert other.get(f"/{language}/cases/{case.ref}/calendar.ics").status_code == 404


def test_a_move_keeps_the_uid_and_raises_the_sequence_and_a_cancel_takes_it_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = do(world.apply(), "inspect")
    _, (first,) = events_in(download(world, monkeypatch, case).content)
    case = do(case, "again", session=("north", date(2026, 3, 5), "14:00"))
    _, (second,) = events_in(download(world, monkeypatch, case).content)
    assert second["uid"] == first["uid"]
    assert second["sequence"] > first["sequence"]
    assert second["dtstart"].dt == datetime(2026, 3, 5, 6, tzinfo=UTC)
    case = do(case, "cancel")
    calendar, (third,) = events_in(download(world, monkeypatch, case).content)
    assert (calendar["method"], third["status"], third["uid"]) == ("CANCEL", "CANCELLED", first["uid"])
    assert third["sequence"] > second["sequence"]


def test_a_letter_brings_the_file_when_what_it_tells_is_new_and_only_then(world: World) -> None:
    say = "        say: {label: {en: Say, zh-hant: 告知}, notify: [fixed]}\n        finish:"
    text = INSPECTION.replace("        finish:", say).replace("release: true, to", "notify: [fixed], release: true, to")
    text = text.replace("book: true}\n        cancel", "book: true, notify: [moved]}\n        cancel")
    again(world, text, "shop-inspection-c", "SX")
    case = do(world.apply(), "inspect")
    case = do(case, "say")
    case = do(case, "again", session=("north", date(2026, 3, 5), "14:00"))
    do(case, "cancel")
    mails = emails()
    told = [attached(one) for one in mails if one.attached]
    assert (len(mails), len(told)) == (4, 3), "the letter that only says something brings none"
    in_order = sorted((events for _, events in told), key=lambda events: int(events[0]["sequence"]))
    assert [len(events) for events in in_order] == [1, 1, 1]
    assert [events[0]["status"] for events in in_order] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [events[0]["dtstart"].dt.day for events in in_order] == [3, 5, 5]
    assert len({str(events[0]["uid"]) for events in in_order}) == 1


def test_a_letter_that_stays_in_the_inbox_does_not_count_as_told(world: World) -> None:
    text = INSPECTION.replace("  fixed:\n", "  fixed:\n    channels: [inbox]\n").replace(
        "        finish:", "        say: {label: {en: Say, zh-hant: 告知}, notify: [moved]}\n        finish:"
    )
    again(world, text, "shop-inspection-d", "SY")
    case = do(world.apply(), "inspect")
    assert notices.last_sent_appointments(case.ref, person_ref=world.person.ref) == ""
    do(case, "say")
    (only,) = emails()
    assert attached(only)[0]["method"] == "PUBLISH"


WAITS = """
form:
  - page: shop
    questions:
      - shop: {type: text, max_length: 60, label: {en: Shop, zh-hant: 店舖}}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions:
        ask: {label: {en: Ask, zh-hant: 查詢}, to: asked, notify: [question]}
    asked:
      label: {en: We asked you, zh-hant: 待你回覆}
      waits_for_applicant: true
      actions:
        answer: {label: {en: Answer, zh-hant: 回覆}, by: applicant, to: received, notify: [thanks]}
      timers: [{after: 3 days, notify: [question]}, {after: 7 days, to: done}]
    done: {label: {en: Done, zh-hant: 已完成}, final: true, result: lapsed}
notices:
  question: {subject: {en: A question, zh-hant: 查詢}, body: {en: "Answer: {url}", zh-hant: "請回覆：{url}"}}
  thanks: {subject: {en: Thank you, zh-hant: 多謝}, body: {en: We go on., zh-hant: 我們會繼續處理。}}
retention: {lapsed: 1 year}
"""


def test_the_last_day_to_act_is_a_whole_day_and_goes_when_the_person_has_acted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    again(world, WAITS, "shop-question", "SQ")
    case = do(world.apply(), "ask")
    calendar, (due,) = events_in(download(world, monkeypatch, case).content)
    assert (calendar["method"], due["transp"]) == ("PUBLISH", "TRANSPARENT")
    assert (due["dtstart"].dt, due["dtend"].dt) == (date(2026, 3, 9), date(2026, 3, 10))
    assert cases.case(case.ref).timer_at is not None
    by = acting.applicant(case.person_ref)
    case = acting.act(case=case, action="answer", by=by, answers={}, reason="", once_key="answer", at=AT)
    asked, thanked = sorted(emails(), key=lambda one: one.subject)
    assert [attached(one)[0]["method"] for one in (asked, thanked)] == ["PUBLISH", "CANCEL"]
    assert attached(thanked)[1][0]["dtstart"].dt == date(2026, 3, 9)
    assert download(world, monkeypatch, case).status_code == 404, "nothing is due any more"


def test_the_last_day_to_act_is_never_before_today(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    again(world, WAITS.replace("after: 7 days", "after: 1 hours"), "shop-question-b", "SR")
    case = do(world.apply(), "ask")
    _, (due,) = events_in(download(world, monkeypatch, case).content)
    assert due["dtstart"].dt == date(2026, 3, 2)


def test_a_last_day_that_is_past_is_not_cancelled(world: World) -> None:
    text = WAITS.replace("{after: 7 days, to: done}", "{after: 7 days, to: received}").replace(
        "        ask:", "        end: {label: {en: End, zh-hant: 完結}, to: done, notify: [thanks]}\n        ask:"
    )
    again(world, text, "shop-question-c", "SS")
    case = do(world.apply(), "ask")
    world.now = AT + timedelta(days=8)
    while jobs.run_timers(at=world.now):
        pass
    acting.act(case=cases.case(case.ref), action="end", by=OFFICER, answers={}, reason="", once_key="end",
               at=world.now)  # fmt: skip
    assert cases.case(case.ref).state == "done"
    thanked = next(one for one in emails() if one.subject == "Thank you")
    assert thanked.attached == ()


@pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
def test_pages_and_the_letter_lead_to_the_file(world: World, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    case = do(world.apply(), "inspect")
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    link = f'href="/{language}/cases/{case.ref}/calendar.ics"'
    letter = next(one for one in notices.inbox(world.person.ref) if one.name == "fixed")
    pages = ("me", f"cases/{case.ref}", f"cases/{case.ref}/submitted", f"notices/{letter.ref}")
    for path in pages:
        assert html(resident.get(f"/{language}/{path}")).count(link) == 1, path
    world.now = AT + timedelta(days=3)
    for path in pages:
        assert link not in html(resident.get(f"/{language}/{path}")), "the visit is over"


def test_my_page_asks_as_often_for_many_appointments_as_for_two(
    world: World, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    counted = []
    for number in (2, 6):
        while world.made < number:
            do(world.apply(), "inspect")
        with django_assert_max_num_queries(60) as queries:
            assert html(resident.get("/en/me")).count("calendar.ics") == number
        counted.append(len(queries))
    assert counted[0] == counted[1]


def replies_go(world: World, monkeypatch: pytest.MonkeyPatch, to: str | None) -> None:
    pack = world.territory.pack
    changed = pack.departments["fehd"].model_copy(update={"reply_to": to})
    pack = pack.model_copy(update={"departments": {**pack.departments, "fehd": changed}})
    monkeypatch.setattr(load, "pack", lambda: pack)


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "You can reply to this"), ("zh-hant", "你可直接回覆本電郵"), ("zh-hans", "你可直接回复本电邮")],
)
def test_replies_go_to_the_department_and_the_letter_says_what_happens_to_them(
    world: World, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    replies_go(world, monkeypatch, "r@example.com")
    person = identity.enrol(email=f"{language}@example.com", name=None, language=language, at=AT)
    case = application_steps.apply_at_once(
        world.service, person=person, language=language, answers={"shop": "X"}, files={}, seats=[],
        once_key="r", at=AT,
    )  # fmt: skip
    do(case, "inspect")
    (mail,) = emails()
    assert mail.reply_to == "r@example.com"
    assert said in mail.body
    assert case.ref in mail.body
    resident = signed_in(monkeypatch, person_ref=person.ref)
    letter = notices.inbox(person.ref)[0]
    assert said in html(resident.get(f"/{language}/notices/{letter.ref}"))
    assert said not in letter.body


def test_without_an_address_the_letter_says_that_nobody_reads_replies(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies_go(world, monkeypatch, None)
    do(world.apply(), "inspect")
    (mail,) = emails()
    assert (mail.reply_to, "nobody reads replies" in mail.body) == ("", True)
