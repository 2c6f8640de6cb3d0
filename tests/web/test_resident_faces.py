"""What a resident is told: the steps of a form, what follows from an answer, why a case came back, what is booked."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from tests.small import AT, head, published
from tests.web.test_fees import officer_of, signed_in

from praya.blocks.bookings.models import Pool
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.forms.sniff import MEDIA
from praya.blocks.identity import api as identity
from praya.journey import acting, application_steps, draft_booking, draft_progress, load, samples, version_choice
from praya.kernel import clock
from praya.kernel.crypto import vault

LANGUAGES = ("en", "zh-hant", "zh-hans")
SERVICE = (
    head("fitting", "FT", "{en: Fitting, zh-hant: 度身}", "{en: A fitting., zh-hant: 預約度身。}")
    + """\
form:
  - page: who
    questions:
      - number: {type: text, label: {en: Card number, zh-hant: 證件號碼}}
  - page: shoes
    questions:
      - shoes: {type: yes-no, label: {en: Do you wear shoes?, zh-hant: 你是否穿鞋？}}
      - size: {type: text, when: answers.shoes, label: {en: Size of your shoes, zh-hant: 鞋碼}}
  - page: paper
    questions:
      - paper: {type: file, accept: [pdf], optional: true, label: {en: Paper, zh-hant: 文件}}
booking:
  title: {en: Choose a day, zh-hant: 選擇日期}
  places_label: {en: Place, zh-hant: 地點}
  places: [{value: hall, label: {en: The hall, zh-hant: 禮堂}}]
  sessions: {capacity: 20}
  ahead: 20 days
  once_per: answers.number
flow:
  start: booked
  states:
    booked:
      label: {en: Booked, zh-hant: 已預約}
      actions:
        ask: {label: {en: Look into it, zh-hant: 研究}, to: asked}
        back: {label: {en: Send back, zh-hant: 退回}, to: returned, reason: required, notify: [returned]}
        note: {label: {en: Put aside, zh-hant: 擱置}, to: aside, reason: required}
        done: {label: {en: Done, zh-hant: 完成}, to: ended}
    returned:
      label: {en: Returned, zh-hant: 已退回}
      waits_for_applicant: true
      actions:
        again:
          label: {en: Send again, zh-hant: 再次提交}
          by: applicant
          to: booked
          ask: [{new_paper: {type: text, label: {en: What you changed, zh-hant: 更改事項}}}]
    asked:
      label: {en: Being looked at, zh-hant: 處理中}
      clock: 2 working days
      actions: {ask: {label: {en: Again, zh-hant: 再次}, to: booked}}
    aside: {label: {en: Put aside, zh-hant: 已擱置}, actions: {done: {label: {en: Done, zh-hant: 完成}, to: ended}}}
    ended: {label: {en: Ended, zh-hant: 已完結}, final: true, result: completed}
notices:
  returned:
    subject: {en: Sent back, zh-hant: 已退回}
    body: {en: "Because: {reason} {url}", zh-hant: "原因：{reason} {url}"}
