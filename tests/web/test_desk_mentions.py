"""Notes that name colleagues: whoever may read the note is told, and nobody else can be named."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.web.test_desk import AT, World, hidden, words

from praya.blocks.cases import api as cases
from praya.blocks.cases import models
from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal


@pytest.fixture
def world(pack_is_live: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    found = World(monkeypatch)
    for name, email, department in (
        ("Chan Tai Man", "chan.tai", "fehd"), ("Chan Siu Ming", "chan.siu", "fehd"), ("Person One", "person1", "fehd"),
        ("Fong Yuk", "fong", "fsd"), ("Ho Ka", "ho", "dh"), ("陳大文", "dawen", "fehd"),
    ):  # fmt: skip
        found.officers[email] = identity.add_officer(
            name=name, email=f"{email}@example.com", roles=frozenset({identity.Role(department, "officer")}), at=AT,
            by="system",
        )  # fmt: skip
    yield found
    load.forget()
    vault.reset_memory()


def write(client: Client, ref: str, note: str, lang: str = "en", **more: str) -> Any:
    page = client.get(f"/{lang}/desk/cases/{ref}").content.decode()
    return client.post(f"/{lang}/desk/cases/{ref}/notes", {"once": hidden(page, "once"), "note": note, **more})


def named(world: World, name: str) -> list[str]:
    return [one.case_ref for one in cases.mentions(world.officers[name].ref)]


@pytest.mark.parametrize("typed", ["@chan.tai", "@Chan_Tai", "@chan.tai@example.com", "Ask @chan-tai."])
def test_a_colleague_who_is_named_is_told_until_they_open_the_case(world: World, typed: str) -> None:
    ref = world.restaurant()
    answer = write(world.client("officer"), ref, f"{typed} please look, mail a@b.example")
    assert answer["Location"] == f"/en/desk/cases/{ref}?done=_noted#note"
    chan = world.client("chan.tai")
    assert "Cases in which a new note mentions you: 1" in words(chan.get("/en/desk/").content.decode())
    listed = words(chan.get("/en/desk/mentions").content.decode())
    assert ref in listed
    assert "Officer Sample" in listed
    assert "New" in listed
    page = words(chan.get(f"/en/desk/cases/{ref}").content.decode())
    assert "@Chan Tai Man" in page
    assert "new note mentions you" not in words(chan.get("/en/desk/").content.decode())
    assert ref in words(chan.get("/en/desk/mentions").content.decode())
    (fact,) = journal.about(ref, events=["case_mentioned"])
    assert fact.facts == {"officers": [world.officers["chan.tai"].ref]}


@pytest.mark.parametrize("lang", ["en", "zh-hant", "zh-hans"])
def test_of_several_who_fit_the_officer_chooses_and_nothing_typed_is_lost(world: World, lang: str) -> None:
    ref, client = world.restaurant(), world.client("officer")
    answer = write(client, ref, "@chan and @陳", lang)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "@chan and @陳</textarea>" in page
    assert "chan.siu@example.com" in page
    assert 'name="tell-0"' in page
    assert 'name="tell-1"' not in page, "one is called so, and is not asked about"
    assert cases.history(ref)[-1].kind == "opened"
    sent = {"once": hidden(page, "once"), "note": "@chan and @陳", "tell-0": world.officers["chan.siu"].ref}
    assert client.post(f"/{lang}/desk/cases/{ref}/notes", sent).status_code == 302
    assert cases.history(ref)[-1].text == "@Chan Siu Ming and @陳大文"
    assert (named(world, "chan.siu"), named(world, "dawen"), named(world, "chan.tai")) == ([ref], [ref], [])


def test_nobody_is_named_who_may_not_read_the_note(world: World) -> None:
    ref, client = world.restaurant(), world.client("officer")
    # Of a department that has no part in the case, of one that is not asked, and the applicant at their own office.
    for name in ("ho", "fong", "person", "officer"):
        answer = write(client, ref, f"@{name} look")
        assert answer.status_code == 422, name
        assert "Nobody who may read this note is called" in words(answer.content.decode())
    # A reference that was not offered chooses nobody.
    answer = write(client, ref, "@chan look", **{"tell-0": world.officers["ho"].ref})
    assert answer.status_code == 422
    assert named(world, "ho") == []
    assert cases.history(ref)[-1].kind == "opened"


def test_an_asked_department_names_its_own_and_those_who_decide(world: World) -> None:
    ref = world.restaurant(1)
    assert "fsd" in {one.department for one in cases.case(ref).referrals}
    assert write(world.client("asked"), ref, "@fong and @chan.tai").status_code == 302
    assert (named(world, "fong"), named(world, "chan.tai")) == ([ref], [ref])
    assert ref in world.client("fong").get("/en/desk/mentions").content.decode()
    # Once its department has replied, the case is closed to it, and the list does not tell of it.
    client = world.client("asked")
    page = client.get(f"/en/desk/cases/{ref}/reply").content.decode()
    reply = {"once": hidden(page, "once"), "result": "no-objection", "department": "fsd", "comment": ""}
    assert client.post(f"/en/desk/cases/{ref}/reply", reply).status_code == 302
    for path in ("", "?tab=asked", "mentions"):
        assert ref not in world.client("fong").get(f"/en/desk/{path}").content.decode()


def test_mentions_take_two_pages_and_as_many_queries(world: World) -> None:
    refs = [world.restaurant() for _ in range(3)]
    for _ in range(17):
        for ref in refs:
            cases.note(
                ref=ref, text="@x", at=AT, by=f"officer:{world.officers['officer'].ref}", department="fehd",
                names=[world.officers["chan.tai"].ref],
            )  # fmt: skip
    chan = world.client("chan.tai")
    first = chan.get("/en/desk/mentions").content.decode()
    assert first.count('class="reference"') == 50
    (number,) = {part.split('"')[0] for part in first.split("mentions?before=")[1:]} | {
        part.split('"')[0] for part in first.split('href="?before=')[1:]
    }
    assert chan.get(f"/en/desk/mentions?before={number}").content.decode().count('class="reference"') == 1


def test_what_is_counted_is_each_case_that_may_be_opened_whatever_else_is_newer(
    world: World, django_assert_num_queries: Any
) -> None:
    refs = [world.restaurant() for _ in range(3)]
    elsewhere = world.restaurant()
    models.Case.objects.filter(ref=elsewhere).update(department="dh")
    chan = world.officers["chan.tai"]
    for ref in [*refs, *[elsewhere] * cases.MENTIONS_PAGE]:
        cases.note(ref=ref, text="@x", at=AT, by="officer:x", department="fehd", names=[chan.ref])
    shut = frozenset(refs[:1])
    with django_assert_num_queries(2):
        assert cases.unseen_mentions(chan.ref, within=cases.Access(("fehd",), shut)) == 2
    page = words(world.client("chan.tai").get("/en/desk/").content.decode())
    assert "Cases in which a new note mentions you: 3" in page


def test_a_list_of_cases_does_not_read_what_is_sealed_in_them(world: World) -> None:
    ref = world.restaurant()
    case = cases.case(ref)
    lists: dict[str, Callable[[], list[cases.Case]]] = {
        "of_refs": lambda: cases.of_refs([ref]), "of_person": lambda: cases.of_person(case.person_ref),
    }  # fmt: skip
    for name, read in lists.items():
        with CaptureQueriesContext(connection) as queries:
            assert [one.ref for one in read()] == [ref], name
        assert len(queries) == 1, name
        assert '"answers"' not in queries[0]["sql"], name
