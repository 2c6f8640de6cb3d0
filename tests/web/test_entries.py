"""Entries on every face: what is not public is for the desk and the holder only; services begin from an entry."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from django.conf import settings
from django.test import Client
from tests import shops, small_services
from tests.journeys.test_entries import SHOP, about, apply, do, licensed

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.parties import api as invitations
from praya.blocks.registers import api as registers
from praya.journey import load
from praya.kernel import clock
from praya.kernel.crypto import vault

AT = datetime(2026, 11, 10, 2, tzinfo=UTC)
LANGUAGES = ("en", "zh-hant", "zh-hans")


class World:
    """A holder, a stranger, an officer of the department and one of another; entries of a public register."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = AT
        monkeypatch.setattr(clock, "now", lambda: self.now)
        self.territory = small_services.published(*shops.all_of_them())
        self.holder = identity.enrol(email="holder@example.com", name=None, language="en", at=AT)
        self.stranger = identity.enrol(email="stranger@example.com", name=None, language="en", at=AT)
        self.entry = licensed(self.territory, self.holder)
        self.officers = {
            department: identity.add_officer(
                name="Officer Sample",
                email=f"{department}@example.com",
                roles=frozenset({identity.Role(department, "officer")}),
                at=AT,
                by="system",
            )
            for department in ("fehd", "fsd")
        }

    def client(self, **session: Any) -> Client:
        client = Client()
        kept = client.session
        for name, value in session.items():
            kept[name] = value
        kept["begun"] = kept["seen"] = int(self.now.timestamp())
        kept.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = kept.session_key
        return client

    def resident(self, person: identity.Person) -> Client:
        return self.client(person=person.ref)

    def officer(self, department: str) -> Client:
        officer = self.officers[department]
        return self.client(officer=officer.ref, epoch=officer.epoch)


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()


def html(response: Any) -> str:
    return str(response.content.decode())


def body(response: Any) -> str:
    return b"".join(response.streaming_content).decode() if response.streaming else html(response)


def test_what_is_not_public_is_on_no_public_face(world: World) -> None:
    client, where = Client(), "shop-licence/licensed-shops"
    for path in (
        f"/en/registers/{where}",
        f"/data/registers/{where}.csv",
        f"/data/registers/{where}.json",
        f"/en/registers/{where}?q=陳大文",
    ):
        response = client.get(path)
        assert response.status_code == 200
        said = body(response)
        assert ("Golden Bowl" in said) == ("?q" not in path), path
        # What was searched for stands in the search box, and in the sentence that nothing was found.
        assert "陳大文" not in re.sub(r'value="[^"]*"|“[^”]*”|\?q=[^"&]*', "", said), path
        assert "Keeper" not in said
        assert "keeper" not in said


def test_a_register_as_json_is_what_its_schema_says(world: World) -> None:
    where = "/data/registers/shop-licence/licensed-shops"
    said = json.loads(body(Client().get(f"{where}.json")))
    schema = Client().get(f"{where}.schema.json").json()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(said, schema)
    (entry,) = said["entries"]
    assert (entry["entry"], entry["until_date"]) == (world.entry.number, world.entry.until_date.isoformat())
    assert entry["facts"]["shop"]["en"] == "Golden Bowl"
    assert set(entry["facts"]) == {"shop", "seats"}


