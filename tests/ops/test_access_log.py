"""The access log: who asked, from where, and nothing else; apart from every other log, and not for long."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.shape.conftest import signed_in

from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel import clock
from praya.project import access_log

pytestmark = pytest.mark.django_db
SOURCE = "203.0.113.9"
AT = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)


@pytest.fixture
def kept(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Settings of an installation that keeps its access log in files; answers them."""
    load.forget()
    monkeypatch.setattr(access_log, "_writer", access_log._Writer())
    monkeypatch.setattr(access_log, "_logged_days", [])
    settings.PRAYA = settings.PRAYA.model_copy(
        update={"mode": "demo", "data_dir": tmp_path, "disk_reserve_mb": 1, "keys": settings.PRAYA.keys_path}
    )
    return settings.PRAYA


def lines(configuration: Any) -> list[dict[str, Any]]:
    return [
        json.loads(line) for path in access_log.days(configuration).values() for line in path.read_text().splitlines()
    ]


def test_a_request_is_written_down_by_source_actor_route_and_status_and_the_ordinary_log_knows_no_source(
    kept: Any, capsys: Any
) -> None:
    person = identity.enrol(email="chan@example.com", name="Chan", language="en", at=clock.now())
    client = signed_in(person_ref=person.ref)
    client.get("/en/track?ref=RL-SECRET", REMOTE_ADDR=SOURCE)
    client.get("/en/me", REMOTE_ADDR=SOURCE)
    roles = frozenset({identity.Role("fehd", "officer")})
    officer = identity.add_officer(name="Lee", email="lee@dept.example", roles=roles, at=clock.now(), by="system")
    signed_in(officer=officer).get("/en/desk/", REMOTE_ADDR=SOURCE)
    found = lines(kept)
    assert [(e["from"], e["route"]) for e in found[:3]] == [
        (SOURCE, "/<lang:lang>/track"), (SOURCE, "/<lang:lang>/me"), (SOURCE, "/<lang:lang>/desk/")
    ]  # fmt: skip
    assert found[1]["actor"] == f"person:{person.ref}"
    assert found[2]["actor"] == f"officer:{officer.ref}"
    assert found[1]["status"] == 200
    path = next(iter(access_log.days(kept).values()))
    text, ordinary = path.read_text(), capsys.readouterr().err
    assert not [word for word in ("SECRET", "chan@", "Chan", "Lee") if word in text]
    assert SOURCE not in ordinary
    assert person.ref not in ordinary
    assert f"request={found[1]['request']}" in ordinary, "one request can be followed from one log to the other"
    assert path.stat().st_mode & 0o777 == 0o600


def test_each_day_has_its_file_and_old_ones_are_deleted_also_when_nobody_asks(kept: Any) -> None:
    for day in range(20):
        access_log.write(at=AT + timedelta(days=day), source=SOURCE, actor="")
    last = AT + timedelta(days=19)
    assert min(access_log.days(kept)).isoformat() == "2026-03-06"
    assert len(access_log.days(kept)) == kept.access_log_days + 1
    (kept.data_dir / "access" / "notes.txt").write_text("an operator's own")
    assert access_log.forget_old(at=last + timedelta(days=10)) == 10
    assert access_log.forget_old(at=last + timedelta(days=30)) == 5
    assert [path.name for path in (kept.data_dir / "access").iterdir()] == ["notes.txt"]


def test_a_log_that_is_full_stops_nobody_and_is_told_once(kept: Any, settings: Any, capsys: Any) -> None:
    settings.PRAYA = kept.model_copy(update={"disk_reserve_mb": 10**9})
    for second in range(3):
        access_log.write(at=AT + timedelta(seconds=second), source=SOURCE, actor="")
    assert lines(kept) == []
    settings.PRAYA = kept.model_copy(update={"data_dir": kept.data_dir / "gone" / "away"})
    access_log.write(at=AT + timedelta(days=1), source=SOURCE, actor="")
    assert capsys.readouterr().err.count("the access log has no room") == 2


def test_it_can_go_to_standard_output_or_nowhere(kept: Any, settings: Any, capfdbinary: Any) -> None:
    settings.PRAYA = kept.model_copy(update={"access_log": "stdout"})
    access_log.write(at=AT, source=SOURCE, actor="person:1", route="/en/me")
    assert json.loads(capfdbinary.readouterr().out) == {
        "at": "2026-03-01T23:59:00.000+00:00", "from": SOURCE, "actor": "person:1", "route": "/en/me"
    }  # fmt: skip
    settings.PRAYA = kept.model_copy(update={"access_log": "off"})
    access_log.write(at=AT, source=SOURCE, actor="")
    assert lines(kept) == []
