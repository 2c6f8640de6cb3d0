"""What other systems can do: find a service, apply, check, follow, read, book; and what they are told otherwise."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.tokens import api as access
from praya.definition.example import Example
from praya.definition.service import Service
from praya.definition.source import read
from praya.journey import draft_booking, load, samples
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.text import Text
from praya.web import rate_limits

PACK = Path(__file__).parents[2] / "packs" / "hongkong"
ZONE = ZoneInfo("Asia/Hong_Kong")
EXAMPLES = sorted((PACK / "services").glob("*/examples/*.yaml"))


def story(service: str, example: str) -> Example:
    return Example.model_validate(read(PACK / "services" / service / "examples" / f"{example}.yaml").data)


@cache
def definitions() -> list[Service]:
    """The pack's services, read once for all tests."""
    return load.read_services(PACK, load.pack())


class World:
    """The pack's services, tokens of three departments, and a clock that tests move."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = datetime(2026, 1, 5, 10, tzinfo=ZONE)
        monkeypatch.setattr(clock, "now", lambda: self.now)
        forget()
        for service in definitions():
            load.publish(service, at=self.now, by="system")
        self.secrets = {
            department: access.issue(
                name=f"{department}-machine", department=department, scopes=access.known_scopes(), expires_at=None,
                at=self.now, by="operator",
            ).secret
            for department in ("fehd", "dh", "td", *sorted({s.department for s in definitions()} - {"fehd", "dh"}))
        }  # fmt: skip
        self.client = Client()

    def token(self, *scopes: str, department: str = "fehd", **more: Any) -> str:
        name = f"{department}-{'-'.join(scopes)}"
        more = {"expires_at": None, **more}
        return access.issue(
            name=name, department=department, scopes=scopes, at=self.now, by="operator", **more
        ).secret  # fmt: skip

    def at(self, moment: datetime) -> None:
        self.now = moment if moment.tzinfo else moment.replace(tzinfo=ZONE)

    def headers(self, department: str | None, key: str = "", **more: str) -> dict[str, str]:
        found = {f"HTTP_{name.upper()}": value for name, value in more.items()}
        if department is not None:
            found["HTTP_AUTHORIZATION"] = f"Bearer {self.secrets.get(department, department)}"
        return {**found, "HTTP_IDEMPOTENCY_KEY": key} if key else found

    def get(self, path: str, department: str | None = None, **more: str) -> Any:
        return self.client.get(f"/api/v1/{path}", **self.headers(department, **more))

    def post(self, path: str, body: Any, department: str | None = None, key: str = "", **more: str) -> Any:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.post(
            f"/api/v1/{path}", data, content_type="application/json", **self.headers(department, key, **more)
        )

    def application(self, service: str, example: str, email: str = "siu.ming@example.com") -> dict[str, Any]:
        """The body of an application that one of the pack's examples tells; the clock is set to its beginning."""
        told = story(service, example)
        self.at(told.starts)
        found = load.territory().service(service)
        draft_booking.make_pools(found, load.pack(), at=self.now)
        names = {name for name, question in found.questions.items() if question.type_name == "file"}
        files = {
            name: [
                {"name": title, "content_base64": base64.b64encode(samples.file(title)).decode()}
                for title in ([value] if isinstance(value, str) else value)
            ]
            for name, value in told.answers.items()
            if name in names
        }
        seats = [
            {"visit": seat.visit, "place": seat.place, "day": seat.day.isoformat()}
            | ({"time": f"{seat.time:%H:%M}"} if seat.time else {})
            for seat in told.book
        ]
        answers = json.loads(
            json.dumps({name: value for name, value in told.answers.items() if name not in names}, default=str)
        )
        return {
            "applicant": {"email": email, "language": told.language},
            "answers": answers,
            "files": files,
            "seats": seats,
        }

    def opened(self, service: str = "restaurant-licence", example: str = "licence-granted") -> dict[str, Any]:
        body = self.application(service, example)
        response = self.post(f"services/{service}/applications", body, self.owner(service), key="opened")
        assert response.status_code == 201, response.content.decode()
        found: dict[str, Any] = response.json()
        return found

    def owner(self, service: str) -> str:
        return load.territory().service(service).department