def test_an_internal_register_is_not_there_for_the_public(world: World) -> None:
    text = shops.LICENCE.replace("title: {en: Licensed shops", "public: false\n    title: {en: Licensed shops")
    hidden = small_services.service("inner-licence", "NN", text)
    small_services.published(hidden)
    client = Client()
    data = "/data/registers/inner-licence/licensed-shops"
    for path in (
        "/en/registers/inner-licence/licensed-shops",
        *(f"{data}.{end}" for end in ("csv", "json", "schema.json")),
    ):
        assert client.get(path).status_code == 404
    assert "inner-licence" not in html(client.get("/en/registers"))
    officer = world.officer("fehd")
    page = html(officer.get("/en/desk/registers"))
    assert "/en/desk/registers/inner-licence/licensed-shops" in page
    assert "There are no entries yet" in html(officer.get("/en/desk/registers/inner-licence/licensed-shops"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_desk_finds_an_entry_by_what_is_not_public_and_the_holder_sees_who_read(
    world: World, language: str
) -> None:
    officer, base = world.officer("fehd"), f"/{language}/desk/registers/shop-licence/licensed-shops"
    assert "Golden Bowl" in html(officer.get(base))
    found = html(officer.post(base, {"q": "陳大文"}))
    assert f"{base}/{world.entry.ref}" in found
    assert f"{base}/" not in html(officer.post(base, {"q": "陳小文"})).replace(f'action="{base}"', "")
    assert registers.reads(world.entry.ref) == []
    page = html(officer.get(f"{base}/{world.entry.ref}"))
    assert "陳大文" in page
    assert world.entry.case_ref in page
    assert registers.reads(world.entry.ref) == [AT]
    mine = html(world.resident(world.holder).get(f"/{language}/entries/{world.entry.ref}"))
    assert "陳大文" in mine
    assert {"en": "10:00am", "zh-hant": "上午10時", "zh-hans": "上午10时"}[language] in mine


def test_no_officer_of_another_department_and_no_stranger_reaches_an_entry(world: World) -> None:
    other, base = world.officer("fsd"), "/en/desk/registers/shop-licence/licensed-shops"
    for path in (base, f"{base}/{world.entry.ref}"):
        assert other.get(path).status_code == 404
    assert "licensed-shops" not in html(other.get("/en/desk/registers"))
    assert world.officer("fehd").get(f"{base.replace('licensed-shops', 'x')}/{world.entry.ref}").status_code == 404
    stranger = world.resident(world.stranger)
    assert stranger.get(f"/en/entries/{world.entry.ref}").status_code == 404
    assert stranger.get(f"/en/entries/{'0' * 32}").status_code == 404
    begun = stranger.get(f"/en/services/shop-change/apply?subject={world.entry.ref}")
    assert begun.status_code == 422
    assert "Golden Bowl" not in html(begun)
    assert forms.drafts(world.stranger.ref) == []


def test_my_page_offers_what_can_be_begun_and_when(world: World) -> None:
    client = world.resident(world.holder)
    page = html(client.get("/en/me"))
    assert "Golden Bowl" in page
    assert f"/en/services/shop-renewal/apply?subject={world.entry.ref}" not in page, "too early"
    assert "You can begin on 1 December 2026" in page
    assert f"/en/services/shop-change/apply?subject={world.entry.ref}" in page
    assert "shop-transfer" not in page, "whoever holds it cannot take it over"
    world.now = datetime(2026, 12, 2, 2, tzinfo=UTC)
    client = world.resident(world.holder)
    assert f"/en/services/shop-renewal/apply?subject={world.entry.ref}" in html(client.get("/en/me"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_service_about_an_entry_asks_which_one_and_says_when_there_is_none(world: World, language: str) -> None:
    start = f"/{language}/services/shop-change/apply"
    # Whoever has one entry is not asked which; with a second one they choose.
    begun = world.resident(world.holder).get(start)
    assert (begun.status_code, begun["Location"].endswith("/about")) == (302, True)
    another = registers.enter(
        registers.NewEntry(
            service="shop-licence", register="licensed-shops", case_ref="", holder_ref=world.entry.holder_ref,
            from_date=world.entry.from_date, until_date=world.entry.until_date, facts={"shop": "Silver Bowl"},
            once_key="another",
        ), at=world.now, by="system",
    )  # fmt: skip
    chooser = html(world.resident(world.holder).get(start))
    assert [f"{start}?subject={one.ref}" in chooser for one in (world.entry, another)] == [True, True]
    empty = world.resident(world.stranger).get(start)
    assert empty.status_code == 200
    assert f"/{language}/services/shop-licence" in html(empty)


def test_a_change_is_filled_in_sent_and_decided_from_the_entry(world: World) -> None:
    client = world.resident(world.holder)
    begun = client.get(f"/en/services/shop-change/apply?subject={world.entry.ref}")
    assert begun.status_code == 302
    again = client.get(f"/en/services/shop-change/apply?subject={world.entry.ref}")
    assert again["Location"] == begun["Location"]
    assert client.post(begun["Location"], {"word": "Silver Bowl"}).status_code == 302
    sent = client.post(re.sub(r"/about$", "/check", begun["Location"]))
    ref = sent["Location"].split("/")[3]
    assert cases.case(ref).subject_ref == world.entry.ref
    officer = world.officer("fehd")
    page = html(officer.get(f"/en/desk/cases/{ref}"))
    assert f"/en/desk/registers/shop-licence/licensed-shops/{world.entry.ref}" in page
    once = re.search(r'name="once" value="([^"]*)"', page)
    assert once is not None
    officer.post(f"/en/desk/cases/{ref}/do/do-it", {"once": once[1], "revision": "1"})
    assert registers.entry(world.entry.ref).fact_text("shop", "en") == "Silver Bowl"
    history = html(client.get(f"/en/entries/{world.entry.ref}"))
    assert "Changed" in history
    assert f"/en/cases/{ref}" in history


def test_a_transfer_begins_with_a_reference_that_is_typed(world: World) -> None:
    client = world.resident(world.stranger)
    assert 'name="subject"' in html(client.get("/en/services/shop-transfer/apply"))
    wrong = client.get("/en/services/shop-transfer/apply?subject=nonsense")
    assert wrong.status_code == 422
    assert 'value="nonsense"' in html(wrong)
    typed = world.entry.number.lower().replace("-", "")
    assert client.get(f"/en/services/shop-transfer/apply?subject={typed}").status_code == 302


def test_the_present_holder_is_asked_on_their_own_page_about_their_entry(world: World) -> None:
    case = apply(world.territory, "shop-transfer", world.stranger, {"word": "x"}, AT, world.entry.number)
    (asked,) = invitations.of_person(world.holder.ref)
    page = html(world.resident(world.holder).get(f"/en/parts/{asked.ref}"))
    assert "Licensed shops" in page
    assert f"Golden Bowl ({world.entry.number})" in page
    taker = world.resident(world.stranger)
    assert taker.get(f"/en/parts/{asked.ref}").status_code == 404
    assert "holder@example.com" not in html(taker.get(f"/en/cases/{case.ref}"))
    assert taker.get(f"/en/cases/{case.ref}/parties/{asked.ref}").status_code == 404


def test_an_entry_that_ended_while_the_form_was_filled_in_is_told_kindly(world: World) -> None:
    client = world.resident(world.holder)
    begun = client.get(f"/en/services/shop-change/apply?subject={world.entry.ref}")["Location"]
    client.post(begun, {"word": "Silver Bowl"})
    about(world.territory, "shop-closing", world.holder, world.entry.ref, AT)
    sent = client.post(re.sub(r"/about$", "/check", begun))
    assert sent.status_code == 422
    assert "not in force" in html(sent)
    assert SHOP["shop"] == registers.entry(world.entry.ref).fact_text("shop", "en")


def test_records_and_entries_of_one_kind_are_told_apart(world: World) -> None:
    territory = small_services.published(*shops.dogs())
    answers = {"owner": "CHAN", "dogs": [{"dog": "Lucky", "large": True}, {"dog": "阿旺", "large": True}]}
    case = do(apply(territory, "dog-register", world.holder, answers, AT), "approve", AT)
    resident = world.resident(world.holder)
    for path in ("/en/me", f"/en/cases/{case.ref}"):
        page = html(resident.get(path))
        for name in ("Lucky", "阿旺"):
            assert f'Dog disc<span class="vh"> {name}</span></a></h3><p>{name}</p>' in page, path
    desk = html(world.officer(case.department).get(f"/en/desk/cases/{case.ref}"))
    for shown in ("<br>Lucky<br>", "<br>阿旺<br>", *(entry.number for entry in registers.of_case(case.ref))):
        assert shown in desk
    # The only one of its kind needs nothing beside its name.
    only = do(
        apply(territory, "dog-register", world.stranger, {**answers, "dogs": answers["dogs"][:1]}, AT), "approve", AT
    )
    assert "Dog disc</a></h3><p>" in html(world.resident(world.stranger).get(f"/en/cases/{only.ref}"))
