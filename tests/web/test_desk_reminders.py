"""Reminding those for whom a case waits: once a day, on the record, and only by whoever decides."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.web.test_desk import AT, World, words

from praya.blocks.cases import api as cases
from praya.blocks.cases.models import Alert
from praya.journey import load
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal


@pytest.fixture
def world(pack_is_live: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()


def test_a_department_is_reminded_once_a_day_and_a_supervisor_is_told(world: World) -> None:
    ref = world.restaurant(steps=1)
    officer = world.client("officer")
    page = officer.get(f"/en/desk/cases/{ref}").content.decode()
    assert re.findall(r'name="what" value="(\w+)"><input type="hidden" name="who" value="([\w-]+)"', page) == [
        ("department", "fsd"), ("department", "bd"), ("supervisor", "supervisor"),
    ]  # fmt: skip

    def remind(what: str, who: str, by: str = "officer") -> str:
        sent = world.client(by).post(f"/en/desk/cases/{ref}/remind", {"what": what, "who": who}, follow=True)
        return words(sent.content.decode())

    assert "They have been told" in remind("department", "fsd")
    assert "Reminded today: Fire Services Department" in remind("department", "fsd")
    assert "put before the supervisor today" in remind("supervisor", "supervisor").lower()
    told = [fact.facts["who"] for fact in journal.about(ref, events=["case_asked_again"])]
    assert told == ["fsd"], "the second click of the day does nothing"
    assert sorted(Alert.objects.values_list("department", "role", "kind")) == [
        ("fehd", "supervisor", "escalated"), ("fsd", "officer", "reminded"),
    ]  # fmt: skip
    history = [(step.kind, step.actor) for step in cases.history(ref)]
    assert ("asked_again", f"officer:{world.officers['officer'].ref}") in history
    world.now = AT + timedelta(days=1)
    assert "They have been told" in remind("department", "fsd")


def test_nobody_else_reminds_and_nobody_is_reminded_who_is_not_waited_for(world: World) -> None:
    ref = world.restaurant(steps=1)
    for who, status in (("asked", 404), ("stranger", 404)):
        sent = world.client(who).post(f"/en/desk/cases/{ref}/remind", {"what": "department", "who": "fsd"})
        assert sent.status_code == status, who
    assert "/remind" not in world.client("asked").get(f"/en/desk/cases/{ref}").content.decode()
    sent = world.client("officer").post(f"/en/desk/cases/{ref}/remind", {"what": "department", "who": "dh"})
    assert sent["Location"].endswith("?done=_not-reminded")
    assert journal.about(ref, events=["case_asked_again"]) == []
