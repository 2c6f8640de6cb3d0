"""Communities: named groups of a pack, whose members have roles in them and a page at the desk."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from tests.packs import installed, pack_with
from tests.shape.conftest import signed_in
from tests.small import AT, GRANT, player, problems, published

from praya.blocks.identity import api as identity
from praya.definition.pack import Pack
from praya.definition.source import Broken
from praya.journey import load
from praya.project.commands import officers
from praya.project.refusal import Refused
from praya.web import who
from praya.web.desk import reach

JURY = """
roles:
  juror: {title: {en: Juror, zh-hant: 評審員}, of: community}
  chair: {title: {en: Chair, zh-hant: 主席}, of: community, includes: [juror]}
communities:
  arts-jury: {title: {en: Arts jury, zh-hant: 藝術評審團}, roles: [juror, chair]}
  water-board: {title: {en: Water board, zh-hant: 水務委員會}, roles: [juror]}
"""


@pytest.fixture
def pack(db: None, tmp_path: Path) -> Iterator[Pack]:
    with installed(pack_with(tmp_path / "with-jury", JURY), at=AT) as pack:
        yield pack


def given(email: str, *roles: str, name: str = "Member Sample") -> identity.Officer:
    """An officer to whom `praya officers add` gives these roles."""
    officers.run(argparse.Namespace(what="add", name=name, email=email, operator="test", role=[*roles]))
    return next(one for one in identity.officers() if one.email == email)


def text(client: Client, address: str) -> str:
    return client.get(address, follow=True).content.decode()


def test_a_role_of_a_community_is_given_only_in_a_community_that_has_it(pack: Pack) -> None:
    juror = given("j@example.com", "community:arts-jury:juror")
    assert (juror.departments, juror.communities) == (frozenset(), {"arts-jury"})
    for role, words in {
        "community:art-jury:juror": "no community 'art-jury'; did you mean 'arts-jury'",
        "community:water-board:chair": "no role 'chair' in 'community:water-board'",
        "community:arts-jury:officer": "no role 'officer'",
        "dh:juror": "no role 'juror' in 'dh'",
        "nothing:arts-jury:juror": "no role 'juror'",
    }.items():
        with pytest.raises(Refused, match=words):
            given("x@example.com", role)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("roles: {juror: {title: {en: J, zh-hant: 甲}}}\n"
         "communities: {jury: {title: {en: J, zh-hant: 甲}, roles: [juror]}}"), "no role 'juror'"),
        ("communities: {jury: {title: {en: J, zh-hant: 甲}, roles: [officer]}}", "no role 'officer'"),
        ("communities: {jury: {title: {en: J, zh-hant: 甲}, roles: []}}", "roles"),
        ("roles: {chair: {title: {en: C, zh-hant: 甲}, of: community, includes: [officer]}}", "no role 'officer'"),
        ("roles: {chief: {title: {en: C, zh-hant: 甲}, of: town}}", "department"),
        (f"communities: {{{'j' * 41}: {{title: {{en: J, zh-hant: 甲}}, roles: [x]}}}}", "at most 40 characters"),
    ],
)  # fmt: skip
def test_a_pack_whose_communities_do_not_fit_is_refused(tmp_path: Path, wrong: str, words: str) -> None:
    with pytest.raises(Broken, match=words):
        pack_with(tmp_path / "wrong", f"\n{wrong}\n")


def test_a_definition_cannot_give_an_action_to_a_role_of_a_community(pack: Pack) -> None:
    recommend = "recommend: {label: {en: Recommend, zh-hant: 推薦}, to: assessing"
    (problem,) = problems(pack, GRANT.replace(recommend, f"{recommend}, by: juror"))
    assert "'juror'" in problem


def test_a_member_has_a_tab_and_a_page_and_no_case(pack: Pack) -> None:
    case = player(published())().case
    juror = given("j@example.com", "community:arts-jury:juror", name="Jo Sample")
    given("c@example.com", "community:arts-jury:chair", "dh:officer", name="Cho Sample")
    client = signed_in(officer=juror)
    landing = client.get("/en/desk/", follow=True)
    assert landing.redirect_chain[-1][0] == "/en/desk/communities/arts-jury"
    page = landing.content.decode()
    assert all(words in page for words in ("Arts jury", "Jo Sample (you)", "Juror", "Cho Sample", "Chair"))
    assert "To do" not in page
    assert "藝術評審團" in text(client, "/zh-hant/desk/communities")
    assert client.get("/en/desk/communities/water-board").status_code == 404
    assert client.get(f"/en/desk/cases/{case.ref}").status_code == 404
    assert not reach.services_of(juror)
    assert who.has_role(juror, "juror")
    assert not who.has_role(juror, "officer")


def test_a_member_of_two_communities_chooses_and_others_have_no_tab(pack: Pack) -> None:
    member = given("m@example.com", "community:arts-jury:chair", "community:water-board:juror", "dh:officer")
    plain = given("p@example.com", "dh:officer")
    assert who.has_role(member, "juror"), "the chair includes it"
    choice = text(signed_in(officer=member), "/en/desk/communities")
    assert "/en/desk/communities/arts-jury" in choice
    assert "Your role: Chair" in choice
    assert "/en/desk/communities/water-board" in choice
    other = signed_in(officer=plain)
    assert "/en/desk/communities" not in text(other, "/en/desk/")
    assert other.get("/en/desk/communities").status_code == 404
    assert other.get("/en/desk/communities/arts-jury").status_code == 404


def test_a_community_that_the_pack_dropped_allows_nothing(pack: Pack) -> None:
    juror = given("j@example.com", "community:water-board:juror")
    smaller = pack.model_copy(update={"communities": {"arts-jury": pack.communities["arts-jury"]}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "pack", lambda: smaller)
        client = signed_in(officer=juror)
        assert client.get("/en/desk/communities/water-board").status_code == 404
        assert "Water board" not in text(client, "/en/desk/communities")


def test_many_members_have_pages(pack: Pack) -> None:
    members = [
        identity.add_officer(
            name=f"Member {number:03}", email=f"m{number}@example.com", at=AT, by="system",
            roles=frozenset({identity.Role("community:arts-jury", "juror")}),
        )
        for number in range(53)
    ]  # fmt: skip
    client, seen = signed_in(officer=members[0]), ""
    first = text(client, "/en/desk/communities/arts-jury")
    following = first.partition('rel="next" href="')[2].partition('"')[0]
    seen = first + text(client, f"/en/desk/communities/arts-jury{following}")
    assert first.count("Member ") == 50
    assert all(f"Member {number:03}" in seen for number in range(53))