def forget() -> None:
    load.forget()
    vault.reset_memory()
    access.forget_memory()


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    forget()


def error(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content.decode()
    assert response["Content-Type"] == "application/json"
    found: dict[str, Any] = response.json()["error"]
    assert set(found) == {"code", "message", "fields", "explanation", "request"}
    assert bool(found["explanation"]) == (code == "not_eligible")
    assert found["code"] == code
    assert found["message"]
    return found


def codes(found: dict[str, Any]) -> dict[str, str]:
    return {field["path"]: field["code"] for field in found["fields"]}


# Services


def test_the_services_are_listed_with_working_links_and_kept_by_their_etag(world: World) -> None:
    response = world.get("services")
    assert response.status_code == 200
    listed = {service["name"]: service for service in response.json()["services"]}
    assert set(listed) == set(load.territory().services)
    assert listed["restaurant-licence"]["title"]["zh-hant"]
    assert listed["restaurant-licence"]["department"]["name"] == "fehd"
    for name in ("self", "answers_schema", "statistics", "page"):
        assert world.client.get(listed["restaurant-licence"]["links"][name]).status_code == 200, name
    assert world.client.get(listed["return2hk"]["links"]["slots"]).status_code == 200
    assert "slots" not in listed["restaurant-licence"]["links"]
    again = world.get("services", if_none_match=response["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    with CaptureQueriesContext(connection) as queries:
        world.get("services")
    assert len(queries) == 0


def test_a_service_says_what_it_needs_books_and_takes_as_files(world: World) -> None:
    booked = world.get("services/vaccination-booking").json()["booking"]
    assert [visit["name"] for visit in booked["visits"]] == ["first", "second"]
    assert booked["places"]
    licence = world.get("services/restaurant-licence").json()
    assert licence["booking"] is None
    assert {asked["question"] for asked in licence["files"]}
    assert licence["departments_asked"]
    error(world.get("services/no-such-service"), 404, "no_service")


def test_sessions_are_listed_within_bounds(world: World) -> None:
    world.application("vaccination-booking", "both-doses")
    url = "services/vaccination-booking/slots"
    found = world.get(f"{url}?from=2021-02-26&to=2021-02-27&place=lion-view").json()
    assert {(slot["place"], slot["day"]) for slot in found["slots"]} <= {
        ("lion-view", "2021-02-26"), ("lion-view", "2021-02-27")
    }  # fmt: skip
    assert all(slot["left"] > 0 for slot in found["slots"])
    assert (found["from"], found["to"]) == ("2021-02-26", "2021-02-27")
    assert world.get(url).json()["slots"]
    assert codes(error(world.get(f"{url}?from=2021-02-26&to=2021-09-01"), 422, "invalid")) == {"to": "not_in_reach"}
    assert codes(error(world.get(f"{url}?from=2021-02-27&to=2021-02-26"), 422, "invalid")) == {"to": "not_in_reach"}
    assert codes(error(world.get(f"{url}?from=yesterday"), 422, "invalid")) == {"from": "not_a_day"}
    assert codes(error(world.get(f"{url}?place=mars"), 422, "invalid")) == {"place": "no_place"}
    error(world.get("services/restaurant-licence/slots"), 404, "no_booking")


# Applying


def test_every_example_of_the_pack_begins_over_the_api_as_it_should(world: World) -> None:
    for path in EXAMPLES:
        if story(path.parts[-3], path.stem).entry is not None:
            continue  # about an entry, which nobody here holds: tests/journeys play those
        with transaction.atomic():
            begins_as_it_should(world, path.parts[-3], path.stem)
            transaction.set_rollback(True)
        vault.reset_memory()


def begins_as_it_should(world: World, service: str, example: str) -> None:
    expect, name = story(service, example).expect, f"{service}: {example}"
    body = world.application(service, example)
    response = world.post(f"services/{service}/applications", body, world.owner(service), key="k")
    if expect.refused:
        rule = error(response, 422, "not_eligible")["message"]
        assert rule in {rule.refuse.in_("en") for rule in load.territory().service(service).eligibility}, name
    elif expect.errors and "booking" in expect.errors:
        assert response.status_code == 409, name
        assert response.json()["error"]["code"] in {"slot_taken", "booking_closed", "booked_already"}, name
    elif expect.errors:
        assert codes(error(response, 422, "incomplete")) == expect.errors, name
        assert all(field["message"] for field in response.json()["error"]["fields"]), name
    else:
        assert response.status_code == 201, (name, response.content.decode())
        found = response.json()
        schema = world.get(f"services/{service}/answers-schema").json()
        jsonschema.Draft202012Validator.check_schema(schema)
        checker = jsonschema.FormatChecker()
        jsonschema.Draft202012Validator(schema, format_checker=checker).validate(body["answers"])
        case = cases.case(found["reference"])
        assert (found["state"], found["service"]) == (case.state, service), name
        assert response["Location"] == f"/api/v1/applications/{case.ref}"
        if expect.fee is not None:
            assert float(found["fee"]) == expect.fee, name
        if expect.due is not None:
            assert found["due_date"] == expect.due.isoformat(), name


def test_an_application_carries_its_files_and_comes_with_fee_due_day_and_links(world: World) -> None:
    found = world.opened()
    uploads = forms.uploads_of_case(found["reference"])
    sent = world.application("restaurant-licence", "licence-granted")["files"]
    assert sorted(upload.question for upload in uploads) == sorted(name for name in sent for _ in sent[name])
    assert found["fee"].count(".") == 1
    assert found["fees"][0]["reference"]
    assert found["due_date"]
    assert world.client.get(found["links"]["track"]).status_code == 200
    assert world.client.get(found["links"]["self"], **world.headers("fehd")).status_code == 200
    assert [fact.actor for fact in journal.about(found["applicant"], events=["person_enrolled"])] == [
        "token:fehd-machine"
    ]


def test_the_same_key_gives_the_same_answer_and_opens_nothing_again(world: World) -> None:
    body = world.application("restaurant-licence", "licence-granted")
    url = "services/restaurant-licence/applications"
    first = world.post(url, body, "fehd", key="one")
    queue = len(cases.queue(departments=["fehd"]).rows)
    world.now += timedelta(hours=30)
    # In quotation marks, as the draft writes it, and with the names in another order, it is the same request.
    again = world.post(url, dict(reversed(list(body.items()))), "fehd", key='"one"')
    assert (again.status_code, again.content, again["Location"]) == (201, first.content, first["Location"])
    assert len(cases.queue(departments=["fehd"]).rows) == queue
    other = {**body, "applicant": {"email": "somebody@example.com"}}
    error(world.post(url, other, "fehd", key="one"), 422, "key_reused")
    assert world.post(url, body, "fehd", key="two").json()["reference"] != first.json()["reference"]


def test_a_key_that_was_refused_can_be_used_again_for_what_was_mended(world: World) -> None:
    body = world.application("restaurant-licence", "licence-granted")
    url = "services/restaurant-licence/applications"
    name = next(iter(body["answers"]))
    broken = {**body, "answers": {k: v for k, v in body["answers"].items() if k != name}}
    assert codes(error(world.post(url, broken, "fehd", key="k"), 422, "incomplete"))
    assert identity.find(email=body["applicant"]["email"]) is None, "a refused application must leave nothing"
    assert world.post(url, body, "fehd", key="k").status_code == 201


@pytest.mark.parametrize("key", ["", " ", "a" * 129, "käse", 'a"b'])
def test_without_a_good_key_nothing_is_opened(world: World, key: str) -> None:
    body = world.application("restaurant-licence", "licence-granted")
    error(world.post("services/restaurant-licence/applications", body, "fehd", key=key), 400, "no_key")
    assert not cases.queue(departments=["fehd"]).rows


def test_errors_are_said_in_the_language_that_is_asked_for(world: World) -> None:
    body = world.application("vaccination-booking", "errors-in-the-form")
    url = "services/vaccination-booking/applications"
    said = {
        language: world.post(url, body, "dh", key="k", accept_language=tag).json()["error"]
        for language, tag in (("en", "en-GB"), ("zh-hant", "zh-HK"), ("zh-hans", "zh-CN"))
    }
    assert len({found["message"] for found in said.values()}) == 3
    by_field = {language: {f["path"]: f["message"] for f in found["fields"]} for language, found in said.items()}
    assert "號碼不正確" in by_field["zh-hant"]["hkid"]
    assert "号码不正确" in by_field["zh-hans"]["hkid"]
    assert "does not exist as typed" in by_field["en"]["hkid"]


def test_answers_of_any_shape_are_refused_with_their_field_and_never_break_anything(world: World) -> None:
    body = world.application("return2hk", "family-returns")
    url = "services/return2hk/applications"
    assert world.post(url, body, "dh", key="good").status_code == 201
    strange = [None, True, 0, -1.5, "", "x", [], [1], [[]], {}, {"a": {}}, "2023-13-45", "20200101", "+", [{}], [None]]
    for name in [*body["answers"], "companions", "nothing"]:
        for value in strange:
            sent = {**body, "answers": {**body["answers"], name: value}}
            response = world.post(url, sent, "dh", key="k")
            assert response.status_code in {409, 422}, (name, value, response.content.decode())
    item = {**body["answers"]["companions"][0]}
    for value in strange:
        for name in [*item, "nothing"]:
            sent = {**body, "answers": {**body["answers"], "companions": [{**item, name: value}]}}
            assert world.post(url, sent, "dh", key="k").status_code in {409, 422}, (name, value)
    found = error(
        world.post(url, {**body, "answers": {**body["answers"], "birth_date": 5, "x": 1}}, "dh", key="k"),
        422, "incomplete",
    )  # fmt: skip
    assert codes(found) == {"birth_date": "not_a_date", "x": "unknown_answer"}


def test_answers_to_questions_that_are_not_asked_are_not_kept(world: World) -> None:
    service = load.territory().service("restaurant-licence")
    licence = world.application("restaurant-licence", "licence-granted")
    hidden = {
        q.name for page in service.form for q in page.questions
        if (q.when is not None or page.when is not None) and q.name not in licence["answers"]
        and q.type_name in {"text", "long-text"}
    }  # fmt: skip
    assert hidden, "the restaurant's form has questions that are asked of some only"
    licence["answers"] |= dict.fromkeys(hidden, "Not asked")
    response = world.post("services/restaurant-licence/applications", licence, "fehd", key="k")
    assert response.status_code == 201, response.content.decode()
    assert not hidden & set(cases.content(response.json()["reference"]).answers)


def test_files_must_be_asked_for_and_be_what_they_say(world: World) -> None:
    body = world.application("restaurant-licence", "licence-granted")
    url = "services/restaurant-licence/applications"
    name = next(iter(body["files"]))
    good = body["files"][name]

    def sent(files: Any, **answers: Any) -> dict[str, str]:
        whole = {**body, "files": {**body["files"], **files}, "answers": {**body["answers"], **answers}}
        response = world.post(url, whole, "fehd", key="k")
        assert response.status_code == 422, response.content.decode()
        return codes(response.json()["error"])

    assert sent({name: [{"name": "a.pdf", "content_base64": "not base64!"}]}) == {
        f"files.{name}.0.content_base64": "not_base64"
    }
    assert sent({"shop_name": good}) == {"files.shop_name": "no_file_question"}
    assert sent({name: good * 30}) == {f"files.{name}": "too_many_files"}
    assert sent({}, **{name: ["0" * 32]}) == {name: "send_as_file"}
    empty = [{"name": "plan.pdf", "content_base64": ""}]
    assert set(sent({name: empty})) <= {f"files.{name}", "files"}
    assert forms.uploads_of_case("") == []


def test_places_are_named_visit_by_visit(world: World) -> None:
    body = world.application("vaccination-booking", "both-doses")
    url = "services/vaccination-booking/applications"
    one = world.post(url, {**body, "seats": body["seats"][:1]}, "dh", key="k")
    assert codes(error(one, 422, "invalid")) == {"seats": "visits"}
    never = {**body, "seats": [body["seats"][0], {**body["seats"][1], "day": "2021-02-27"}]}
    error(world.post(url, never, "dh", key="k"), 409, "slot_taken")
    assert world.post(url, {**body, "seats": body["seats"][::-1]}, "dh", key="k").status_code == 201
    twice = {**body, "applicant": {"email": "again@example.com"}}
    error(world.post(url, twice, "dh", key="k2"), 409, "booked_already")
    assert bookings.miscounted() == []


def test_a_closed_window_says_when_it_opens(world: World) -> None:
    body = world.application("return2hk", "booking-closed-after-six")
    response = world.post("services/return2hk/applications", body, "dh", key="k", accept_language="zh-HK")
    assert "開始接受預約" in error(response, 409, "booking_closed")["message"]


# Checking


def test_answers_can_be_checked_and_nothing_is_kept(world: World) -> None:
    body = world.application("restaurant-licence", "licence-granted")
    before = journal.about("", limit=1)
    found = world.post("services/restaurant-licence/check", {"answers": body["answers"]}, "fehd").json()
    assert found["complete"] is True
    assert found["eligible"] is True
    assert found["fields"] == []
    assert found["fees"]
    # What is charged is explained by the parameter, its value and its law.
    (licence, *_) = found["explanation"]
    assert [line["law"] for line in licence["within"] if line["law"]]
    assert set(body["files"]) <= set(found["files"])
    told = world.application("vaccination-booking", "errors-in-the-form")
    wrong = world.post("services/vaccination-booking/check", {"answers": told["answers"]}, "dh").json()
    assert wrong["complete"] is False
    assert codes(wrong) == story("vaccination-booking", "errors-in-the-form").expect.errors
    shut = world.application("return2hk", "under-eighteen")
    refused = world.post("services/return2hk/check", {"answers": shut["answers"]}, "dh").json()
    assert (refused["complete"], refused["eligible"]) == (True, False)
    assert refused["reason"]
    assert refused["explanation"][0]["words"]
    assert journal.about("", limit=1) == before


# Reading


def test_reading_an_application_shows_it_whole_and_is_journalled(world: World) -> None:
    found = world.opened()
    response = world.get(f"applications/{found['reference']}", "fehd")
    assert response.status_code == 200
    whole = response.json()
    assert whole["applicant"]["email"] == "siu.ming@example.com"
    assert whole["answers"]
    assert whole["files"]
    assert [actor for _, actor in cases.reads(found["reference"])] == ["token:fehd-machine"]
    typed = found["reference"].lower().replace("-", " ")
    assert world.get(f"applications/{typed}", "fehd").json()["reference"] == found["reference"]
    identity.erase(person_ref=found["applicant"], at=world.now, by="system")
    vault.reset_memory()
    gone = world.get(f"applications/{found['reference']}", "fehd").json()
    assert (gone["applicant"], gone["answers"], gone["files"]) == (None, {}, [])


def test_a_department_sees_no_application_of_another(world: World) -> None:
    ref = world.opened()["reference"]
    of_another = error(world.get(f"applications/{ref}", "td"), 404, "no_application")
    of_nobody = error(world.get("applications/RL-2222-2222", "td"), 404, "no_application")
    assert {**of_another, "request": ""} == {**of_nobody, "request": ""}
    assert world.get("applications", "td").json() == {"applications": [], "next": None}
    assert cases.reads(ref) == []
    case = cases.case(ref)
    cases.refer(ref=ref, departments=["td"], due_at=None, at=world.now, by="officer:x")
    assert case.department == "fehd"
    assert world.get(f"applications/{ref}", "td").status_code == 200, "a department that was asked sees it"


def test_the_list_has_every_application_once_and_nothing_personal(world: World) -> None:
    body = world.application("restaurant-licence", "licence-granted")
    made = set()
    for number in range(7):
        world.now += timedelta(days=number % 3)
        whole = {**body, "applicant": {"email": f"person{number}@example.com"}}
        response = world.post("services/restaurant-licence/applications", whole, "fehd", key=f"k{number}")
        made.add(response.json()["reference"])
    seen: list[str] = []
    after = ""
    for _ in range(10):
        response = world.get(f"applications?limit=3&service=restaurant-licence&after={after}", "fehd")
        assert "example.com" not in response.content.decode()
        seen += [line["reference"] for line in response.json()["applications"]]
        after = response.json()["next"]
        if after is None:
            break
    assert len(seen) == len(made)
    assert set(seen) == made
    assert codes(error(world.get("applications?after=eA", "fehd"), 422, "invalid")) == {"after": "not_a_mark"}
    assert codes(error(world.get("applications?limit=0", "fehd"), 422, "invalid")) == {"limit": "too_small"}
    assert world.get("applications?closed=true", "fehd").json()["applications"] == []


def test_anybody_follows_an_application_and_learns_nothing_about_the_person(world: World) -> None:
    found = world.opened()
    response = world.get(f"track/{found['reference']}", accept_language="zh-HK")
    tracked = response.json()
    assert [m["state"] for m in tracked["milestones"]].count("current") == 1
    assert tracked["service_title"] == load.territory().service("restaurant-licence").title.in_("zh-hant")
    assert response["Content-Language"] == "zh-Hant-HK"
    assert set(tracked) == {"reference", "service", "service_title", "department", "due_date", "milestones"}
    error(world.get("track/RL-2222-2222"), 404, "no_application")
    error(world.get("track/%ff%fe"), 404, "no_application")
    assert world.get("track/%00%ff").status_code == 404


def test_a_record_is_verified_by_its_text(world: World) -> None:
    found = world.opened()
    new = credentials.NewRecord(
        person_ref=found["applicant"], case_ref=found["reference"], service="restaurant-licence", name="licence",
        title=Text({"en": "Licence", "zh-hant": "牌照"}),
        facts=[credentials.RecordFact("shop", Text({"en": "Shop", "zh-hant": "店名"}), {"en": "Sea", "zh-hant": "海"})],
        valid_until=None, once_key="x",
    )  # fmt: skip
    record = credentials.issue(new, at=world.now)
    verdict = world.post("records/verify", {"record": f"https://praya.example/v#{record.token}"}).json()
    assert (verdict["state"], verdict["facts"][0]["value"]["zh-hant"]) == ("valid", "海")
    credentials.revoke(ref=record.ref, because="test", at=world.now, by="system")
    assert world.post("records/verify", {"record": record.token}).json()["state"] == "revoked"
    forged = world.post("records/verify", {"record": record.token[:-9] + "AAAAAAAAA"}).json()
    assert forged["state"] == "forged"
    assert forged["facts"] == []
    assert world.post("records/verify", {"record": "gibberish ✓"}).json()["state"] == "unreadable"


def test_the_figures_are_those_of_the_open_data(world: World) -> None:
    world.opened()
    found = world.get("statistics/restaurant-licence").json()
    assert found == world.client.get("/data/statistics/restaurant-licence.json").json()
    error(world.get("statistics/nothing"), 404, "no_service")


# Booking


def booking(world: World, **more: Any) -> dict[str, Any]:
    seats = world.application("vaccination-booking", "both-doses")["seats"]
    return {"applicant": {"email": "booked@example.com"}, "seats": seats, "size": 1, **more}


def left(place: str = "lion-view") -> int:
    day = datetime(2021, 2, 26).date()  # noqa: DTZ001
    found = bookings.slots(scheme="vaccination-booking", first=day, last=day, place=place)
    return next(slot.left for slot in found if slot.clock == "09:00")


def test_a_department_books_for_a_person_and_gives_it_back(world: World) -> None:
    body = booking(world, holders=["G123456(A)"])
    before, url = left(), "services/vaccination-booking/bookings"
    first = world.post(url, body, "dh", key="k")
    assert first.status_code == 201, first.content.decode()
    made = first.json()
    assert left() == before - 1
    assert bookings.booking(made["reference"]).status == "booked"
    again = world.post(url, body, "dh", key="k")
    assert (again.status_code, again.content) == (201, first.content)
    assert left() == before - 1
    by_ref = {**body, "applicant": {"ref": made["applicant"]}}
    assert world.post(url, by_ref, "dh", key="k").content == first.content, "the same person by reference"
    error(world.post(url, {**body, "size": 1, "seats": body["seats"][::-1]}, "dh", key="k2"), 409, "booked_already")
    other = [{**seat, "time": "10:00"} for seat in body["seats"]]
    full = [{**seat, "place": "mars"} for seat in body["seats"]]
    here = made["links"]["self"]
    for seats, now in ((other, before), (full, None), (body["seats"], before - 1)):
        moved = world.client.put(here, {"seats": seats}, "application/json", **world.headers("dh"))
        if now is None:
            error(moved, 409, "slot_taken")
            continue
        assert (moved.status_code, moved.json()["visits"]) == (200, seats)
        again = world.post(url, body, "dh", key="k")
        assert (again.status_code, again.json()) == (201, {**made, "visits": seats}), "as it is now"
        assert left() == now
    error(world.client.put(here, {"seats": other}, "application/json", **world.headers("fehd")), 404, "no_such_booking")
    error(world.post(url, {**body, "seats": other}, "dh", key="k"), 422, "key_reused")
    for _ in range(2):
        assert world.client.delete(made["links"]["self"], **world.headers("dh")).status_code == 204
    assert left() == before
    assert world.post(url, body, "dh", key="k").content == first.content, "a repetition is answered as before"
    assert left() == before
    facts = journal.about(made["reference"])
    assert {fact.actor for fact in facts} == {"token:dh-machine"}
    assert sorted(f.event.removeprefix("booking_") for f in facts) == ["booked", "cancelled", "moved", "moved"]
    assert bookings.miscounted() == []


def test_what_cannot_be_booked_is_refused(world: World) -> None:
    body, url = booking(world), "services/vaccination-booking/bookings"
    error(world.post(url, body, "dh"), 400, "no_key")
    far = [{**seat, "day": "2022-01-01"} for seat in body["seats"]]
    error(world.post(url, {**body, "seats": far}, "dh", key="a"), 409, "slot_taken")
    nowhere = [{**seat, "place": "mars"} for seat in body["seats"]]
    error(world.post(url, {**body, "seats": nowhere}, "dh", key="b"), 409, "slot_taken")
    assert codes(error(world.post(url, {**body, "size": 2}, "dh", key="c"), 422, "invalid")) == {"size": "too_big"}
    assert codes(error(world.post(url, {**body, "size": True}, "dh", key="c"), 422, "invalid")) == {
        "size": "wrong_kind"
    }
    nobody = {**body, "applicant": {"ref": "0" * 32}}
    assert codes(error(world.post(url, nobody, "dh", key="d"), 422, "invalid")) == {"applicant.ref": "no_person"}
    both = {**body, "applicant": {"ref": "0" * 32, "email": "a@example.com"}}
    assert codes(error(world.post(url, both, "dh", key="e"), 422, "invalid")) == {"applicant": "one_of"}
    error(world.post("services/restaurant-licence/bookings", body, "fehd", key="f"), 409, "no_booking")


def test_the_booking_of_an_application_is_not_given_back_beside_it(world: World) -> None:
    found = world.opened("vaccination-booking", "both-doses")
    gone = world.client.delete(f"/api/v1/bookings/{found['booking']}", **world.headers("dh"))
    error(gone, 409, "belongs_to_application")
    made = world.post(
        "services/vaccination-booking/bookings", booking(world, applicant={"ref": found["applicant"]}), "dh", key="b"
    ).json()  # fmt: skip
    error(world.client.delete(made["links"]["self"], **world.headers("fehd")), 404, "no_such_booking")
    error(world.client.delete("/api/v1/bookings/nothing", **world.headers("dh")), 404, "no_such_booking")
    assert bookings.booking(made["reference"]).status == "booked"


def test_rates_are_limited_by_token_and_by_address(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rate_limits.RATES, "api", "3/hour")
    monkeypatch.setitem(rate_limits.RATES, "track", "2/hour")
    rate_limits._limiter.cache_clear()
    for _ in range(3):
        assert world.get("applications", "fehd").status_code == 200
    refused = world.get("applications", "fehd")
    assert int(refused["Retry-After"]) > 0
    error(refused, 429, "too_many")
    assert world.get("applications", "dh").status_code == 200, "another token counts for itself"
    for _ in range(2):
        assert world.get("track/RL-2222-2222").status_code == 404
    error(world.get("track/RL-2222-2222"), 429, "too_many")
    rate_limits._limiter.cache_clear()
