"""The search of the desk: every spelling is found, by whoever may see the case, and by nobody else."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.small import CHILD, SCHOOL, player, published
from tests.web.test_desk import AT, World, words

from praya.blocks.cases import api as cases
from praya.blocks.cases.models import SearchTerm
from praya.blocks.identity import api as identity
from praya.definition import search_terms
from praya.journey import case_search, erasure, jobs, load
from praya.kernel.crypto import vault
from praya.kernel.journal.models import JournalEntry
from praya.web import rate_limits


@pytest.fixture
def world(pack_is_live: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()


def asked(world: World, who: str, typed: str, lang: str = "en") -> Any:
    return world.client(who).post(f"/{lang}/desk/search", {"q": typed}, follow=True)


def found(world: World, who: str, typed: str) -> list[str]:
    """The references that a search leads to."""
    answer = asked(world, who, typed)
    if answer.redirect_chain and "/cases/" in answer.redirect_chain[-1][0]:
        return [answer.redirect_chain[-1][0].rpartition("/")[2]]
    return sorted(re.findall(r"data-row>([^<]+)<", answer.content.decode()))


SPELLINGS = (
    "A123456(3)", "a1234563", "Ａ１２３４５６（３）", "A 123456 3",
    "陳大文", "陈大文", " 陳 大文", "Chan Tai Man", "CHAN, Tai-Man", "Tai Man Chan",
    "ｃｈａｎ ｔａｉ ｍａｎ", "CHAN TAIMAN 陳大文",
    "5123 4567", "51234567", "+852 5123 4567", "(852) 5123-4567", "５１２３４５６７",
)  # fmt: skip


def test_every_spelling_finds_the_case_for_its_department_and_for_no_other(world: World) -> None:
    ref = world.restaurant()
    content = cases.content(ref).answers
    spellings = [
        *SPELLINGS,
        identity.person(cases.case(ref).person_ref).email.upper(),
        ref,
        ref.lower().replace("-", " "),
    ]
    assert "5123" in str(content), "the story has the number that is searched for"
    for typed in spellings:
        assert found(world, "officer", typed) == [ref], typed
        answer = asked(world, "stranger", typed)
        assert answer.status_code == 422, typed
        assert "There is no such case in your departments" in answer.content.decode()
        assert found(world, "asked", typed) == [], f"{typed} is found by a department that is not asked"
    for typed in ("Chan Tai", "512345", "陳", "A123456", "tai", "???", "‎"):
        assert found(world, "officer", typed) == [], f"{typed} is a part only"


def test_several_hits_are_a_list_of_pages_whose_address_says_nothing(world: World) -> None:
    refs = sorted(world.restaurant() for _ in range(3))
    answer = asked(world, "officer", "陳大文")
    url = answer.redirect_chain[-1][0]
    assert found(world, "officer", "陳大文") == refs
    page = answer.content.decode()
    assert "陳大文" in words(page)
    assert "example.com" not in page
    assert "5123" not in page
    for told in ("陳", "%E9", "Chan"):
        assert told not in url
    assert world.client("supervisor").get(url).status_code == 404, "the address is somebody else's"
    assert world.client("officer").get(url[:-4] + "AAAA").status_code == 404
    world.now += timedelta(hours=1, minutes=1)
    assert "This search is over" in world.client("officer").get(url).content.decode()
    facts = JournalEntry.objects.filter(event="cases_searched").values_list("facts", flat=True)
    assert list(facts) == ['{"found":3}'] * 2


def test_pages_of_hits_hold_each_case_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    refs = [world.restaurant() for _ in range(5)]
    forms = search_terms.of_typed("陳大文", "HK") | search_terms.of_typed("5123 4567", "HK")
    seen, mark = [], ""
    while True:
        page = cases.with_terms(within=cases.Access(("fehd", "fsd")), forms=forms, mark=mark, limit=2)
        seen += [row.case.ref for row in page.rows]
        mark = page.next_mark
        if not mark:
            break
    assert sorted(seen) == sorted(refs)


def test_who_is_asked_finds_what_is_shared_while_it_is_asked(world: World) -> None:
    played = player(published(SCHOOL), answers=CHILD)()
    ref = played.case.ref
    names = set(load.compiled("school-return", 1).questions)
    personal = [name for name, q in load.compiled("school-return", 1).questions.items() if search_terms.is_found_by(q)]
    assert personal, names
    cases.refer(ref=ref, departments=["fsd", "fehd"], due_at=None, sees=[personal[0]], at=AT, by="officer:x")
    case_search.index(ref)
    owned = SearchTerm.objects.filter(case_id=ref, department="dh").count()
    shared = SearchTerm.objects.filter(case_id=ref, department="fsd").count()
    assert 0 < shared < owned
    forms = search_terms.of_answers(
        [load.compiled("school-return", 1).questions[personal[0]]], cases.content(ref).answers
    )
    address = identity.person(cases.case(ref).person_ref).email
    assert [r.case.ref for r in cases.with_terms(within=cases.Access(("fsd",)), forms=forms).rows] == [ref]
    assert cases.with_terms(within=cases.Access(("fsd",)), forms=search_terms.of_typed(address, "HK")).rows == ()
    # A row that was left behind would tell nothing either.
    left = list(SearchTerm.objects.filter(case_id=ref, department="fsd"))
    cases.reply(ref=ref, department="fsd", result="no-objection", comment="", at=AT, by="officer:x")
    assert not SearchTerm.objects.filter(case_id=ref, department="fsd").exists()
    SearchTerm.objects.bulk_create(left)
    assert cases.with_terms(within=cases.Access(("fsd",)), forms=forms).rows == ()
    assert cases.with_terms(within=cases.Access(("fehd",)), forms=forms).rows != ()


def test_what_officers_find_out_and_parties_give_is_found_too(world: World) -> None:
    played = player(published(SCHOOL), answers=CHILD)()
    ref = played.case.ref
    doctor = identity.find(email="doctor@example.com")
    assert doctor is not None
    assert [r.case.ref for r in cases.with_terms(within=cases.Access(("dh",)), forms={"doctor@example.com"}).rows] == [
        ref
    ]
    erasure.erase(person_ref=doctor.ref, at=AT, by="system")
    case_search.index(ref)


def test_an_erased_person_is_found_by_nothing(world: World) -> None:
    ref, other = world.restaurant(), world.restaurant()
    erasure.erase(person_ref=cases.case(ref).person_ref, at=AT, by="system")
    assert not SearchTerm.objects.filter(case_id=ref).exists()
    assert found(world, "officer", "陳大文") == [other]
    case_search.rebuild()
    assert not SearchTerm.objects.filter(case_id=ref).exists()
    cases.erase(ref=other, at=AT)
    assert not SearchTerm.objects.exists()


def test_cases_of_before_are_made_searchable_and_the_index_can_be_made_anew(world: World, capsys: Any) -> None:
    refs = sorted(world.restaurant() for _ in range(3))
    before = sorted(SearchTerm.objects.values_list("case_id", "key", "department"))
    SearchTerm.objects.all().delete()
    cases.write_search_terms_anew()
    page = asked(world, "officer", "陳大文")
    assert page.status_code == 422
    assert "Older cases are still being prepared" in page.content.decode()
    part = next(part for part in jobs.PARTS if part.name == "index_cases")
    assert part.run(at=AT) == 3
    assert part.run(at=AT) == 0
    assert found(world, "officer", "陳大文") == refs
    SearchTerm.objects.filter(case_id=refs[0]).delete()
    SearchTerm.objects.create(case_id=refs[1], department="fehd", key="0" * 32, opened_at=AT)
    assert case_search.rebuild() == 3
    assert sorted(SearchTerm.objects.values_list("case_id", "key", "department")) == before


def test_the_index_holds_no_word_and_two_departments_share_no_key(world: World) -> None:
    world.restaurant()
    rows = list(SearchTerm.objects.values_list("department", "key"))
    assert rows
    assert all(re.fullmatch("[0-9a-f]{32}", key) for _, key in rows)
    from praya.blocks.cases import search

    assert search.key_of("fehd", "陈大文") in {key for _, key in rows}
    assert search.key_of("fehd", "陈大文") != search.key_of("fsd", "陈大文")


def test_a_search_is_limited_by_officer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rate_limits.RATES, "desk_search", "2/minute")
    client = world.client("officer")
    assert [client.post("/en/desk/search", {"q": "Nobody"}).status_code for _ in range(3)] == [422, 422, 429]
    assert world.client("supervisor").post("/en/desk/search", {"q": "Nobody"}).status_code == 422


@pytest.mark.parametrize("typed", ["", "   ", "\u200b", "x" * 101, "a\u202eb"])
def test_what_is_no_query_is_told(world: World, typed: str) -> None:
    answer = asked(world, "officer", typed)
    assert answer.status_code == 422
    assert "error" in answer.content.decode()


def test_a_case_shows_others_of_the_same_person_or_place_to_its_own_department_only(world: World) -> None:
    first, second = world.restaurant(), world.restaurant(steps=1)
    other = world.play(
        "restaurant-licence", "licence-granted",
        answers={"applicant_name": {"family": "WONG", "given": "Siu"}, "hkid": "C123456(9)", "mobile": "+85261234567",
                 "premises": {"street": "2 Example Street", "district": "sham-shui-po", "building": "Other House"}},
    )  # fmt: skip
    page = world.client("officer").get(f"/en/desk/cases/{first}").content.decode()
    assert "Other cases like this" in page
    assert f"/desk/cases/{second}" in page
    assert other not in page
    assert "Other cases like this" not in world.client("officer").get(f"/en/desk/cases/{other}").content.decode()
    assert "Other cases like this" not in world.client("asked").get(f"/en/desk/cases/{second}").content.decode()
    assert found(world, "officer", "Shop 3, Sample House, 1 Example Street, Sham-shui-po") == sorted([first, second])
    assert cases.linked(first, within=cases.Access(("fsd",))) == []
