"""A small service whose award follows from what an officer finds, for tests that each change it as they need."""

from tests.small import GRANT

# The sums: from a dated parameter and a decision table, and again from the sum itself.
ASKED = """\
            - days: {type: number, min: 0, max: 60, label: {en: Approved days, zh-hant: 核准日數}}
            - award:
                type: derived
                when: findings.days > 0
                value: findings.days * parameters.rate * decisions.share
                shows: money
                shown_to_applicant: true
                label: {en: Award, zh-hant: 補助額}
            - week:
                type: derived
                when: findings.days > 0
                value: findings.award / findings.days * 7
                shows: money
                label: {en: Award of a week, zh-hant: 每周補助額}
"""
AWARD = (
    GRANT[: GRANT.index("flow:")].replace(
        "form:\n",
        """\
parameters:
  rate:
    label: {en: Rate of a day, zh-hant: 每日金額}
    shows: money
    values: [{from: 2025-01-01, value: 100}, {from: 2026-02-01, value: 120}]
decisions:
  share:
    label: {en: Share that is paid, zh-hant: 發放比例}
    rows:
      - {when: answers.alone, then: 1, label: {en: All of it, zh-hant: 全數}}
      - {then: 0.5, label: {en: Half of it, zh-hant: 半數}}
form:
""",
        1,
    )
    + f"""\
      - alone: {{type: yes-no, label: {{en: Do you live alone?, zh-hant: 你是否獨居？}}}}
flow:
  start: received
  states:
    received:
      label: {{en: Received, zh-hant: 已收到}}
      actions:
        decide:
          label: {{en: Decide, zh-hant: 作出決定}}
          to: decided
          ask:
{ASKED}\
    decided:
      label: {{en: Decided, zh-hant: 已作決定}}
      notify: [told]
      actions:
        reopen: {{label: {{en: Look again, zh-hant: 重新審理}}, to: received}}
        count-again:
          label: {{en: Correct the days, zh-hant: 更正日數}}
          ask:
            - days: {{type: number, min: 0, max: 60, label: {{en: Approved days, zh-hant: 核准日數}}}}
        close: {{label: {{en: Close, zh-hant: 結案}}, to: closed}}
    closed: {{label: {{en: Closed, zh-hant: 已結案}}, final: true, result: granted, issue: award}}
records:
  award:
    title: {{en: Award, zh-hant: 補助通知}}
    valid: 1 year
    facts: {{sum: {{label: {{en: Sum, zh-hant: 金額}}, value: findings.award}}}}
notices:
  told:
    subject: {{en: "Decided", zh-hant: "已作決定"}}
    body: {{en: "You get {{findings.award}}.", zh-hant: "你可獲{{findings.award}}。"}}
retention: {{granted: 7 years}}
"""
)
ANSWERS = {"applicant_name": "Chan", "alone": False}
