"""Lists as files: for those who may export, with the cases that they may see, told in the journal, gone after a day."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.kernel.test_spreadsheet import read
from tests.web.test_desk import AT, World

from praya.blocks.cases import api as cases
from praya.blocks.cases import models
from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel.crypto import vault
from praya.kernel.journal.models import JournalEntry
from praya.web.desk import exports

ROLES = {("fehd", "officer"), ("fehd", "exporter"), ("dh", "officer")}


@pytest.fixture
def world(pack_is_live: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(monkeypatch)
    made.officers["exporter"] = identity.add_officer(
        name="Export Sample", email="exporter@example.com", at=AT, by="system",
        roles=frozenset(identity.Role(*role) for role in ROLES),
    )  # fmt: skip
    yield made
    load.forget()
    vault.reset_memory()


def table(answer: Any) -> list[list[str]]:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def exported() -> list[dict[str, Any]]:
    rows = JournalEntry.objects.filter(event="cases_exported").order_by("seq").values_list("facts", flat=True)
    return [json.loads(facts) for facts in rows]


def test_a_short_list_comes_at_once_with_its_filters_and_columns(world: World) -> None:
    late = world.restaurant()
    mine = world.restaurant()
    me = world.officers["exporter"]
    cases.assign(ref=mine, officer_ref=me.ref, at=AT, by="system")
    doctor = world.play("vaccination-booking", "both-doses")
    assert cases.case(doctor).department == "dh"
    world.now = AT + timedelta(days=20)
    client = world.client("exporter")
    assert doctor in client.get("/en/desk/").content.decode(), "they see it, and may not export it"
    answer = client.post("/en/desk/exports", {"tab": "todo", "kind": "csv"})
    assert answer["Content-Disposition"] == 'attachment; filename="cases-todo-2026-01-25.csv"'
    head, *rows = table(answer)
    assert head == ["Reference", "Service", "State", "Due", "Waiting for the applicant", "Officer"]
    assert {row[0] for row in rows} == {late, mine}
    assert ["2026-01-19", "No", "Export Sample"] in [row[3:] for row in rows]
    view = cases.save_view(
        officer_ref=me.ref, name="x", filters={"tab": "todo", "assigned": "me"}, at=AT, by="x"
    )  # fmt: skip
    sent = {"tab": "todo", "assigned": "me", "columns": "opened,department", "kind": "xlsx", "view": view.ref}
    answer = client.post("/zh-hant/desk/exports", sent)
    (head, row) = read(answer.content)
    assert head == ["申請編號", "接獲日期", "部門"]
    assert row[:2] == [mine, AT.date()]
    assert [(one["kind"], one["rows"], one["view"]) for one in exported()] == [("csv", 2, ""), ("xlsx", 1, view.ref)]
    assert exported()[1]["filters"]["assigned"] == "me"


def test_nobody_else_exports_anything(world: World) -> None:
    world.restaurant()
    for name in ("officer", "supervisor", "stranger", "asked"):
        client = world.client(name)
        assert "/desk/exports" not in client.get("/en/desk/").content.decode()
        for path in ("exports", "exports/" + "0" * 32):
            assert client.get(f"/en/desk/{path}").status_code == 404
            assert client.post(f"/en/desk/{path}", {"tab": "todo", "kind": "csv"}).status_code in {404, 405}
    assert exported() == []


def test_a_long_list_is_made_by_the_worker_and_fetched_by_whoever_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    monkeypatch.setattr(exports, "PAGE", 2)
    monkeypatch.setattr(exports, "PART_BYTES", 100)
    refs = {world.restaurant() for _ in range(5)}
    client = world.client("exporter")
    assert client.post("/en/desk/exports", {"tab": "todo", "kind": "csv"}).status_code == 302
    (export,) = cases.exports(world.officers["exporter"].ref, at=world.now)
    assert client.get(f"/en/desk/exports/{export.ref}").status_code == 404
    assert "Being made" in client.get("/en/desk/exports").content.decode()
    # A worker that died has left something half done.
    cases.add_export_part(export, 0, b"half")
    cases.add_export_part(export, 9, b"half")
    assert exports.make(at=world.now) == 1
    assert exports.make(at=world.now) == 0
    assert models.ExportPart.objects.count() > 2
    assert not any(ref.encode() in bytes(part.data) for ref in refs for part in models.ExportPart.objects.all())
    _, *rows = table(client.get(f"/en/desk/exports/{export.ref}"))
    assert {row[0] for row in rows} == refs
    assert len(rows) == 5
    assert exported()[-1]["rows"] == 5
    other = identity.add_officer(
        name="Other", email="other@example.com", at=AT, by="system",
        roles=frozenset({identity.Role("fehd", "exporter")}),
    )  # fmt: skip
    world.officers["other"] = other
    assert world.client("other").get(f"/en/desk/exports/{export.ref}").status_code == 404
    world.now += timedelta(days=1)
    assert client.get(f"/en/desk/exports/{export.ref}").status_code in {302, 404}
    assert cases.forget_exports(at=world.now) == 1
    assert models.ExportPart.objects.count() == 0


def test_who_lost_the_department_gets_no_file_of_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    world.restaurant()
    me = world.officers["exporter"]

    def holding(*departments: str) -> Any:
        roles = frozenset(identity.Role(name, "exporter") for name in departments)
        world.officers["exporter"] = identity.set_roles(officer_ref=me.ref, roles=roles, at=AT, by="system")
        return world.client("exporter")

    client = holding("fehd", "dh")
    for _ in range(2):
        client.post("/en/desk/exports", {"tab": "todo", "kind": "xlsx"})
    first, _ = cases.waiting_exports()
    monkeypatch.setattr(cases, "waiting_exports", lambda: [first])
    exports.make(at=world.now)
    assert client.get(f"/en/desk/exports/{first.ref}").status_code == 200
    assert holding("dh").get(f"/en/desk/exports/{first.ref}").status_code == 404
    monkeypatch.undo()
    holding()
    assert exports.make(at=AT) == 1
    states = sorted(models.Export.objects.values_list("state", flat=True))
    assert states == ["made", "refused"]


def test_few_files_wait_for_one_officer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    world.restaurant()
    client = world.client("exporter")
    answers = [client.post("/en/desk/exports", {"tab": "todo", "kind": "csv"}).status_code for _ in range(6)]
    assert answers == [302] * 5 + [422]
