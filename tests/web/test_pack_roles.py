"""A role that a pack adds: checked, given, played and acted on at the desk, and refused to whoever does not have it."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.packs import installed, pack_with
from tests.shape.conftest import signed_in
from tests.small import AT, GRANT, player, problems, published
from tests.web.test_desk import hidden

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition import flow_diagram
from praya.definition.pack import Pack
from praya.definition.source import Broken
from praya.kernel import roles
from praya.project.commands import officers
from praya.project.designing.stories import read_stories
from praya.project.refusal import Refused
from praya.web import display, who
from praya.web.desk import reach

ROLES = """
roles:
  inspector: {title: {en: Inspector, zh-hant: 督察}}
  chief: {title: {en: Chief inspector, zh-hant: 總督察}, includes: [inspector, supervisor]}
  supervisor: {title: {en: Team leader, zh-hant: 組長}}
"""
INSPECTED = GRANT.replace(
    "recommend: {label: {en: Recommend, zh-hant: 推薦}, to: assessing}",
    "recommend: {label: {en: Recommend, zh-hant: 推薦}, to: assessing, by: inspector}",
).replace("          reviewers: 2\n", "          reviewers: 2\n          by: inspector\n")


@pytest.fixture
def pack(db: None, tmp_path: Path) -> Iterator[Pack]:
    with installed(pack_with(tmp_path / "with-roles", ROLES), at=AT) as pack:
        yield pack


def given(*roles: str, department: str = "dh") -> identity.Officer:
    """An officer to whom `praya officers add` gives these roles."""
    officers.run(
        argparse.Namespace(
            what="add",
            name="Officer Sample",
            email=f"{'.'.join(roles)}.{department.replace(':', '.')}@example.com",
            operator="test",
            role=[f"{department}:{role}" for role in roles],
        )
    )
    return identity.officers()[-1]


def test_a_definition_may_say_the_role_and_a_misspelt_one_is_told_with_its_neighbour(pack: Pack) -> None:
    assert problems(pack, INSPECTED) == []
    wrong = problems(pack, INSPECTED.replace("by: inspector}", "by: inspctor}"))
    assert wrong == [
        (
            "flow.states.received.actions.recommend.by: there is no role 'inspctor'; did you mean 'inspector'?"
            " (known: applicant, chief, exporter, inspector, officer, respondent, supervisor, system)"
        )
    ]


@pytest.mark.parametrize("role", ["inspector", "chief"])
def test_a_story_is_played_by_the_role_and_by_those_that_include_it(pack: Pack, role: str) -> None:
    played = player(published(INSPECTED))({"by": role, "who": "anna", "do": "recommend"})
    assert played.case.state == "assessing"


@pytest.mark.parametrize("role", ["officer", "supervisor"])
def test_a_story_shows_that_other_roles_may_not(pack: Pack, role: str) -> None:
    step = {"by": role, "do": "recommend", "expect": {"errors": {"action": "not_allowed"}}}
    assert player(published(INSPECTED))(step).case.state == "received"


def test_stories_are_checked_against_the_roles(pack: Pack, tmp_path: Path) -> None:
    service = published(INSPECTED)
    (tmp_path / "examples").mkdir()
    story = "example: Inspected\nstarts: 2026-01-05\nlanguage: en\nanswers: {applicant_name: Chan}\nsteps:\n"
    (tmp_path / "examples" / "a.yaml").write_text(f"{story}  - {{by: inspector, do: recommend}}\n")
    (tmp_path / "examples" / "b.yaml").write_text(f"{story}  - {{by: inspectr, do: recommend}}\n")
    stories, wrong = read_stories(tmp_path / "service.yaml", service, pack)
    assert len(stories) == 1
    assert ["there is no role 'inspectr'; did you mean 'inspector'?" in one.message for one in wrong] == [True]


@pytest.mark.parametrize("role", ["inspector", "chief"])
def test_whoever_has_the_role_acts_at_the_desk(pack: Pack, role: str) -> None:
    case = player(published(INSPECTED))().case
    client, address = signed_in(officer=given(role)), f"/en/desk/cases/{case.ref}"
    assert "/do/recommend" in client.get(address).content.decode()
    page = client.get(f"{address}/do/recommend").content.decode()
    sent = {"revision": hidden(page, "revision"), "once": hidden(page, "once")}
    assert client.post(f"{address}/do/recommend", sent)["Location"] == f"{address}?done=recommend"
    assert cases.case(case.ref).state == "assessing"


@pytest.mark.parametrize(("role", "department"), [("supervisor", "dh"), ("inspector", "fehd")])
def test_whoever_has_it_not_or_elsewhere_cannot(pack: Pack, role: str, department: str) -> None:
    case = player(published(INSPECTED))().case
    client, address = signed_in(officer=given(role, department=department)), f"/en/desk/cases/{case.ref}"
    assert "/do/recommend" not in client.get(address).content.decode()
    answer = client.post(f"{address}/do/recommend", {"revision": str(case.revision), "once": "a" * 32})
    assert answer.status_code in {404, 409}
    assert cases.case(case.ref).state == "received"


def test_a_role_may_what_those_that_it_includes_may(pack: Pack) -> None:
    chief, inspector = given("chief"), given("inspector")
    assert [reach.may(chief, "dh", role) for role in ("inspector", "supervisor", "officer")] == [True, True, True]
    assert [reach.may(inspector, "dh", role) for role in ("inspector", "supervisor", "officer")] == [True, False, False]
    assert not reach.may(chief, "fehd", "officer")


def test_roles_are_called_as_the_pack_says_and_else_by_our_words(pack: Pack) -> None:
    titles = [display.role_title(role, pack, "zh-hans") for role in ("inspector", "supervisor", "officer", "gone")]
    assert titles == ["督察", "组长", "主任", "gone"]
    service = published(INSPECTED)
    assert "(Inspector)" in flow_diagram.arrows(service, "en", pack.role_titles)[0].says


def test_only_roles_that_there_are_are_given(pack: Pack) -> None:
    with pytest.raises(Refused, match=r"no role 'inspctor' in 'dh'.*did you mean 'inspector'"):
        given("inspctor")
    with pytest.raises(Refused, match="no role 'applicant'"):
        given("applicant")


def test_a_role_of_a_system_opens_its_pages_and_no_case(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = roles.Role(name="tide-editor", label="x.y", of="system")
    monkeypatch.setattr(roles, "_brought", (*roles._brought, ("tide_board", editor)))
    monkeypatch.delitem(pack.__dict__, "all_roles", raising=False)
    found, other = given("tide-editor", department="system:tide_board"), given("chief")
    assert who.has_role(found, "tide-editor")
    assert not who.has_role(other, "tide-editor")
    assert (found.departments, reach.may(found, "dh", "officer")) == (frozenset(), False)
    with pytest.raises(Refused, match="no role 'tide-editor' in 'dh'"):
        given("tide-editor")
    assert any(
        "there is no role 'tide-editor'" in one
        for one in problems(pack, GRANT.replace("unlike:", "by: tide-editor\n          unlike:"))
    )


@pytest.mark.parametrize(
    ("roles", "says"),
    [
        ("applicant: {title: {en: A, zh-hant: 甲}}", "'applicant' is who acts without a role already"),
        ("dh: {title: {en: A, zh-hant: 甲}}", "'dh' is a department already"),
        ("officer: {title: {en: A, zh-hant: 甲}, includes: [supervisor]}", "comes with Praya"),
        ("a: {title: {en: A, zh-hant: 甲}, includes: [oficer]}", "did you mean 'officer'?"),
        (f"{'a' * 41}: {{title: {{en: A, zh-hant: 甲}}}}", "at most 40 characters"),
    ],
)
def test_a_pack_s_roles_are_checked(tmp_path: Path, roles: str, says: str) -> None:
    with pytest.raises(Broken) as broken:
        pack_with(tmp_path / "wrong", f"\nroles:\n  {roles}\n")
    (problem,) = broken.value.problems
    assert says in problem.message
    assert problem.file.endswith("pack.yaml")
    assert problem.line > 10
