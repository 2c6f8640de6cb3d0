"""A service whose cases are acted on by the dozen; `House.call` runs these in a process in its house."""

from collections import Counter
from datetime import timedelta
from typing import Any

from tests import small

from praya.blocks.cases import api as cases
from praya.blocks.cases import models
from praya.blocks.identity import api as identity
from praya.definition.example import Example
from praya.journey import batches, load, play

AT = small.AT
TEXT = (
    small.head("pitch-permit", "PP", "{en: Pitch permit, zh-hant: 攤檔許可}", "{en: A pitch., zh-hant: 一個攤檔。}")
    + """\
form:
  - page: about-you
    questions:
      - trader: {type: text, label: {en: Your name, zh-hant: 姓名}}
      - late: {type: yes-no, optional: true, label: {en: Late, zh-hant: 逾期}}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      clock: 10 working days
      timers: [{after: 3000 days, to: lapsed}]
      actions:
        shelve:
          label: {en: Shelve, zh-hant: 擱置}
          when: answers.late != true
          to: shelved
          ask:
            - shelf: {type: text, label: {en: Shelf, zh-hant: 層架}}
        cancel:
          label: {en: Close the pitch, zh-hant: 關閉攤檔}
          reason: required
          to: cancelled
        look: {label: {en: Look together, zh-hant: 一同查看}, reviewers: 2, to: shelved}
        chief: {label: {en: Decide as chief, zh-hant: 主管決定}, by: supervisor, to: shelved}
    shelved:
      label: {en: Shelved, zh-hant: 已擱置}
      actions:
        resume: {label: {en: Resume, zh-hant: 繼續}, to: received}
    cancelled: {label: {en: Closed, zh-hant: 已關閉}, final: true, result: lapsed, notify: [cancelled]}
    lapsed: {label: {en: Lapsed, zh-hant: 已失效}, final: true, result: lapsed}
notices:
  cancelled:
    subject: {en: "Closed, {case.ref}", zh-hant: "已關閉，{case.ref}"}
    body: {en: "Your pitch is closed: {reason}", zh-hant: "你的攤檔已關閉：{reason}"}
    channels: [inbox, email]
retention: {lapsed: 1 year}
"""
)


def publish() -> None:
    """The service, live."""
    small.published(TEXT)


def case(number: int, **answers: Any) -> str:
    """A case of a person of its own."""
    service = load.compiled("pitch-permit", 1)
    person = identity.enrol(email=f"trader{number}@example.com", name=None, language="en", at=AT)
    story = {"example": "x", "starts": AT, "language": "en", "steps": [],
             "answers": {"trader": f"Chan {number}", "late": False, **answers}, "expect": {}}  # fmt: skip
    played = play.play(Example.model_validate(story), service, load.pack(), person=person)
    assert played.case is not None
    return played.case.ref


def officer(name: str = "officer", department: str = "dh") -> identity.Officer:
    """An officer of a role in a department."""
    return identity.add_officer(
        name=f"{name} Sample", email=f"{name}.{department}@example.com", at=AT, by="system",
        roles=frozenset({identity.Role(department, name)}),
    )  # fmt: skip


def opened(who: identity.Officer, refs: list[str], action: str = "cancel", **content: Any) -> cases.Batch:
    """A batch that has gathered these cases."""
    batch = batches.begin_act(
        who, service="pitch-permit", action=action, answers=content.get("answers", {}),
        reason=content.get("reason", "A typhoon."), source={}, at=AT,
    )  # fmt: skip
    cases.add_items(batch, batches.looked_at(batch, refs, who, at=AT), complete=True)
    return cases.batch(batch.ref, officer_ref=who.ref)


def prepare(number: int) -> str:
    """So many cases in a batch that runs."""
    publish()
    who = officer()
    batch = opened(who, [case(n) for n in range(number)])
    assert cases.lead_batch(batch, "running", at=AT, by=f"officer:{who.ref}")
    return batch.ref


def outcome() -> dict[str, Any]:
    """What came of all cases: how often each step was taken, each letter written, each fact recorded."""
    from praya.blocks.notices.models import NoticeRow
    from praya.kernel.journal.models import JournalEntry

    def times(rows: Any) -> list[int]:
        return sorted(set(Counter(rows).values()))

    return {
        "states": dict(Counter(models.Case.objects.values_list("state", flat=True))),
        "items": dict(Counter(models.BatchItem.objects.values_list("state", flat=True))),
        "batches": list(models.Batch.objects.values_list("state", flat=True)),
        "steps": times(models.Step.objects.filter(action="cancel").values_list("case_id", flat=True)),
        "letters": times(NoticeRow.objects.values_list("case_ref", flat=True)),
        "closed": times(JournalEntry.objects.filter(event="case_closed").values_list("subject", flat=True)),
        "ended": JournalEntry.objects.filter(event="batch_ended").count(),
    }


LATER = AT + timedelta(days=1)
