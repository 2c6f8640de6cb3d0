"""Expressions over the items of a list can only read names that the items have."""

import pytest
from tests.journeys.test_applicant import NOMINATION
from tests.small import GRANT, SCHOOL, problems

from praya.journey import load

HOUSE = GRANT.replace(
    "      - applicant_name:",
    """\
      - members:
          type: repeat
          max: 5
          label: {en: Members, zh-hant: 成員}
          item: {en: Member, zh-hant: 成員}
          questions:
            - member: {type: text, label: {en: Name, zh-hant: 姓名}}
            - incomes:
                type: repeat
                min: 0
                max: 5
                label: {en: Incomes, zh-hant: 入息}
                item: {en: Income, zh-hant: 入息}
                questions:
                  - sum_of_it: {type: money, label: {en: Sum, zh-hant: 金額}}
      - applicant_name:""",
).replace("form:\n", 'conditions:\n  odd: {when: "WHEN", label: {en: Odd, zh-hant: 異常}}\nform:\n')


def told(when: str) -> list[str]:
    return problems(load.pack(), HOUSE.replace("WHEN", when))


@pytest.mark.parametrize(
    "when",
    [
        "answers.members.exists(m, m.member == 'x')",
        "sum(answers.members.map(m, sum(m.incomes.map(i, i.sum_of_it)))) > 1",
        "answers.members.all(m, m.incomes.all(m, m.sum_of_it > 1) && m.member.startsWith('m.nobody'))",
        "size(flatten(answers.members.map(m, m.incomes))) > 2",
        # Of what is made on the way nothing certain is known.
        "answers.members.map(m, {'made': m.member}).exists(n, n.anything == 1)",
    ],
)
def test_what_an_item_has_may_be_read(when: str) -> None:
    assert told(when) == []


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("answers.members.exists(m, m.membre == 'x')", "'membre'; did you mean 'member'? (known: incomes, member)"),
        ("sum(answers.members.map(m, sum(m.incomes.map(i, i.sum)))) > 1", "no item has 'sum' (known: sum_of_it)"),
        ("answers.members.all(m, m.incomes.all(m, m.member == 'x'))", "'member'"),
        ("size(answers.members.filter(m, m.income.size() > 0)) > 1", "'income'; did you mean 'incomes'?"),
    ],
)
def test_what_no_item_has_is_told(when: str, said: str) -> None:
    (problem,) = [one for one in told(when) if "no item has" in one]
    assert said in problem


def test_reviews_parties_and_letters_are_looked_at_too() -> None:
    wrong = GRANT.replace("r.score)", "r.points)")
    assert any("'points'" in one and "score" in one for one in problems(load.pack(), wrong))
    assert not problems(load.pack(), NOMINATION)
    wrong = NOMINATION.replace("r.referee != applicant", "r.referree != applicant")
    assert any("did you mean 'referee'?" in one for one in problems(load.pack(), wrong))
    assert not problems(load.pack(), SCHOOL)
