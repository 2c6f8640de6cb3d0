"""Rules of a form can read the applicant: nobody can nominate themselves, however they write their address."""

from typing import Any

import pytest
from tests.small import AT, GRANT, player, published

from praya.blocks.identity import api as identity
from praya.journey import draft_progress, version_choice

pytestmark = pytest.mark.django_db

NOMINATION = GRANT.replace(
    "      - applicant_name:",
    """\
      - nominee: {type: email, label: {en: E-mail address of the nominee, zh-hant: 被提名人的電郵地址}}
      - referees:
          type: repeat
          max: 3
          label: {en: Referees, zh-hant: 諮詢人}
          item: {en: Referee, zh-hant: 諮詢人}
          rules:
            - unless: answers.referees.all(r, r.referee != applicant.email && r.referee != answers.nominee)
              say: {en: Name somebody else., zh-hant: 請填寫其他人。}
          questions:
            - referee: {type: email, label: {en: E-mail address, zh-hant: 電郵地址}}
      - applicant_name:""",
).replace(
    "form:\n",
    """\
eligibility:
  - unless: answers.nominee != applicant.email
    refuse: {en: Nobody nominates themselves., zh-hant: 不可提名自己。}
form:
""",
)
SOMEBODY: dict[str, Any] = {
    "nominee": "chan@example.com", "referees": [{"referee": "wong@example.com"}], "applicant_name": "Lee",
}  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "expect"),
    [
        ({}, {"state": "received"}),
        ({"nominee": "Player@Example.com"}, {"refused": True}),
        ({"referees": [{"referee": "PLAYER@example.com"}]}, {"errors": {"referees": "rule"}}),
        ({"referees": [{"referee": "CHAN@example.com"}]}, {"errors": {"referees": "rule"}}),
    ],
)
def test_the_applicant_s_address_is_known_to_rules(answers: dict[str, Any], expect: dict[str, Any]) -> None:
    player(published(NOMINATION), answers=SOMEBODY | answers)(expect=expect)


def test_it_is_known_while_the_form_is_filled_in_and_looked_up_only_where_it_is_read() -> None:
    person = identity.enrol(email="player@example.com", name=None, language="en", at=AT)

    def seen(text: str) -> Any:
        draft = version_choice.begin(service=published(text), person_ref=person.ref, language="zh-hant", at=AT)
        return draft_progress.walk(draft, at=AT).known({"nominee": "x@example.com"})["applicant"]

    assert seen(NOMINATION) == {"email": "player@example.com", "language": "zh-hant"}
    plain = GRANT.replace("small-grant", "plain-grant").replace("reference: SG", "reference: SP")
    assert seen(plain) == {"email": None, "language": "zh-hant"}
