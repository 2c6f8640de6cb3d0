"""Alive, ready and counted, and what every response says to the browser."""

import json
import os
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from praya.blocks.credentials import api as credentials
from praya.blocks.credentials.models import SigningKey
from praya.kernel import disk
from praya.kernel.crypto import vault
from praya.kernel.crypto.models import SubjectKey
from praya.kernel.journal import signer
from praya.kernel.journal.models import JournalKey
from praya.project import health, keys
from praya.project.config import PACKAGE
from praya.project.installation import stamp
from praya.project.security import CONTENT_SECURITY_POLICY, HEADERS

pytestmark = pytest.mark.django_db


@pytest.fixture
def stamped(db):
    return stamp.make(mode="test", territory="hongkong", at=datetime(2026, 1, 5, tzinfo=UTC))


def checks(client):
    response = client.get("/readyz")
    return response.status_code, json.loads(response.content)["checks"]


def test_alive_asks_nothing_of_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_ready_names_every_check(client, stamped):
    expected = dict.fromkeys(["database", "migrations", "mode", "keys", "disk"], "ok")
    # No worker runs here, which keeps nobody away.
    assert checks(client) == (200, expected | {"worker": "warn"})


def test_not_ready_on_a_database_of_another_mode(client, stamped):
    type(stamped).objects.update(mode="demo")
    status, found = checks(client)
    assert (status, [name for name, state in found.items() if state == "fail"]) == (503, ["mode"])


