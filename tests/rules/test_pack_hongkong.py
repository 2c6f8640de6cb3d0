"""The Hong Kong pack: its facts are right, its Chinese is Chinese, and its examples hang together."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.read_packs import pack_in
from tests.small_services import Services

from praya.blocks.forms.rules import all_refusals
from praya.definition.chapters.booking import Seat
from praya.definition.example import Example, Step
from praya.definition.expression_context import facts
from praya.definition.pack import Pack
from praya.definition.questions import Asking
from praya.definition.service import Service
from praya.definition.source import read
from praya.kernel.calendar import Calendar
from praya.kernel.expression import Expression

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "packs" / "hongkong"
NAMES = [
    "food-factory-licence", "fresh-provision-shop-licence", "ict-awards", "marriage-notice", "restaurant-licence",
    "return2hk", "smart-lab", "vaccination-booking", "venue-registration",
]  # fmt: skip
EXAMPLES = sorted(FOLDER.glob("services/*/examples/*.yaml"))
PACK = pack_in(FOLDER)
SERVICES = Services(FOLDER, PACK)
LATIN = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
AS_WRITTEN = {"QR", "SMS", "PDF", "PNG", "JPG", "HK", "SL", "A123456", "S000002", "SL-4K7P-9QXW"}


def story(path: Path) -> tuple[Service, Example]:
    return SERVICES[path.parents[1].name], Example.model_validate(read(path).data)


def texts(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every text in plain YAML data: a mapping that has an English wording."""
    if isinstance(value, dict):
        if isinstance(value.get("en"), str):
            yield path, value
            return
        for key, item in value.items():
            yield from texts(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, f"{path}.{index}")


def ids(path: Path) -> str:
    return f"{path.parents[1].name}/{path.stem}"


def by_itself(path: Path) -> bool:
    """Whether a story is of one case about no entry, which nobody but officers, departments and its applicant moves.

    Those are followed here by the definition alone; all of them are played in tests/journeys.
    """
    service, example = story(path)
    timers = any(timer.to for state in service.flow.states.values() for timer in state.timers)
    return (
        service.subject is None
        and not service.parties
        and not service.panels
        and not any(path[0] == "booking" for rule in service.eligibility for path in rule.unless.paths)
        and not (example.entries or any(step.applies or step.of or step.person for step in example.steps))
        and not (timers and any(not step.do and not step.reply for step in example.steps))
    )


ALONE = [path for path in EXAMPLES if by_itself(path)]


# The pack


def test_the_pack_has_exactly_the_services_named_here() -> None:
    assert set(NAMES) <= {path.name for path in (FOLDER / "services").iterdir()}
    assert len({service.reference for service in map(SERVICES.__getitem__, NAMES)}) == len(NAMES)


def test_there_is_no_python_in_any_pack() -> None:
    assert [*(ROOT / "packs").rglob("*.py")] == []


def test_holidays_are_in_order_once_each_and_never_on_a_sunday() -> None:
    days = [holiday.date for holiday in PACK.days.holidays]
    assert days == sorted(set(days))
    assert not [day for day in days if day.weekday() == 6]


@pytest.mark.parametrize("year", range(2020, 2028))
def test_a_year_has_seventeen_general_holidays(year: int) -> None:
    """Cap. 149, Schedule: seventeen beside Sundays; one that falls on a Sunday moves."""
    assert sum(holiday.date.year == year for holiday in PACK.days.holidays) == 17


@pytest.mark.parametrize("year", range(2020, 2028))
def test_easter_is_where_the_computus_puts_it(year: int) -> None:
    friday = easter(year) - timedelta(days=2)
    named = {holiday.date: holiday.name.in_("en") for holiday in PACK.days.holidays}
    assert named[friday] == "Good Friday"
    assert named[friday + timedelta(days=1)] == "The day following Good Friday"


def easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian computus."""
    a, b, c = year % 19, *divmod(year, 100)
    d, e = divmod(b, 4)
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    offset = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * offset) // 451
    month, day = divmod(h + offset - 7 * m + 114, 31)
    return date(year, month, day + 1)


@pytest.mark.parametrize(
    ("typed", "written"),
    [("a123456(3)", "A123456(3)"), ("G 123456 A", "G123456(A)"), ("Ｌ555555（0）", "L555555(0)")],
)
def test_published_sample_identity_card_numbers_are_right(typed: str, written: str) -> None:
    scheme = PACK.identifiers["hkid"]
    assert scheme.written(typed) == written
    assert scheme.fits(written)
    assert scheme.checks(written)


@pytest.mark.parametrize("body", ["A123456", "G123456", "L555555", "AB987654"])
def test_an_identity_card_number_has_one_right_check_digit(body: str) -> None:
    scheme = PACK.identifiers["hkid"]
    assert sum(scheme.checks(f"{body}({digit})") for digit in "0123456789A") == 1


@pytest.mark.parametrize("wrong", ["A123456(4)", "A123465(3)", "B123456(3)", "G123456(7)"])
def test_a_mistyped_identity_card_number_is_found(wrong: str) -> None:
    assert PACK.identifiers["hkid"].fits(wrong)
    assert not PACK.identifiers["hkid"].checks(wrong)


@pytest.mark.parametrize("name", sorted(PACK.identifiers))
def test_the_example_of_a_scheme_is_right(name: str) -> None:
    scheme = PACK.identifiers[name]
    assert scheme.written(scheme.example) == scheme.example
    assert scheme.fits(scheme.example)
    assert scheme.checks(scheme.example)


@pytest.mark.parametrize("mark", ["AB12345678", "IO12", "AB-12", ""])
def test_what_is_no_vehicle_mark_is_refused(mark: str) -> None:
    assert not PACK.identifiers["vehicle-mark"].fits(mark)


def test_there_are_eighteen_districts() -> None:
    assert len({option.value for option in PACK.lists["districts"]}) == 18


def test_the_list_of_departments_is_the_packs_departments() -> None:
    listed = {option.value: option.label for option in PACK.lists["departments"]}
    assert listed == {name: department.title for name, department in PACK.departments.items()}


# The words


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.yaml")), ids=lambda p: str(p.relative_to(FOLDER)))
def test_chinese_wording_holds_no_english_words(path: Path) -> None:
    found = []
    for where, words in texts(read(path).data):
        assert words.get("zh-hant"), f"{where} has no Traditional Chinese"
        wording = re.sub(r"\{[^{}]*\}", "", words["zh-hant"]).replace("HK$", "")
        wording = re.sub(r"第 \d+[A-Z]* 章", "", wording)  # a chapter of the Laws of Hong Kong
        found += [f"{where}: {w}" for w in LATIN.findall(wording) if w not in AS_WRITTEN]
        assert not re.search(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]", wording), f"{where}: half-width mark"
    assert found == []


@pytest.mark.parametrize("name", NAMES)
def test_both_wordings_of_a_notice_hold_the_same_placeholders(name: str) -> None:
    for notice in SERVICES[name].notices.values():
        for part in (notice.subject, notice.body, notice.sms):
            if part:
                held = [sorted(re.findall(r"\{([^{}]+)\}", words)) for words in part.written.values()]
                assert all(each == held[0] for each in held), f"{notice.name}: {held}"


@pytest.mark.parametrize("name", NAMES)
def test_every_notice_is_sent_by_something(name: str) -> None:
    states = SERVICES[name].flow.states.values()
    sent = {
        notice
        for state in states
        for effects in (state, *state.actions.values(), *state.timers)
        for notice in effects.notify
    } | {reminder.notify for register in SERVICES[name].registers.values() for reminder in register.remind}
    booking = SERVICES[name].booking
    sent |= set(booking.move.notify) if booking and booking.move else set()
    sent |= set(booking.postpone.notify) if booking and booking.postpone else set()
    assert sent == set(SERVICES[name].notices)


@pytest.mark.parametrize("name", NAMES)
def test_a_resident_is_told_what_happens_next_in_every_state(name: str) -> None:
    flow = SERVICES[name].flow
    assert [state.name for state in flow.states.values() if state.says is None and not state.next] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_explained_on_one_page(name: str) -> None:
    lines = (FOLDER / "services" / name / "README.md").read_text("utf-8").splitlines()
    assert 15 <= len(lines) <= 60
    assert any("simplified" in line for line in lines)


# The examples


@pytest.mark.parametrize("name", NAMES)
def test_a_service_has_stories_of_every_kind(name: str) -> None:
    stories = [story(path)[1] for path in EXAMPLES if path.parents[1].name == name]
    assert len(stories) >= 3
    assert any(one.expect.errors for one in stories)
    assert len({one.language for one in stories}) == 3
    ends = {step.expect.result for one in stories for step in one.steps if step.expect.result}
    assert ends >= {state.result for state in SERVICES[name].flow.states.values() if state.result}


def test_every_action_is_taken_in_some_story() -> None:
    taken: dict[str, set[str]] = {path.name: set() for path in (FOLDER / "services").iterdir()}
    for path in EXAMPLES:
        service, example = story(path)
        cases: dict[str | None, str] = {None: service.service}
        for step in example.steps:
            if step.applies and step.person:
                cases[step.person] = step.applies
            taken[step.of or cases[step.person]] |= {step.do} if step.do else set()
    for name, done in taken.items():
        every = [action for state in SERVICES[name].flow.states.values() for action in state.actions.values()]
        # What only cases about a case do to it is told by the stories of those.
        assert {action.name for action in every if action.by != "system"} - done == set()


@pytest.mark.parametrize("path", ALONE, ids=ids)
def test_an_example_has_the_answers_and_errors_that_it_expects(path: Path) -> None:
    service, example = story(path)
    today = PACK.calendar.day_of(example.starts)
    context = facts(service, example.answers, today=today)
    answers = {
        k: [f"{n:032x}" for n, _ in enumerate(v)] if is_file(service, k) else v for k, v in example.answers.items()
    }
    refusals = all_refusals(service, answers, asking=Asking(today, context))
    expected = {where: code for where, code in (example.expect.errors or {}).items() if where != "booking"}
    assert {refusal.path: refusal.code for refusal in refusals} == expected
    if not example.expect.errors:
        eligible = not any(refuses(rule.unless, context) for rule in service.eligibility)
        assert eligible is not (example.expect.refused is True)
        due = sum(fee.amount.value(context) for fee in service.fees if fee.when is None or fee.when.holds(context))
        assert example.expect.fee in (None, due)


def refuses(rule: Expression, context: dict[str, Any]) -> bool:
    """Whether a rule refuses: one that reads what nobody was asked does not."""
    asked = [context["answers"].get(path[1]) for path in rule.paths if path[0] == "answers" and len(path) > 1]
    return None not in asked and not rule.holds(context)


def is_file(service: Service, name: str) -> bool:
    return name in service.questions and service.questions[name].type_name == "file"


@pytest.mark.parametrize("path", ALONE, ids=ids)
def test_an_examples_states_and_due_dates_follow_from_the_flow(path: Path) -> None:
    service, example = story(path)
    if example.expect.errors or example.expect.refused:
        assert not example.steps
        return
    for step, state, due, _at in walk(service, example, PACK):
        assert step.expect.state in (None, state), f"{step}: {state}"
        assert step.expect.due in (None, due), f"{step}: {due}"
        ended = service.flow.states[state].result
        assert step.expect.result in (None, ended)
        for name in step.expect.notices or ():
            assert name in service.notices


def later(at: datetime, step: Step, calendar: Calendar) -> datetime:
    """The moment of a step: minutes and hours later, or on a later day at the same time of day."""
    if step.after is None or step.after.unit in {"minutes", "hours"}:
        return calendar.after(at, step.after) if step.after else at
    return calendar.moment(calendar.date_after(calendar.day_of(at), step.after), at.astimezone(calendar.zone).time())


def walk(service: Service, example: Example, pack: Pack) -> Iterator[tuple[Step, str, date | None, datetime]]:
    """Each step of a story with the state and due date that the definition alone leads to, submission first."""
    calendar, states = pack.calendar, service.flow.states
    known = facts(service, example.answers, today=calendar.day_of(example.starts))
    findings: dict[str, Any] = {}
    asked: dict[str, str] = {}
    name, at = "", example.starts

    def enter(to: str) -> None:
        nonlocal name
        name = to
        context = {**known, "findings": findings}
        onward = next((w.to for w in states[to].next if w.when is None or w.when.holds(context)), None)
        if onward:
            enter(onward)

    def due() -> date | None:
        clock = states[name].clock
        return calendar.day_of(calendar.after(entered, clock)) if clock else None

    enter(service.flow.start)
    entered = at
    yield Step(by="applicant", expect=example.expect), name, due(), at
    for step in example.steps:
        at = later(at, step, calendar)
        before = name
        if not step.reply and not step.do:
            yield step, name, due(), at
            continue
        if step.reply:
            assert asked.get(step.by) == "open", f"{step.by} was not asked"
            asked[step.by] = step.reply.result
            if "open" not in asked.values():
                adverse = sum(result == "objection" for result in asked.values())
                replies = {**known, "replies": {"open": 0, "adverse": adverse, "all": len(asked)}}
                way = next((w.to for w in states[name].when_replied if w.when is None or w.when.holds(replies)), None)
                if way:
                    enter(way)
        else:
            action = states[name].actions[step.do or ""]
            assert action.by in (step.by, "officer" if step.by == "supervisor" else step.by)
            asks = {q.name for q in action.ask if not q.optional and q.type_name != "derived"}
            assert asks <= set(step.answers)
            assert action.reason != "required" or step.reason
            findings |= step.answers
            asked |= dict.fromkeys(action.refer, "open")
            if action.to:
                enter(action.to)
        entered = at if name != before else entered
        yield step, name, due(), at


@pytest.mark.parametrize("path", EXAMPLES, ids=ids)
def test_an_examples_places_exist_and_its_visits_lie_apart_as_they_must(path: Path) -> None:
    service, example = story(path)
    booking = service.booking
    if booking is None or not example.book:
        assert not example.book
        return
    seats: dict[str, Seat] = {seat.visit: seat for seat in example.book}
    for visit in booking.all_visits:
        seat = seats.pop(visit.name)
        assert booking.sessions.places_in(seat.place) > 0
        assert (seat.time in booking.sessions.times) if booking.sessions.times else seat.time is None
        if visit.after and visit.days and not example.expect.errors:
            apart = (seat.day - next(s for s in example.book if s.visit == visit.after).day).days
            assert visit.days[0] <= apart <= visit.days[1]
    assert not seats


# The people


def test_sample_people_are_plainly_invented_and_every_department_asked_has_an_officer() -> None:
    people = read(FOLDER / "sample" / "people.yaml").data
    everyone = [*people["residents"], *people["officers"]]
    assert all("sample" in one["name"]["latin"].lower() or "Example" in one["name"]["latin"] for one in everyone)
    assert all(one["email"].endswith("@example.com") for one in everyone)
    assert len({one["email"] for one in everyone}) == len(everyone)
    held = [role for one in people["officers"] for role in one["roles"]]
    assert {role["community"] for role in held if "community" in role} <= set(PACK.communities)
    roles = {(role["department"], role["role"]) for role in held if "department" in role}
    assert {department for department, _role in roles} <= set(PACK.departments)
    for service in map(SERVICES.__getitem__, NAMES):
        assert service.departments <= {department for department, role in roles if role == "officer"}
        assert (service.department, "supervisor") in roles


def test_sample_cases_are_examples_that_are_there() -> None:
    for row in read(FOLDER / "sample" / "cases.yaml").data:
        assert FOLDER / (row["story"] if isinstance(row, dict) else row) in EXAMPLES
