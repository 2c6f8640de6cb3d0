"""What an applicant changed: between two answers to an action, between two applications, and the letters of before."""

from collections.abc import Iterator
from datetime import timedelta
from textwrap import indent
from typing import Any

import pytest
from tests.small import AT, GRANT, player, published
from tests.web.test_desk import words
from tests.web.test_desk_reviews import officer

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.definition.service import Service
from praya.journey import erasure, load
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal

MEMBERS = """\
      - members:
          type: repeat
          max: 5
          label: {en: Household, zh-hant: 家庭成員}
          item: {en: Member, zh-hant: 成員}
          questions:
            - called: {type: text, label: {en: Name, zh-hant: 姓名}}
            - income: {type: number, label: {en: Income, zh-hant: 收入}}
      - proof: {type: file, accept: [pdf], max_files: 3, label: {en: Proof, zh-hant: 證明}}
"""
MEMBERS_AGAIN = indent(MEMBERS, "      ")
AMENDED = (
    GRANT.replace("flow:\n", MEMBERS + "flow:\n", 1)
    .replace(
        "        recommend: {label: {en: Recommend, zh-hant: 推薦}, to: assessing}\n",
        """\
        amend:
          label: {en: Send it again, zh-hant: 再次遞交}
          by: applicant
          notify: [got-it]
          ask:
            - why: {type: text, label: {en: Reason, zh-hant: 原因}}
"""
        + MEMBERS_AGAIN
        + "        recommend: {label: {en: Recommend, zh-hant: 推薦}, to: assessing}\n",
    )
    .replace(
        "retention:",
        """\
notices:
  got-it:
    channels: [inbox]
    subject: {en: We have it, zh-hant: 已收到}
    body: {en: "Your reason is {findings.why}.", zh-hant: "你的原因是{findings.why}。"}
retention:""",
    )
)
ANN, BEN, CAT = ({"called": name, "income": income} for name, income in (("Ann", 1000), ("Ben", 2000), ("Cat", 0)))
FIRST = {"applicant_name": "Chan", "members": [ANN, BEN], "proof": ["plan.pdf"]}


def amends(**answers: Any) -> dict[str, Any]:
    return {"by": "applicant", "do": "amend", "answers": answers}


