"""How a machine applies and checks answers, and what it is told when it may not."""

from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.db import transaction
from tests.web.api.world import EXAMPLES, World, codes, error, story

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal


def beginnings() -> dict[tuple[str, str], list[Path]]:
    """The examples by their service and by how they begin, but those about entries, which nobody here holds."""
    found = defaultdict(list)
    for path in EXAMPLES:
        told = story(path.parts[-3], path.stem)
        if told.entry is None and not told.entries:  # tests/journeys play those
            begins = "refused" if told.expect.refused else "errors" if told.expect.errors else "opened"
            found[path.parts[-3], begins].append(path)
    return found


def test_an_example_of_each_beginning_of_each_service_begins_over_the_api_as_it_should(world: World) -> None:
    begin([paths[0] for paths in beginnings().values()], world)


@pytest.mark.size
def test_every_example_of_the_pack_begins_over_the_api_as_it_should(world: World) -> None:
    begin([path for paths in beginnings().values() for path in paths[1:]], world)


def begin(paths: list[Path], world: World) -> None:
    assert len(paths) > 20
    for path in paths:
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
    queue = len(cases.queue(within=cases.Access(("fehd",))).rows)
    world.now += timedelta(hours=30)
    # In quotation marks, as the draft writes it, and with the names in another order, it is the same request.
    again = world.post(url, dict(reversed(list(body.items()))), "fehd", key='"one"')
    assert (again.status_code, again.content, again["Location"]) == (201, first.content, first["Location"])
    assert len(cases.queue(within=cases.Access(("fehd",))).rows) == queue
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
    assert not cases.queue(within=cases.Access(("fehd",))).rows


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
