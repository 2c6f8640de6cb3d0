"""A small service for tests, that each test changes as it needs: a grant that several people have a part in."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from praya.definition.example import Example
from praya.definition.load import parse_service
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.definition.source import read_text

AT = datetime(2026, 1, 5, 10, tzinfo=ZoneInfo("Asia/Hong_Kong"))


def head(service: str, reference: str, title: str, summary: str) -> str:
    """What stands before the form of a service of the department of health: its name, texts and law."""
    return f"""
service: {service}
version: 1
reference: {reference}
title: {title}
summary: {summary}
department: dh
topic: health
who: {{en: Anybody., zh-hant: 任何人。}}
legal: {{basis: A decision, purpose: {{en: To decide., zh-hant: 用於審批。}}}}
"""


GRANT = (
    head("small-grant", "SG", "{en: Small grant, zh-hant: 小額資助}", "{en: A grant., zh-hant: 一項資助。}")
    + """\
form:
  - page: about-you
    questions:
      - applicant_name: {type: text, label: {en: Your name, zh-hant: 姓名}}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions:
        recommend: {label: {en: Recommend, zh-hant: 推薦}, to: assessing}
    assessing:
      label: {en: Being assessed, zh-hant: 評審中}
      actions:
        assess:
          label: {en: Assess, zh-hant: 評分}
          reviewers: 2
          unlike: recommend
          reason: optional
          to: assessed
          ask:
            - score: {type: number, min: 0, max: 10, label: {en: Score, zh-hant: 分數}}
    assessed:
      label: {en: Assessed, zh-hant: 已評審}
      next:
        - {when: "average(reviews.assess.map(r, r.score)) >= 5", to: granted}
        - {to: refused}
    granted: {label: {en: Granted, zh-hant: 已批准}, final: true, result: granted}
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused}
retention: {granted: 7 years, refused: 3 years}
"""
)

# In place of `form:`: a fee that can never be worked out.
FAILING = """\
parameters:
  nothing: [{from: 2020-01-01, value: 0}]
fees:
  - {name: broken, label: {en: Fee, zh-hant: 費用}, amount: 100 / parameters.nothing}
form:
"""


def service(pack: Pack, text: str = GRANT) -> Service:
    """The service in a text, checked as `praya check` does. Raises Broken."""
    return parse_service(read_text(text.encode(), "small.yaml"), pack)


def problems(pack: Pack, text: str) -> list[str]:
    """What is wrong with a service."""
    from praya.definition.source import Broken

    try:
        service(pack, text)
    except Broken as broken:
        return [f"{problem.where}: {problem.message}" for problem in broken.problems]
    return []


def published(text: str = GRANT) -> Service:
    """The service, live."""
    from praya.journey import load

    found = service(load.pack(), text)
    load.publish(found, at=AT, by="system")
    load.forget()
    return load.compiled(found.service, found.version)


def player(found: Service, *, answers: dict[str, Any] | None = None, **more: Any) -> Callable[..., Any]:
    """`play(step, step)` plays a story of a new person and answers how far it came."""
    from praya.blocks.identity import api as identity
    from praya.journey import load, play

    def played(*steps: dict[str, Any], expect: dict[str, Any] | None = None) -> Any:
        person = identity.enrol(email="player@example.com", name="Player Sample", language="en", at=AT)
        story = {
            "example": "Test", "starts": AT, "language": "en", **more, "answers": answers or {"applicant_name": "Chan"},
            "steps": list(steps), "expect": expect or {},
        }  # fmt: skip
        return play.play(Example.model_validate(story), found, load.pack(), person=person)

    return played


SCHOOL = """
service: school-return
version: 1
reference: SR
title: {en: Return to school, zh-hant: 復課申請}
summary: {en: After an illness., zh-hant: 病後復課。}
department: dh
topic: health
who: {en: Parents., zh-hant: 家長。}
legal: {basis: A decision, purpose: {en: To decide., zh-hant: 用於審批。}}
form:
  - page: child
    questions:
      - child_name: {type: text, label: {en: Name of the child, zh-hant: 兒童姓名}}
      - illness: {type: text, label: {en: Illness, zh-hant: 病症}}
      - doctor_name: {type: text, label: {en: Name of the doctor, zh-hant: 醫生姓名}}
      - doctor_email: {type: email, label: {en: E-mail of the doctor, zh-hant: 醫生電郵}}
      - guardians:
          type: repeat
          min: 0
          max: 3
          optional: true
          item: {en: Guardian, zh-hant: 監護人}
          label: {en: Other guardians, zh-hant: 其他監護人}
          questions:
            - guardian_name: {type: text, label: {en: Name, zh-hant: 姓名}}
            - guardian_email: {type: email, label: {en: E-mail, zh-hant: 電郵}}