def test_not_ready_below_the_reserve_of_free_space(client, stamped, settings):
    free = disk.space().free
    settings.PRAYA = settings.PRAYA.model_copy(update={"disk_reserve_mb": free // 1_000_000 + 1000})
    status, found = checks(client)
    assert (status, [name for name, state in found.items() if state == "fail"]) == (503, ["disk"])
    assert client.get("/healthz").status_code == 200


def test_the_room_is_that_of_the_fullest_disk(settings, monkeypatch, tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    settings.PRAYA = settings.PRAYA.model_copy(update={"data_dir": tmp_path, "disk_reserve_mb": 100})
    real = os.statvfs

    def statvfs(path):
        counted = list(real(path))
        counted[1], counted[4], counted[5], counted[7] = 1000, 90_000 if path == files else 400_000, 0, 0
        return os.statvfs_result(counted)

    monkeypatch.setattr(os, "statvfs", statvfs)
    room = disk.space()
    assert (room.free, room.reserve, room.low) == (90_000_000, 100_000_000, True)


def test_a_disk_without_free_inodes_is_full(settings, monkeypatch):
    real = os.statvfs

    def statvfs(path):
        counted = list(real(path))
        counted[5], counted[7] = 1_000_000, 3
        return os.statvfs_result(counted)

    assert disk.space().holds(1)
    monkeypatch.setattr(os, "statvfs", statvfs)
    assert disk.space().low
    assert not disk.space().holds(1)


def test_not_ready_without_its_keys(client, stamped, settings, tmp_path):
    settings.PRAYA = settings.PRAYA.model_copy(update={"keys": tmp_path / "none.json"})
    status, found = checks(client)
    assert (status, found["keys"]) == (503, "fail")
    (tmp_path / "none.json").write_text(keys.new_master_keys())
    assert checks(client)[0] == 200


def test_not_ready_while_a_migration_waits(client, stamped, monkeypatch):
    monkeypatch.setattr(health, "_known_applied", [])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'installation'")
    assert checks(client)[1]["migrations"] == "fail"
    assert health.pending_migrations()[0] == "installation.0001_initial"


def test_metrics_count_by_route_pattern(client, stamped):
    client.get("/healthz")
    client.get("/nowhere/A123456(3)?name=Chan")
    text = client.get("/metrics").content.decode()
    assert 'praya_http_requests_total{method="GET",route="/healthz",status="200"}' in text
    assert 'route="(none)",status="404"' in text
    assert "A123456" not in text
    assert 'praya_database_up{kind="' in text
    assert "praya_build_info{" in text
    assert 'praya_outbox_waiting{lane="urgent"} 0.0' in text
    assert 'praya_overdue_seconds{job="end_retention"} 0.0' in text
    assert 'praya_fold_behind{fold="open_data"} 0.0' in text


@pytest.mark.parametrize(
    "meta",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"REMOTE_ADDR": ""},
    ],
)
def test_metrics_are_for_this_machine_only(client, meta):
    assert client.get("/metrics", **meta).status_code == 403


def test_metrics_with_a_token_are_for_its_holder_wherever_she_is(client, settings, stamped):
    from pydantic import SecretStr

    settings.PRAYA = settings.PRAYA.model_copy(update={"metrics_token": SecretStr("open sesame")})
    away = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/metrics", **away, HTTP_AUTHORIZATION="Bearer open sesame").status_code == 200
    assert client.get("/metrics", **away, HTTP_AUTHORIZATION="Bearer close").status_code == 403
    assert client.get("/metrics").status_code == 403


def a_static_file():
    found = sorted(path for path in (PACKAGE / "web").glob("*/static/**/*") if path.is_file())
    folder = next(folder for folder in settings.STATICFILES_DIRS if found[0].is_relative_to(folder))
    return settings.STATIC_URL + found[0].relative_to(folder).as_posix()


@pytest.mark.parametrize(
    ("path", "meta", "status"),
    [
        ("/healthz", {}, 200),
        ("/readyz", {}, 503),
        ("/nowhere", {}, 404),
        ("/nowhere", {"HTTP_HOST": "evil.example"}, 400),
        ("/nowhere", {"CONTENT_LENGTH": "99999999999"}, 413),
        ("/nowhere", {"CONTENT_LENGTH": "many"}, 400),
        ("/en/", {"REQUEST_METHOD": "TRACE"}, 405),
        ("static", {}, 200),
    ],
)
def test_every_response_carries_the_headers(client, path, meta, status):
    response = client.get(a_static_file() if path == "static" else path, **meta)
    assert response.status_code == status
    for name, value in HEADERS.items():
        assert response[name] == value, name


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert not re.search(r"https?:|\*", CONTENT_SECURITY_POLICY)


def test_a_probe_may_come_by_address(client):
    assert client.get("/healthz", HTTP_HOST="10.1.2.3").status_code == 200


def test_not_ready_with_another_key_under_the_same_name(client, stamped, settings, tmp_path, monkeypatch):
    vault.new_key("person-1")
    assert checks(client)[0] == 200
    other = tmp_path / "other.json"
    other.write_text(keys.new_master_keys("k1"))
    right = settings.PRAYA
    settings.PRAYA = right.model_copy(update={"keys": other})
    status, found = checks(client)
    assert (status, [name for name, state in found.items() if state == "fail"]) == (503, ["keys"])
    settings.PRAYA = right
    assert checks(client)[0] == 200


def test_not_ready_when_one_key_of_an_older_master_cannot_be_opened(client, stamped, settings, monkeypatch):
    monkeypatch.setattr(health, "_proved", {})
    for number in range(5):
        vault.new_key(f"person-{number}")
    assert health.readiness()["keys"]
    SubjectKey.objects.filter(subject="person-3").update(master="k0")
    monkeypatch.setattr(health, "_proved", {})
    assert not health.readiness()["keys"]
    assert vault.masters_in_use() == ["k0", "k1"]


@pytest.mark.parametrize("kind", ["journal", "records"])
def test_not_ready_when_a_key_that_signs_cannot_be_opened(client, stamped, monkeypatch, kind):
    at = datetime(2026, 1, 5, tzinfo=UTC)
    if kind == "journal":
        signer.signing_key()
        JournalKey.objects.update(sealed=b"0" * 60)
    else:
        credentials.rotate_key(at)
        SigningKey.objects.update(private=b"0" * 60)
    monkeypatch.setattr(health, "_proved", {})
    assert not health.readiness()["keys"]


def test_keys_are_proved_without_reading_all_of_them(client, stamped, django_assert_max_num_queries):
    SubjectKey.objects.bulk_create(SubjectKey(subject=f"p{number}", wrapped=b"", master="k1") for number in range(2000))
    with django_assert_max_num_queries(4):
        assert vault.masters_in_use() == ["k1"]
    plan = SubjectKey.objects.filter(master__gt="k1").order_by("master")[:1].explain()
    assert "crypto_master" in plan


@pytest.mark.parametrize("subdomains", [True, False])
def test_browsers_are_told_to_insist_on_https_also_below_our_name(client, settings, subdomains):
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 63072000, subdomains
    told = client.get("/nowhere", secure=True)["Strict-Transport-Security"]
    assert told == "max-age=63072000" + ("; includeSubDomains" if subdomains else "")


def test_security_txt_says_where_weaknesses_are_reported_and_nothing_without_a_contact(client, settings):
    from praya.journey import load

    load.forget()
    assert client.get("/.well-known/security.txt").status_code == 404
    contacts = ("mailto:security@city.example.org", "https://city.example.org/report")
    settings.PRAYA = settings.PRAYA.model_copy(update={"security_contact": contacts})
    response = client.get("/.well-known/security.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    lines = [line.partition(": ") for line in response.content.decode().splitlines()]
    assert [value for name, _, value in lines if name == "Contact"] == list(contacts)
    expires = datetime.fromisoformat(next(value for name, _, value in lines if name == "Expires"))
    assert timedelta(days=30) < expires - datetime.now(UTC) < timedelta(days=365)
    assert ("Canonical", ": ", f"{settings.PRAYA.base_url}/.well-known/security.txt") in lines


def test_the_kit_is_not_shown_in_production(client, settings):
    from praya.journey import load

    load.forget()
    assert client.get("/kit").status_code == 200
    settings.PRAYA = settings.PRAYA.model_copy(update={"mode": "production"})
    assert client.get("/kit").status_code == client.get("/en/kit").status_code == 404
