"""Faults of a proxy: how the web server recognises them, and how `praya doctor` reports them."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from praya.project import config, diagnosis, proxies
from praya.web.client_address import CLAIM

pytestmark = pytest.mark.django_db
HTTPS = {"HTTP_X_FORWARDED_PROTO": "https"}


@pytest.fixture
def proxied(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> config.Configuration:
    """Settings as behind a proxy that ends TLS."""
    monkeypatch.setattr(proxies, "_logged", {})
    # An address where nothing answers, so that the doctor asks nobody outside.
    settings.PRAYA = settings.PRAYA.model_copy(
        update={"mode": "production", "base_url": "https://127.0.0.1:1", "data_dir": tmp_path}
    )
    made: config.Configuration = settings.PRAYA
    return made


def said(configuration: config.Configuration) -> dict[str, str]:
    return {finding.sentence: finding.state for finding in diagnosis.proxy(configuration)}


@pytest.mark.parametrize(
    ("meta", "kind", "state", "words"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, "missing", "fail", "came without X-Forwarded-For from 127.0.0.1"),
        ({"REMOTE_ADDR": "10.9.0.1"}, "missing", "fail", "came without X-Forwarded-For from 10.9.0.1"),
        (
            {"REMOTE_ADDR": "10.9.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"},
            "untrusted", "warn", "X-Forwarded-For came from 10.9.0.1, where no trusted proxy is",
        ),
        ({"HTTP_X_FORWARDED_FOR": "unknown"}, "unreadable", "fail", "no address"),
        ({"HTTP_X_FORWARDED_FOR": CLAIM}, "claimed", "fail", "escapes every limit"),
    ],
)  # fmt: skip
def test_a_proxy_that_does_not_fit_is_counted_logged_and_told_by_the_doctor(
    client: Any, proxied: config.Configuration, capsys: Any, meta: dict[str, str], kind: str, state: str, words: str
) -> None:
    for _ in range(3):
        client.get("/nowhere", **{"REMOTE_ADDR": "127.0.0.1", **HTTPS, **meta})
    logged = capsys.readouterr().err
    assert logged.count(f"misfit={kind}") == 1
    assert "203.0.113.9" not in logged
    findings = said(proxied)
    assert [(found, how) for found, how in findings.items() if words in found and how == state]
    assert f'praya_proxy_misfits_total{{misfit="{kind}"}}' in client.get("/metrics").content.decode()


def test_a_proxy_in_order_a_probe_and_what_was_seen_days_ago_are_no_misfit(
    client: Any, proxied: config.Configuration
) -> None:
    client.get("/nowhere", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.9", **HTTPS)
    client.get("/healthz", REMOTE_ADDR="10.9.0.1")
    assert proxies.noted(proxied.data_dir) == {}
    client.get("/nowhere", REMOTE_ADDR="127.0.0.1", **HTTPS)
    old = time.time() - 3 * 86400
    os.utime(proxied.data_dir / "proxy" / "missing", (old, old))
    assert list(said(proxied).values()) == ["ok"]


def test_trusting_everybody_and_trusting_a_name_are_faults(
    proxied: config.Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = proxied.model_copy(update={"trusted_proxies": ("0.0.0.0/0",)})
    assert said(trusting)["PRAYA_TRUSTED_PROXIES trusts everybody"] == "fail"
    monkeypatch.setenv("PRAYA_TRUSTED_PROXIES", "my-proxy")
    with pytest.raises(config.Refused, match="PRAYA_TRUSTED_PROXIES cannot be used: it must be networks such as"):
        config.load()
