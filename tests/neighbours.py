"""Works on trees of which everybody is told, and objections by whoever lives near them, which the owner answers."""

from praya.definition.service import Service
from tests import small_services

WORKS = """
form:
  - page: works
    title: {en: Works, zh-hant: 工程}
    questions:
      - spot: {type: place, label: {en: Where do the trees stand?, zh-hant: 樹木位置}}
      - work:
          type: choice
          label: {en: What will you do?, zh-hant: 工程}
          options:
            - {value: fell, label: {en: Fell them, zh-hant: 砍伐}}
            - {value: prune, label: {en: Prune them, zh-hant: 修剪}}
      - trees: {type: number, min: 1, max: 50, label: {en: Trees, zh-hant: 樹木數目}}
      - begins: {type: date, label: {en: When do you begin?, zh-hant: 開工日期}}
      - owner: {type: person-name, label: {en: Your name, zh-hant: 你的姓名}}
publishes:
  trees:
    title: {en: Works on trees, zh-hant: 樹木工程}
    for: 14 days
    facts:
      number: {label: {en: Number, zh-hant: 編號}, value: case.ref}
      spot: {label: {en: Place, zh-hant: 位置}, value: answers.spot}
      work: {label: {en: Works, zh-hant: 工程}, value: answers.work}
      trees: {label: {en: Trees, zh-hant: 樹木數目}, value: answers.trees}
      begins: {label: {en: They begin, zh-hant: 開工日期}, value: answers.begins}
      owner: {label: {en: Owner, zh-hant: 業主}, value: answers.owner}
flow:
  start: shown
  states:
    shown:
      label: {en: Published, zh-hant: 已公開}
      publish: trees
      timers: [{after: 14 days, to: answering}]
    answering:
      label: {en: Being answered, zh-hant: 回應中}
      when_settled: [{to: deciding}]
      timers: [{after: 7 days, to: deciding}]
    deciding:
      label: {en: Being decided, zh-hant: 審批中}
      actions:
        permit: {label: {en: Permit, zh-hant: 批准}, to: permitted}
    permitted: {label: {en: Permitted, zh-hant: 已批准}, final: true, result: granted}
retention: {granted: 1 year}
"""
RULES = (
    "publication.number.startsWith('TW')",
    "publication.work == 'fell'",
    "publication.trees >= 2",
    "publication.begins > date('2026-03-10')",
    "publication.owner.family == 'EXAMPLE'",
    "distance(answers.home, publication.spot) <= 100",
)
OBJECTION = """
about: {service: tree-works, publication: trees}
respondent: {sees: [why]}
form:
  - page: home
    questions:
      - home:
          type: place
          personal: true
          purpose: {en: To know who lives near., zh-hant: 核實距離。}
          label: {en: Where do you live?, zh-hant: 住處}
      - why: {type: text, max_length: 200, label: {en: Why?, zh-hant: 理由}}
eligibility:
ELIGIBILITY
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      notify: [received]
      actions:
        answer: {label: {en: Answer, zh-hant: 回應}, by: respondent, to: answered}
        withdraw: {label: {en: Withdraw, zh-hant: 撤回}, by: applicant, to: withdrawn}
      when_concluded: [{to: decided}]
    answered:
      label: {en: Answered, zh-hant: 已回應}
      ANSWERED
      when_concluded: [{to: decided}]
    decided: {label: {en: Decided, zh-hant: 已有決定}, final: true, result: completed, notify: [decided]}
    withdrawn: {label: {en: Withdrawn, zh-hant: 已撤回}, final: true, result: withdrawn}
notices:
  received:
    subject: {en: "You object at {publication.spot}", zh-hant: "你反對{publication.spot}的工程"}
    body:
      en: "{publication.work}, {publication.trees}, {publication.begins}, {publication.owner}"
      zh-hant: "{publication.work}"
  decided:
    subject: {en: "It is decided", zh-hant: "已有決定"}
    body: {en: "{matter.result}", zh-hant: "{matter.result}"}
retention: {completed: 1 year, withdrawn: 1 year}
"""


def both(*, answered: str = "milestone: true", works: str = WORKS) -> tuple[Service, Service]:
    """The definitions of both services; `answered` is a word of the state of an objection that was answered."""
    rules = "\n".join(
        f'  - {{unless: "{rule}", refuse: {{en: "Refused by {number}.", zh-hant: "不符合 {number}"}}}}'
        for number, rule in enumerate(RULES)
    )
    objection = OBJECTION.replace("ELIGIBILITY", rules).replace("ANSWERED", answered)
    return (
        small_services.service("tree-works", "TW", works),
        small_services.service("tree-objection", "TX", objection),
    )
