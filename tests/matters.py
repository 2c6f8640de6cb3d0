"""An allowance, and reviews about it that hold it, move it and are answered by whoever has it."""

from praya.definition.service import Service
from tests import small_services

ALLOWANCE = """
form:
  - page: you
    questions:
      - name: {type: text, max_length: 60, label: {en: Name, zh-hant: 姓名}}
publishes:
  grant:
    title: {en: Grants, zh-hant: 批出津貼}
    for: 28 days
    facts: {what: {label: {en: What, zh-hant: 項目}, value: "'Allowance'"}}
flow:
  start: paid
  states:
    paid:
      label: {en: Paid, zh-hant: 發放中}
      publish: grant
      actions:
        hold: {label: {en: Hold, zh-hant: 暫停}, by: system, for_cases_of: [small-review], to: held}
        withdraw: {label: {en: Withdraw, zh-hant: 撤回}, by: applicant, to: withdrawn}
      timers: [{after: 60 days, to: ended}]
    held:
      label: {en: Held, zh-hant: 已暫停}
      when_settled: [{when: about.granted > 0, to: stopped}, {to: confirmed}]
      actions:
        withdraw: {label: {en: Withdraw, zh-hant: 撤回}, by: applicant, to: withdrawn}
    confirmed: {label: {en: Confirmed, zh-hant: 已確認}, final: true, result: granted}
    stopped: {label: {en: Stopped, zh-hant: 已終止}, final: true, result: refused, notify: [stopped]}
    ended: {label: {en: Ended, zh-hant: 已結束}, final: true, result: completed}
    withdrawn: {label: {en: Withdrawn, zh-hant: 已撤回}, final: true, result: withdrawn}
notices:
  stopped:
    subject: {en: "Stopped after {about.all} reviews", zh-hant: "經 {about.all} 宗覆核後終止"}
    body: {en: "See {url}", zh-hant: "見 {url}"}
retention: {granted: 1 year, refused: 1 year, completed: 1 year, withdrawn: 1 year}
"""
REVIEW = """
about: {service: small-allowance, publication: grant}
respondent: {sees: [grounds, findings.answer], says: {en: Somebody asks for a review., zh-hant: 有人要求覆核。}}
form:
  - page: you
    questions:
      - who: {type: text, max_length: 60, label: {en: Your name, zh-hant: 你的姓名}}
      - grounds: {type: text, max_length: 60, label: {en: Grounds, zh-hant: 理由}}
flow:
  start: asked
  states:
    asked:
      label: {en: Asked, zh-hant: 已要求}
      matter_does: hold
      notify: [asked]
      actions:
        answer:
          label: {en: Answer, zh-hant: 回應}
          by: respondent
          to: answered
          ask: [{answer: {type: text, max_length: 90, label: {en: Your answer, zh-hant: 你的回應}}}]
        uphold: {label: {en: Uphold, zh-hant: 成立}, to: upheld}
        reject: {label: {en: Reject, zh-hant: 駁回}, to: rejected}
      when_concluded: [{when: "matter.result == 'withdrawn'", to: pointless}, {to: rejected}]
    answered:
      label: {en: Answered, zh-hant: 已回應}
      notify: [answered]
      actions:
        uphold: {label: {en: Uphold, zh-hant: 成立}, to: upheld}
        reject: {label: {en: Reject, zh-hant: 駁回}, to: rejected}
      when_concluded: [{to: pointless}]
    upheld: {label: {en: Upheld, zh-hant: 成立}, final: true, result: granted}
    rejected: {label: {en: Rejected, zh-hant: 駁回}, final: true, result: refused}
    pointless: {label: {en: Pointless, zh-hant: 無須處理}, final: true, result: lapsed}
notices:
  asked:
    to: respondent
    subject: {en: "A review, {case.ref}", zh-hant: "覆核 {case.ref}"}
    body: {en: "{answers.grounds} {url}", zh-hant: "{answers.grounds} {url}"}
  answered:
    subject: {en: "An answer", zh-hant: "回應"}
    body: {en: "{findings.answer}", zh-hant: "{findings.answer}"}
retention: {granted: 1 year, refused: 1 year, lapsed: 1 year}
"""


def both() -> tuple[Service, Service]:
    """The definitions of both services."""
    return (
        small_services.service("small-allowance", "SA", ALLOWANCE),
        small_services.service("small-review", "SR", REVIEW),
    )