parties:
  doctor:
    label: {en: Doctor, zh-hant: 醫生}
    says: {en: Please say whether the child is fit., zh-hant: 請說明該兒童是否適合復課。}
    email: answers.doctor_email
    called: answers.doctor_name
    sees: [child_name]
    within: 14 days
    form:
      - page: fit
        questions:
          - fit: {type: yes-no, label: {en: Is the child fit?, zh-hant: 該兒童是否適合復課？}}
      - page: more
        when: answers.fit == true
        questions:
          - fit_from: {type: date, shown_to_applicant: true, label: {en: Fit from, zh-hant: 適合復課日期}}
          - report: {type: file, optional: true, accept: [pdf], label: {en: Report, zh-hant: 報告}}
      - page: remarks
        questions:
          - remarks: {type: text, optional: true, label: {en: Remarks, zh-hant: 備註}}
  guardian:
    label: {en: Guardian, zh-hant: 監護人}
    several: answers.guardians
    email: item.guardian_email
    called: item.guardian_name
    sees: [child_name, item.guardian_name]
    form:
      - page: agree
        questions:
          - agrees: {type: yes-no, label: {en: Do you agree?, zh-hant: 你是否同意？}}
flow:
  start: waiting
  states:
    waiting:
      label: {en: Waiting for others, zh-hant: 等候其他人士}
      clock: 20 working days
      when_given:
        - {when: parties.doctor.state == 'declined' || parties.doctor.state == 'lapsed', to: no-doctor}
        - {when: "parties.doctor.state == 'given' && parties.guardian.waiting == 0", to: deciding}
      actions:
        remind: {label: {en: Remind, zh-hant: 提醒}, invite: [doctor]}
        withdraw: {label: {en: Withdraw, zh-hant: 撤回}, by: applicant, to: withdrawn}
    deciding:
      label: {en: Being decided, zh-hant: 審批中}
      next:
        - {when: "parties.doctor.answers.fit && parties.guardian.each.all(g, g.answers.agrees == true)", to: granted}
      actions:
        refuse: {label: {en: Refuse, zh-hant: 拒絕}, to: refused}
        ask-again: {label: {en: Ask again, zh-hant: 再問}, to: waiting, invite: [doctor]}
    no-doctor:
      label: {en: No doctor, zh-hant: 沒有醫生意見}
      actions:
        refuse: {label: {en: Refuse, zh-hant: 拒絕}, to: refused}
        ask-again: {label: {en: Ask again, zh-hant: 再問}, to: waiting, invite: [doctor]}
    granted: {label: {en: Granted, zh-hant: 已批准}, final: true, result: granted}
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused}
    withdrawn: {label: {en: Withdrawn, zh-hant: 已撤回}, final: true, result: withdrawn}
retention: {granted: 7 years, refused: 3 years, withdrawn: 1 year}
"""
CHILD = {
    "child_name": "Siu Ming", "illness": "Measles", "doctor_name": "Dr. Wong", "doctor_email": "doctor@example.com",
}  # fmt: skip
