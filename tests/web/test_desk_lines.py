"""The line of a case in the lists of the desk: what it says, to whom, and what becomes of it."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.small import GRANT, service
from tests.web.test_desk import AT, World, words
from tests.web.test_desk_search import asked

from praya.blocks.cases import api as cases
from praya.blocks.cases import models
from praya.blocks.cases.rows import line_of
from praya.definition.chapter import Whole
from praya.definition.chapters import desk_lines
from praya.definition.load import Broken
from praya.journey import acting, case_search, erasure, load
from praya.kernel.crypto import vault

SHOP, DISTRICT = "大文茶餐廳 Tai Man Cafe", "Sham Shui Po"


@pytest.fixture
def world(pack_is_live: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()


def lines(world: World, who: str, path: str = "", lang: str = "en") -> dict[str, str]:
    """The line of each case of a page, by reference."""
    page = world.client(who).get(f"/{lang}/desk/{path}", follow=True).content.decode()
    found = re.findall(r'data-row>([^<]+)</a>(?:<div class="about">([^<]+)</div>)?', page)
    return dict(found)


def test_each_list_says_what_a_case_is_about_in_the_readers_language(world: World) -> None:
    ref, other = world.restaurant(), world.restaurant()
    assert lines(world, "officer") == dict.fromkeys((ref, other), f"{SHOP} · {DISTRICT}")
    assert "深水埗" in lines(world, "officer", lang="zh-hant")[ref]
    world.client("officer").post(f"/en/desk/cases/{ref}/assign", {"to": "me", "held_by": ""})
    assert lines(world, "officer", "?tab=mine") == {ref: f"{SHOP} · {DISTRICT}"}
    hits = asked(world, "officer", "陳大文").content.decode()
    assert hits.count(f'<div class="about">{SHOP} · {DISTRICT}</div>') == 2


def test_no_list_of_another_department_says_it_and_the_asked_read_what_is_shared(world: World) -> None:
    ref = world.restaurant(steps=1)
    assert lines(world, "asked", "?tab=asked") == {ref: f"{SHOP} · {DISTRICT}"}, "the referral names both"
    models.Referral.objects.filter(case_id=ref).update(sees='["premises"]')
    assert lines(world, "asked", "?tab=asked") == {ref: DISTRICT}
    models.Referral.objects.filter(case_id=ref).update(sees="[]")
    assert lines(world, "asked", "?tab=asked") == {ref: ""}
    for who in ("stranger", "asked"):
        for tab in ("todo", "waiting", "mine", "closed", "open"):
            page = world.client(who).get(f"/en/desk/?tab={tab}").content.decode()
            assert SHOP not in page, (who, tab)
    case = cases.case(ref)
    acting.reply(case=case, department="fsd", result="no-objection", comment="", by="officer:x", at=AT)
    assert lines(world, "asked", "?tab=asked") == {}


def test_a_renewal_says_which_shop_as_its_register_does_to_everybody(world: World) -> None:
    ref = world.play("restaurant-renewal", "renewed")
    assert lines(world, "officer") == {ref: "大文冰室 · sham-shui-po"}, "the story's entry holds the bare value"
    assert lines(world, "officer", lang="zh-hant")[ref].startswith("大文冰室")
    case_search.index(ref)
    assert lines(world, "officer") == {ref: "大文冰室 · sham-shui-po"}
    assert "大文冰室".encode() not in bytes(models.Case.objects.get(ref=ref).line)
    models.Case.objects.update(subject_ref="gone")
    case_search.index(ref)
    assert lines(world, "officer") == {ref: ""}


def test_what_stands_in_the_table_is_encrypted_and_goes_with_the_person(world: World) -> None:
    ref = world.restaurant()
    row = models.Case.objects.get(ref=ref)
    assert SHOP.encode() not in bytes(row.line)
    assert line_of(row)["shop_name"] == SHOP
    moved = models.Case(ref="RL-2222-2222", person_ref=row.person_ref, line=row.line)
    with pytest.raises(vault.Tampered):
        line_of(moved)
    vault.forget(row.person_ref)
    assert line_of(row) == {}
    assert lines(world, "officer") == {ref: ""}
    erasure.erase(person_ref=row.person_ref, at=AT, by="system")
    assert models.Case.objects.get(ref=ref).line is None


def test_the_worker_writes_what_an_upgrade_left_out(world: World) -> None:
    ref = world.restaurant(steps=1)
    models.Case.objects.update(line=None, held=False, searchable=False)
    assert lines(world, "officer") == {ref: ""}
    case_search.index_what_is_missing(at=AT)
    assert lines(world, "officer") == {}, "it waits for other departments"
    assert lines(world, "officer", "?tab=waiting") == {ref: f"{SHOP} · {DISTRICT}"}


def test_fifty_lines_of_fifty_people_are_opened_with_one_query_for_their_keys(world: World) -> None:
    client = world.client("officer")
    for _ in range(12):
        world.restaurant()
    client.get("/en/desk/")
    vault.reset_memory()
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/en/desk/").content.decode()
    assert page.count('class="about"') == 12
    # One for the officer's own name and one for all lines; a saved view has none.
    assert sum("crypto_" in query["sql"] for query in queries) <= 3


def test_a_held_case_tells_for_whom_it_waits(world: World) -> None:
    ref = world.restaurant(steps=1)
    said = words(world.client("officer").get("/en/desk/?tab=waiting").content.decode())
    assert ref in said
    assert re.search(r"Fire Services Department 1\d working days left", said)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("[nothing]", "there is no question 'nothing'"),
        ("[applicant_name.family]", "there is no part of 'applicant_name' 'family'"),
        ("[findings.nothing]", "there is no question of an action 'nothing'"),
        ("[number]", "a line of a list shows no such answer"),
        ("[entry.shop_name]", "the service is not about an entry"),
    ],
)
def test_a_line_that_says_nothing_or_too_much_is_refused(world: World, line: str, why: str) -> None:
    text = GRANT.replace("department: dh\n", f"department: dh\ndesk_line: {line}\n").replace(
        "flow:\n", "      - number: {type: phone, label: {en: Number, zh-hant: 號碼}}\nflow:\n", 1
    )
    with pytest.raises(Broken, match=why):
        service(load.pack(), text)


def test_a_line_names_only_what_the_register_of_its_entry_shows(world: World) -> None:
    renewal = load.territory().service("restaurant-renewal")
    licence = load.territory().service("restaurant-licence")
    whole = Whole(renewal.model_copy(update={"desk_line": ("entry.shop_name", "entry.nothing")}), (), (), None, set())  # type: ignore[arg-type]
    said = [(path, str(message)) for path, message in desk_lines.problems_about(whole, licence)]
    assert [path for path, _ in said] == [("desk_line", 1)]
    assert "there is no fact that 'licensed-restaurants' shows 'nothing'" in said[0][1]
