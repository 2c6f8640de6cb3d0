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
GRANT = """
service: small-grant
version: 1
reference: SG
title: {en: Small grant, zh-hant: 小額資助}
summary: {en: A grant., zh-hant: 一項資助。}
department: dh
topic: health
who: {en: Anybody., zh-hant: 任何人。}
legal: {basis: A decision, purpose: {en: To decide., zh-hant: 用於審批。}}
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
            "example": "Test", "starts": AT, "language": "en", "answers": answers or {"applicant_name": "Chan"},
            "steps": list(steps), "expect": expect or {}, **more,
        }  # fmt: skip
        return play.play(Example.model_validate(story), found, load.pack(), person=person)

    return played