retention: {completed: 1 year}
"""
)


class World:
    def __init__(self) -> None:
        self.now = AT
        self.service = published(SERVICE)
        draft_booking.make_pools(self.service, load.pack(), at=AT)
        self.person = identity.enrol(email="me@example.com", name=None, language="en", at=AT)

    def draft(self, *, number: str = "A1", until: str = "") -> draft_progress.Walk:
        draft = version_choice.begin(service=self.service, person_ref=self.person.ref, language="en", at=self.now)
        walk = draft_progress.walk(draft, at=self.now)
        typed: dict[str, dict[str, list[str]]] = {"who": {"number": [number]}, "shoes": {"shoes": ["no"]}, "paper": {}}
        for page in walk.service.form:
            if page.page == until:
                break
            walk, _ = application_steps.answer(walk, page, typed[page.page], at=self.now)
        return walk

    def booked(self, number: str = "A1") -> cases.Case:
        walk = self.draft(number=number)
        seat = (self.service.booking.all_visits[0].name, "hall", date(2026, 1, 8), "")  # type: ignore[union-attr]
        draft_booking.hold(walk, [seat], once_key=number, at=self.now)
        walk = walk.again(forms.draft(walk.draft.ref, person_ref=self.person.ref), at=self.now)
        return application_steps.submit(walk, at=self.now)


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    found = World()
    monkeypatch.setattr(clock, "now", lambda: found.now)
    yield found
    load.forget()
    vault.reset_memory()


@pytest.fixture
def resident(world: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    return signed_in(monkeypatch, person_ref=world.person.ref)


def html(response: Any) -> str:
    return str(response.content.decode())


def act(case: cases.Case, action: str, reason: str) -> cases.Case:
    by = acting.officer(officer_of("dh"), "dh")
    return acting.act(
        case=case, action=action, by=by, answers={}, reason=reason, once_key=f"{action}{case.revision}", at=AT
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_names_its_steps_and_leads_to_those_that_are_done(world: World, resident: Client, language: str) -> None:
    walk = world.draft(until="paper")
    page = html(resident.get(f"/{language}/apply/{walk.draft.ref}/paper"))
    assert re.search(r"<summary>[^<]*3[^<]*5", page), "the third of three pages, the booking and the check"
    assert re.findall(r'<li class="steps-(\w+)"', page) == ["done", "done", "now", "coming", "coming"]
    assert f'<a href="/{language}/apply/{walk.draft.ref}/who">' in page


def test_a_look_shows_what_follows_from_an_answer_and_saves_nothing(world: World, resident: Client) -> None:
    walk = world.draft(until="shoes")
    at = f"/en/apply/{walk.draft.ref}/shoes"
    assert 'data-asked="size"' not in html(resident.get(at))
    shown = html(resident.post(at, {"_asked": "shoes", "shoes": "yes", "_look": "1"}))
    assert 'data-asked="size"' in shown
    assert 'data-reveal="_look"' in shown
    gone = html(resident.post(at, {"_asked": ["shoes", "size"], "shoes": "no", "size": "42", "_look": "1"}))
    assert 'data-asked="size"' not in gone
    after = forms.draft(walk.draft.ref, person_ref=world.person.ref)
    assert (after.revision, "shoes" in after.seen) == (walk.draft.revision, False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_case_that_came_back_says_why_where_it_is_seen_and_where_it_is_answered(
    world: World, resident: Client, language: str
) -> None:
    case = act(world.booked(), "back", "The plan lacks a scale.\nAdd one.")
    for path in ("", "/do/again"):
        page = html(resident.get(f"/{language}/cases/{case.ref}{path}"))
        assert "<p>The plan lacks a scale.</p><p>Add one.</p>" in page


def test_a_reason_that_no_letter_tells_stays_with_the_department(world: World, resident: Client) -> None:
    case = act(world.booked(), "note", "Only for colleagues.")
    assert "Only for colleagues" not in html(resident.get(f"/en/cases/{case.ref}"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_booked_already_is_told_before_the_form_with_the_way_to_the_booking(
    world: World, resident: Client, language: str
) -> None:
    case = world.booked()
    start = f"/{language}/services/{world.service.service}/apply"
    page = html(resident.get(start))
    assert f'href="/{language}/cases/{case.ref}"' in page
    assert not forms.drafts(world.person.ref)
    assert resident.get(f"{start}?another=1").status_code == 302, "a parent books for a child"
    (draft,) = forms.drafts(world.person.ref)
    sent = resident.post(f"/{language}/apply/{draft.ref}/who", {"_asked": "number", "number": "a1"})
    assert sent["Location"] == f"/{language}/apply/{draft.ref}/booked", "at once, and not after the last page"
    assert f'href="/{language}/cases/{case.ref}"' in html(resident.get(sent["Location"]))
    sent = resident.post(f"/{language}/apply/{draft.ref}/who", {"_asked": "number", "number": "B2"})
    assert sent["Location"].endswith("/shoes"), "somebody else's number"


def test_a_booking_of_somebody_else_is_told_without_naming_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = world.booked()
    world.person = identity.enrol(email="other@example.com", name=None, language="en", at=AT)
    walk = world.draft(until="shoes")
    other = signed_in(monkeypatch, person_ref=world.person.ref)
    page = html(other.get(f"/en/apply/{walk.draft.ref}/booked"))
    assert "same particulars" in page
    assert case.ref not in page


def test_what_is_booked_is_confirmed_as_booked(world: World, resident: Client) -> None:
    assert "<h1>Booked</h1>" in html(resident.get(f"/en/cases/{world.booked().ref}/submitted"))


def test_people_open_their_own_files_once_scanned_and_nobody_elses(
    world: World, resident: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = world.draft(until="paper")
    question = world.service.questions["paper"]
    kept = forms.keep_upload(
        draft_ref=walk.draft.ref, person_ref=world.person.ref, question=question, path="paper",  # type: ignore[arg-type]
        name="plan.pdf", data=samples.file("plan.pdf"), at=AT,
    )  # fmt: skip
    at = f"/en/apply/{walk.draft.ref}/files/{kept.ref}"
    assert resident.get(at).status_code == 404, "not before the scan"
    forms.scan(at=AT)
    answer = resident.get(at)
    assert (answer.status_code, answer["Content-Type"]) == (200, MEDIA["pdf"])
    assert f'href="{at}"' in html(resident.get(f"/en/apply/{walk.draft.ref}/paper"))
    case = world.booked()
    assert resident.get(f"/en/cases/{case.ref}/files/{kept.ref}").status_code == 200
    assert not cases.reads(case.ref), "nobody else looked"
    stranger = identity.enrol(email="other@example.com", name=None, language="en", at=AT)
    other = signed_in(monkeypatch, person_ref=stranger.ref)
    assert other.get(at).status_code == 404
    assert other.get(f"/en/cases/{case.ref}/files/{kept.ref}").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_feedback_reaches_the_department_and_asks_for_what_is_missing(world: World, language: str) -> None:
    client, at = Client(), f"/{language}/feedback"
    assert f'href="{at}"' in html(client.get(f"/{language}/contact"))
    refused = client.post(at, {"message": "", "email": "not an address", "department": "zz"})
    assert refused.status_code == 422
    assert all(f'href="#{name}"' in html(refused) for name in ("department", "message", "email"))
    sent = client.post(at, {"message": "The map is empty", "email": "", "department": "dh"})
    assert sent["Location"] == f"{at}?sent=1"
    (message,) = [one for one in _emails() if "The map is empty" in one.body]
    assert message.to == load.pack().departments["dh"].email


def _emails() -> list[Any]:
    from praya.blocks.notices import store
    from praya.blocks.notices.models import DeliveryRow

    return [store.message(row) for row in DeliveryRow.objects.filter(channel="email")]


def test_the_page_of_a_code_names_the_address_and_the_way_to_another(world: World) -> None:
    client = Client()
    client.post("/en/sign-in", {"email": "me@example.com"})
    page = html(client.get("/en/sign-in/code"))
    assert "me@example.com" in page
    assert "Use another address" in page
    world.now += timedelta(minutes=11)
    assert "me@example.com" not in html(client.get("/en/sign-in/code"))


def test_a_letter_says_who_wrote_it(world: World, resident: Client) -> None:
    act(world.booked(), "back", "No scale.")
    (ref,) = re.findall(r'href="/en/notices/(\w+)"', html(resident.get("/en/me")))
    assert html(resident.get(f"/en/notices/{ref}")).count(load.pack().departments["dh"].title.in_("en")) >= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_late_case_says_that_it_is_late_since_when_and_who_has_it(
    world: World, resident: Client, language: str
) -> None:
    case = act(world.booked(), "ask", "")
    day, late, holder = {
        "en": ("7 January 2026", "It is 3 working days late", "Department of Health"),
        "zh-hant": ("2026年1月7日", "已逾期 3 個工作天", "衞生署"),
        "zh-hans": ("2026年1月7日", "已逾期 3 个工作天", "卫生署"),
    }[language]
    pages = [f"/{language}/cases/{case.ref}", f"/{language}/track?ref={case.ref}", f"/{language}/me"]
    before = [html(resident.get(page)) for page in pages]
    assert all(day in page and late not in page for page in before)
    assert holder in before[0]
    world.now += timedelta(days=7)
    for page in pages:
        after = html(resident.get(page))
        assert late in after
        assert not re.search(r"You can expect the next step|預計於|预计于", after), "no day is promised that is over"
    assert resident.get(pages[0]).content.decode().count('class="tag tag-bad"') == 2, "above, and at its step"


def test_a_step_that_comes_again_is_named_as_such(world: World, resident: Client) -> None:
    case = act(act(world.booked(), "ask", ""), "ask", "")
    titles = re.findall(r'milestone-title"><strong>([^<]+)', html(resident.get(f"/en/cases/{case.ref}")))
    assert titles[:3] == ["Booked", "Being looked at", "Booked (again)"]
    assert len(titles) == len(set(titles))


def test_my_page_begins_with_what_needs_the_person(world: World, resident: Client) -> None:
    back = act(world.booked(), "back", "No scale.")
    page = html(resident.get("/en/me"))
    needs = page[page.index("Needs you now") : page.index("Your appointments")]
    assert needs.count(f'href="/en/cases/{back.ref}"') == 1, "its turn; the appointment is in three days"
    assert "It is your turn." in needs
    world.now += timedelta(days=1)
    page = html(resident.get("/en/me"))
    assert "Appointment soon: Choose a day: 8 January 2026" in page[: page.index("Applications in progress")]


def test_one_finds_among_many_applications_by_name_number_and_state(world: World, resident: Client) -> None:
    made = [world.booked(number=f"N{n}") for n in range(8)]
    assert 'name="q"' in html(resident.get("/en/me"))
    found = html(resident.get(f"/en/me?q={made[3].ref.replace('-', '').lower()}"))
    lines = found[found.index('id="cases"') : found.index("Inbox")]
    assert [one.ref for one in made if f"/en/cases/{one.ref}" in lines] == [made[3].ref]
    assert "No application has" in html(resident.get("/en/me?q=nothing+like+it"))


def test_what_somebody_did_is_told_in_its_own_words(world: World, resident: Client) -> None:
    case = act(world.booked(), "back", "No scale.")
    sent = resident.post(f"/en/cases/{case.ref}/do/again", {"new_paper": "A scale", "once": "1"})
    assert "“Send again” is done. Your application is now: Booked." in html(resident.get(sent["Location"]))


def busy(world: World) -> str:
    """A service with sessions in the morning and the afternoon of every day; the address of choosing one."""
    text = SERVICE.replace("sessions: {capacity: 20}", "sessions: {times: [%s], capacity: 2}")
    times = ", ".join(f'"{hour:02}:00"' for hour in range(9, 17))
    world.service = published((text % times).replace("version: 1", "version: 2"))
    Pool.objects.filter(scheme="fitting", clock="").delete()  # of the version that had whole days
    draft_booking.make_pools(world.service, load.pack(), at=AT)
    walk = world.draft(number="Z9", until="")
    return f"apply/{walk.draft.ref}/book"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_week_at_a_glance_leads_to_the_times_of_a_part_of_a_day(
    world: World, resident: Client, language: str
) -> None:
    base = f"/{language}/{busy(world)}"
    page = html(resident.get(base))
    first = {"en": "First free: Tuesday 6 January 2026 9:00am", "zh-hant": "最早可預約：2026年1月6日（星期二）"}
    assert first.get(language, "最早可预约：2026年1月6日（星期二）") in page
    table = page[page.index('id="glance"') : page.index("</table>")]
    assert len(re.findall(r"<tr", table)) == 1 + 7
    assert len(re.findall(r'name="slot" value="[^"]*2026-01-06', page)) == 3, "no wall: the first free part of a day"
    link = re.search(r'href="([^"]*from=2026-01-08&amp;part=afternoon)#times"', table)
    assert link is not None
    shown = html(resident.get(link[1].replace("&amp;", "&")))
    assert set(re.findall(r'name="slot" value="[^|]*\|hall\|([0-9-]+)\|([0-9:]+)"', shown)) == {
        ("2026-01-08", f"{hour}:00") for hour in range(12, 17)
    }


def test_a_day_that_is_full_says_so_and_is_passed_over(world: World, resident: Client) -> None:
    base = f"/en/{busy(world)}"
    Pool.objects.filter(scheme="fitting", day=date(2026, 1, 6)).update(taken=2)
    page = html(resident.get(base))
    assert "First free: Wednesday 7 January 2026 9:00am" in page
    table = page[page.index('id="glance"') : page.index("</table>")]
    assert table.count(">Full<") == 2, "its morning and its afternoon"


def test_the_check_says_how_long_places_are_kept(world: World, resident: Client) -> None:
    base = f"/en/{busy(world)}"
    seat = re.search(r'name="slot" value="([^"]+)"', html(resident.get(base)))
    assert seat is not None
    held = resident.post(base, {"slot": seat[1], "place": "hall", "once": "a"})
    assert "Time left: about 15 minutes." in html(resident.get(held["Location"]))
    world.now += timedelta(minutes=14)
    assert "Time left: about 1 minute." in html(resident.get(held["Location"]))