@pytest.fixture
def service(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    yield published(AMENDED)
    load.forget()
    vault.reset_memory()


def changed(html: str) -> list[list[str]]:
    """The rows of the comparison: question, before, now."""
    body = html[html.index("<tbody") : html.index("</tbody>")].replace("<dt>", " ").replace("<dd>", " ")
    return [[words("<t" + cell).strip() for cell in row.split("<t")[1:]] for row in body.split("<tr")[1:]]


def test_a_changed_answer_an_item_and_a_file_are_shown_side_by_side(service: Service) -> None:
    played = player(service, answers=FIRST)(
        amends(why="moved", members=[ANN, BEN], proof=["plan.pdf"]),
        amends(why="moved", members=[{**ANN, "income": 1500}, CAT, BEN], proof=["plan.pdf", "second.pdf"]),
    )
    ref, ben = played.case.ref, officer("ben")
    (version,) = cases.versions_of(ref)
    assert f"/en/desk/cases/{ref}/changes?version={version.number}" in ben.get(f"/en/desk/cases/{ref}").content.decode()
    forms.scan(at=AT)
    page = ben.get(f"/en/desk/cases/{ref}/changes").content.decode()
    income, cat, proof = changed(page)
    assert income == ["Member 1: Income", "1,000", "1,500"]
    assert cat[:2] == ["Member 2", "Not there"]
    assert "Cat" in cat[2]
    # The file that was sent again with the same content is the same file; the second one is new.
    assert (proof[0], proof[1].count(".pdf"), proof[2].count(".pdf")) == ("Proof", 1, 2)
    assert "Send it again" in words(page)
    assert "Applicant" in words(page)
    assert "Answers that are the same: 1." in words(page)
    assert changed(ben.get(f"/en/desk/cases/{ref}/changes?version={version.number}").content.decode()) == changed(page)


@pytest.mark.parametrize(
    ("now", "rows"),
    [
        ([BEN], [["Member 1 before", "Ann 1,000", "Not there"]]),
        ([CAT, BEN], [["Member 1: Name", "Ann", "Cat"], ["Member 1: Income", "1,000", "0"]]),
        ([BEN, ANN], [["Member 1", "Not there", "Ben 2,000"], ["Member 2 before", "Ben 2,000", "Not there"]]),
        ([ANN, BEN], []),
    ],
)
def test_items_are_matched_by_what_they_say(service: Service, now: list[Any], rows: list[list[str]]) -> None:
    again = amends(why="b", members=now, proof=["plan.pdf"])
    played = player(service, answers=FIRST)(amends(why="a", members=[ANN, BEN], proof=["plan.pdf"]), again)
    forms.scan(at=AT)
    page = officer("ben").get(f"/en/desk/cases/{played.case.ref}/changes").content.decode()
    found = [[" ".join(cell.replace("Name", "").replace("Income", "").split()) if n else cell
              for n, cell in enumerate(row)] for row in changed(page)]  # fmt: skip
    assert [row for row in found if row[0] != "Reason"] == rows


@pytest.mark.parametrize("lang", ["en", "zh-hant", "zh-hans"])
def test_an_application_is_compared_with_the_one_before_of_the_same_person(service: Service, lang: str) -> None:
    first = player(service, answers=FIRST)().case.ref
    second = player(service, answers={**FIRST, "applicant_name": "Cheung"}, starts=AT + timedelta(days=9))().case.ref
    stranger = identity.enrol(email="stranger@example.com", name=None, language="en", at=AT)
    ben = officer("ben")
    page = ben.get(f"/{lang}/desk/cases/{second}/changes").content.decode()
    assert first in page
    # Files that are not scanned cannot be told apart, so the certificate counts as another one.
    assert next(row[1:] for row in changed(page)) == ["Chan", "Cheung"]
    forms.scan(at=AT)
    page = ben.get(f"/{lang}/desk/cases/{second}/changes?with={first}").content.decode()
    assert [row[1:] for row in changed(page)] == [["Chan", "Cheung"]]
    for ref in (first, second):
        assert [fact.facts["what"] for fact in journal.about(ref, events=["case_read"])] == ["comparison"] * 2
    # The first has nothing to be compared with, and an application of somebody else is none of it.
    assert ben.get(f"/{lang}/desk/cases/{first}/changes").status_code == 404
    assert ben.get(f"/{lang}/desk/cases/{first}/changes?with={second}").status_code == 404
    erasure.erase(person_ref=cases.case(first).person_ref, at=AT + timedelta(days=31), by="system")
    assert "Chan" not in ben.get(f"/{lang}/desk/cases/{second}/changes").content.decode()
    assert stranger.ref != cases.case(first).person_ref


def test_an_officer_does_not_see_an_earlier_application_in_which_they_took_part(service: Service) -> None:
    first = player(service, answers=FIRST)().case.ref
    second = player(service, answers=FIRST, starts=AT + timedelta(days=9))().case.ref
    for name, status in (("ben", 200), ("player", 403)):
        assert officer(name).get(f"/en/desk/cases/{second}/changes?with={first}").status_code == status


def test_a_letter_is_read_by_the_department_that_sent_it(service: Service) -> None:
    ref = player(service, answers=FIRST)(amends(why="because", members=[ANN], proof=["plan.pdf"])).case.ref
    (sent,) = notices.of_case(ref)
    ben, address = officer("ben"), f"/en/desk/cases/{ref}/letters/{sent.ref}"
    assert address in ben.get(f"/en/desk/cases/{ref}").content.decode()
    assert "Your reason is because." in words(ben.get(address).content.decode())
    assert next(fact.facts["what"] for fact in journal.about(ref, events=["case_read"])) == "letter"
    other = player(service, answers=FIRST, starts=AT + timedelta(days=9))().case.ref
    assert ben.get(f"/en/desk/cases/{other}/letters/{sent.ref}").status_code == 404
    assert notices.of_case(ref)[0].read_at is None
