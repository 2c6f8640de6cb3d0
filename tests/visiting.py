"""Ground for tests of visits: a service whose officers visit kitchens, its cases, and officers with browsers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.journey import acting, application_steps, draft_booking
from praya.kernel import clock
from tests import small_services
from tests.shape.conftest import signed_in

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)  # a Monday, 10 o'clock in Hong Kong
DAY = (AT + timedelta(days=1)).date()
KITCHEN = """
form:
  - page: kitchen
    questions:
      - home: {type: address, label: {en: Address, zh-hant: 地址}}
      - spot: {type: place, optional: true, label: {en: Place, zh-hant: 地點}}
      - mobile: {type: phone, label: {en: Telephone, zh-hant: 電話}}
booking:
  title: {en: Visit, zh-hant: 外訪}
  places_label: {en: Team, zh-hant: 小組}
  places: [{value: north, label: {en: North team, zh-hant: 北區小組}}]
  sessions: {weekdays: [mon, tue, wed, thu, fri], times: ["09:00", "14:00"], capacity: 40}
  ahead: 14 days
  notice: 1 day
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions:
        give: {label: {en: Give a time, zh-hant: 安排時間}, book: true, to: visit}
    visit:
      label: {en: To be visited, zh-hant: 待外訪}
      actions:
        record:
          label: {en: Record the visit, zh-hant: 記錄外訪}
          to: done
          ask:
            - cold: {type: number, min: -30, max: 30, label: {en: Temperature, zh-hant: 溫度}}
            - clean: {type: yes-no, label: {en: Is it clean?, zh-hant: 是否清潔？}}
            - photographs:
                {type: file, accept: [jpg, png], max_files: 3, optional: true, label: {en: Pictures, zh-hant: 照片}}
            - remarks: {type: long-text, optional: true, label: {en: Remarks, zh-hant: 備註}}
        nobody: {label: {en: Nobody there, zh-hant: 沒有人}, release: true, to: received}
        another: {label: {en: Another time, zh-hant: 另定時間}, book: true}
    done: {label: {en: Done, zh-hant: 已完成}, final: true, result: completed}
retention: {completed: 1 year}
"""
HOME = {"unit": "3B", "building": "Sample Court", "street": "8 Sample Lane", "district": "central-and-western"}
"""An invented address."""


class World:
    """The published service, two officers of its department, one of another, and cases on demand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = AT
        monkeypatch.setattr(clock, "now", lambda: self.now)
        territory = small_services.published(small_services.service("kitchen-visit", "KV", KITCHEN))
        self.service = territory.services["kitchen-visit"]
        draft_booking.make_pools(self.service, territory.pack, at=AT)
        self.person = identity.enrol(email="kitchen@example.com", name=None, language="en", at=AT)
        self.officers = {
            name: identity.add_officer(
                name=f"{name.title()} Sample", email=f"{name}@officers.example.com", at=AT, by="system",
                roles=frozenset({identity.Role(department, "officer")}),
            )
            for name, department in (("inspector", "fehd"), ("colleague", "fehd"), ("stranger", "dh"))
        }  # fmt: skip
        self.made = 0

    def visit(self, *, clock_: str = "09:00", whose: str | None = "inspector", **answers: Any) -> cases.Case:
        """A case that is visited on DAY."""
        self.made += 1
        case = application_steps.apply_at_once(
            self.service, person=self.person, language="en", files={}, seats=[], once_key=f"visit-{self.made}", at=AT,
            answers={"home": HOME, "mobile": "+85251234567", **answers},
        )  # fmt: skip
        by = acting.officer(self.officers["inspector"], "fehd")
        case = acting.act(
            case=case, action="give", by=by, answers={}, reason="", once_key=f"give-{self.made}", at=AT,
            session=("north", DAY, clock_),
        )  # fmt: skip
        if whose:
            cases.assign(ref=case.ref, officer_ref=self.officers[whose].ref, at=AT, by="system")
        return cases.case(case.ref)

    def client(self, name: str) -> Client:
        """A browser in which the officer is signed in."""
        return signed_in(officer=self.officers[name])
