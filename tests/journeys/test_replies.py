"""What departments reply, as values: in conditions and ways, in letters and records, and to whom it is told."""

import pytest
from tests.small import GRANT, player, problems, published

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.journey import load

pytestmark = pytest.mark.django_db
FLOW = """
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions:
        ask: {label: {en: Ask, zh-hant: 徵詢}, to: asking, refer: [fsd, bd], public_replies: true}
    asking:
      label: {en: Departments are asked, zh-hant: 正徵詢部門}
      when_replied:
        - {when: "replies.fsd.result == 'objection'", to: refused}
        - {when: decisions.strict == 'hard', to: hard}
        - {to: granted}
    granted:
      label: {en: Granted, zh-hant: 已批准}
      final: true
      result: granted
      issue: permit
      notify: [granted]
    hard: {label: {en: Hard, zh-hant: 嚴格}, final: true, result: granted}
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused}
records:
  permit:
    title: {en: Permit, zh-hant: 許可證}
    facts:
      name: {label: {en: Name, zh-hant: 姓名}, value: answers.applicant_name}
      conditions: {label: {en: Conditions, zh-hant: 條件}, value: replies.conditions}
      of_fire: {label: {en: Fire services, zh-hant: 消防}, value: replies.fsd.result}
notices:
  granted:
    subject: {en: Granted, zh-hant: 已批准}
    body:
      en: "Fire: {replies.fsd.result}. {replies.fsd.conditions} Buildings: {replies.bd.comment}"
      zh-hant: "消防：{replies.fsd.result}。{replies.fsd.conditions}屋宇：{replies.bd.comment}"
retention: {granted: 7 years, refused: 3 years}
"""
TABLE = """
decisions:
  strict:
    label: {en: How strict, zh-hant: 嚴格程度}
    rows:
      - {when: "size(replies.conditions) > 2", then: hard, label: {en: Hard, zh-hant: 嚴格}}
      - {then: plain, label: {en: Plain, zh-hant: 一般}}
"""
ASKED = GRANT.partition("flow:\n")[0] + TABLE + FLOW
ASK = {"by": "officer", "do": "ask"}


def reply(department: str, result: str, comment: str = "") -> dict[str, object]:
    return {"by": department, "reply": {"result": result, "comment": comment}, "after": "1 day"}


def test_replies_are_values_in_ways_letters_and_records() -> None:
    played = player(published(ASKED))(
        ASK,
        {**reply("bd", "no-objection", "The beams were seen."), "expect": {"state": "asking"}},
        {
            **reply("fsd", "conditions", "Two hoses\n\nA door to the yard\n"),
            "expect": {"state": "granted", "record": {"conditions": "Two hoses\nA door to the yard"}},
        },
    )
    (record,) = credentials.of_case(played.case.ref)
    said = {fact.name: fact.value for fact in record.facts}
    assert said["of_fire"] == {
        "en": "No objection, with conditions", "zh-hant": "不反對，但須符合條件", "zh-hans": "不反对，但须符合条件",
    }  # fmt: skip
    person = identity.find(email="player@example.com")
    assert person is not None
    (letter,) = notices.inbox(person.ref)
    assert letter.body == (
        "Fire: No objection, with conditions. Two hoses\nA door to the yard Buildings: The beams were seen."
    )


@pytest.mark.parametrize(
    ("bd", "fsd", "state"),
    [
        (("no-objection", ""), ("objection", "No"), "refused"),
        (("conditions", "a\nb"), ("conditions", "c"), "hard"),
        (("conditions", "a"), ("conditions", "c"), "granted"),
    ],
)
def test_a_result_leads_the_case_and_a_table_reads_conditions(
    bd: tuple[str, str], fsd: tuple[str, str], state: str
) -> None:
    player(published(ASKED))(ASK, reply("bd", *bd), {**reply("fsd", *fsd), "expect": {"state": state}})


READING = """
decisions:
  outcome:
    rows:
      - {when: "findings.damage > 100 && parties.expert.answers.sure", then: pays, label: {en: Pays, zh-hant: 賠償}}
      - {when: "average(reviews.assess.map(r, r.score)) >= 5", then: good, label: {en: Good, zh-hant: 良好}}
      - {then: plain, label: {en: Plain, zh-hant: 一般}}
conditions:
  damaged: findings.damage > 100
form:
  - page: about-you
    questions:
      - applicant_name: {type: text, label: {en: Your name, zh-hant: 姓名}}
      - expert_email: {type: email, label: {en: E-mail, zh-hant: 電郵}}
parties:
  expert:
    label: {en: Expert, zh-hant: 專家}
    email: answers.expert_email
    form: [{page: sure, questions: [{sure: {type: yes-no, label: {en: Sure?, zh-hant: 確定？}}}]}]
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions:
        assess:
          label: {en: Assess, zh-hant: 評分}
          reviewers: 2
          ask: [{score: {type: number, label: {en: Score, zh-hant: 分數}}}]
        look:
          label: {en: Look, zh-hant: 查看}
          to: seen
          ask:
            - damage: {type: number, label: {en: Damage, zh-hant: 損毀}}
            - share:
                type: derived
                shows: number
                value: "conditions.damaged ? 2 : 1"
                label: {en: Share, zh-hant: 份額}
    seen:
      label: {en: Seen, zh-hant: 已查看}
      next:
        - {when: decisions.outcome == 'pays', to: pays}
        - {when: decisions.outcome == 'good', to: good}
        - {to: plain}
    pays: {label: {en: Pays, zh-hant: 賠償}, final: true, result: granted}
    good: {label: {en: Good, zh-hant: 良好}, final: true, result: granted}
    plain: {label: {en: Plain, zh-hant: 一般}, final: true, result: refused}
retention: {granted: 7 years, refused: 3 years}
"""
READS = GRANT.partition("form:\n")[0] + READING


@pytest.mark.parametrize(
    ("damage", "sure", "scores", "state", "share"),
    [
        (200, True, (1, 1), "pays", 2),
        (200, False, (6, 8), "good", 2),
        (50, True, (6, 8), "good", 1),
        (50, True, (1, 2), "plain", 1),
    ],
)
def test_a_table_reads_findings_reviews_and_parties(
    damage: int, sure: bool, scores: tuple[int, int], state: str, share: int
) -> None:
    answers = {"applicant_name": "Chan", "expert_email": "expert@example.com"}
    player(published(READS), answers=answers)(
        {"party": "expert", "answers": {"sure": sure}},
        {"by": "officer", "who": "a", "do": "assess", "answers": {"score": scores[0]}},
        {"by": "officer", "who": "b", "do": "assess", "answers": {"score": scores[1]}},
        {
            "by": "officer", "do": "look", "answers": {"damage": damage},
            "expect": {"state": state, "findings": {"share": share}},
        },
    )  # fmt: skip


def test_what_only_a_case_knows_is_not_read_before_it() -> None:
    rule = "eligibility: [{unless: decisions.outcome == 'pays', refuse: {en: No, zh-hant: 否}}]\nflow:\n"
    found = problems(load.pack(), READS.replace("flow:\n", rule, 1))
    assert any("'decisions.outcome' rests on 'findings', which a case knows" in problem for problem in found), found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (", public_replies: true", "", "'replies.bd.comment': what 'bd' writes is for officers"),
        (", public_replies: true", "", "'replies.conditions': what 'fsd' writes is for officers"),
        ("replies.fsd.result == 'objection'", "replies.fsd.result == 'objects'", "no result of a reply 'objects'"),
        ("value: replies.fsd.result", "value: replies.fds.result", "'replies.fds' does not exist"),
        ("value: replies.fsd.result", "value: replies.fsd.results", "there is no word after 'replies.fsd.' 'results'"),
        ("refer: [fsd, bd], public_replies", "public_replies", "'public_replies' is about what departments write"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_replies_is_told(old: str, new: str, said: str) -> None:
    found = problems(load.pack(), ASKED.replace(old, new))
    assert any(said in problem for problem in found), found


# The case itself asks, by whatever way it comes into the state: here as soon as it is handed in.
BY_ITSELF = ASKED.replace("  start: received\n", "  start: asking\n").replace(
    "      label: {en: Departments are asked, zh-hant: 正徵詢部門}\n",
    """\
      label: {en: Departments are asked, zh-hant: 正徵詢部門}
      clock: 30 working days
      refers:
        to: [fsd, bd]
        sees: [applicant_name]
        reply_within: 5 working days
        each_within: {bd: 10 working days}
        public_replies: true
      when_late: [{of: [fsd], assume: no-objection}]
      actions: {again: {label: {en: Again, zh-hant: 再徵詢}, to: received}}
""",
).replace("to: asking, refer: [fsd, bd], public_replies: true}", "to: asking}")  # fmt: skip


def test_a_state_asks_by_itself_and_each_department_has_its_own_clock() -> None:
    assert problems(load.pack(), BY_ITSELF) == []
    played = player(published(BY_ITSELF))()
    asked = {one.department: one for one in cases.case(played.case.ref).referrals}
    assert sorted(asked) == ["bd", "fsd"]
    assert (asked["bd"].due_at - asked["fsd"].due_at).days == 7
    assert [one.sees for one in asked.values()] == [("applicant_name",)] * 2
    played = player(published(BY_ITSELF))(
        {**reply("bd", "conditions", "A door"), "expect": {"state": "asking"}},
        {"after": "3 weeks", "expect": {"state": "granted"}},
    )
    assert "Buildings: A door" in notices.inbox(played.person.ref)[0].body


def test_a_state_that_is_entered_again_asks_those_who_have_replied() -> None:
    played = player(published(BY_ITSELF))(
        reply("bd", "objection"), {"by": "officer", "do": "again"}, {"by": "officer", "do": "ask"}
    )
    open_now = [one.department for one in cases.case(played.case.ref).referrals if one.replied_at is None]
    assert sorted(open_now) == ["bd", "fsd"]


def test_a_state_asks_only_when_its_condition_holds() -> None:
    text = BY_ITSELF.replace(
        "        to: [fsd, bd]\n", "        to: [fsd, bd]\n        when: answers.applicant_name == 'Chan'\n"
    )
    played = player(published(text), answers={"applicant_name": "Lee"})()
    assert cases.case(played.case.ref).referrals == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("to: [fsd, bd]", "to: [fsd, dh]", "owns the service and need not be asked"),
        ("to: [fsd, bd]", "to: [fsd, fdd]", "there is no department 'fdd'"),
        ("sees: [applicant_name]", "sees: [applicant]", "there is no question or page 'applicant'"),
        ("each_within: {bd:", "each_within: {td:", "there is no department that is asked 'td'"),
        (
            "public_replies: true\n      when_late",
            "public_replies: false\n      when_late",
            "what 'bd' writes is for officers",
        ),
    ],
)
def test_what_is_wrong_with_whom_a_state_asks_is_told(old: str, new: str, said: str) -> None:
    assert old in BY_ITSELF
    found = problems(load.pack(), BY_ITSELF.replace(old, new))
    assert any(said in problem for problem in found), found
