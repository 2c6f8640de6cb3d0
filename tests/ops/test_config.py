"""The one declaration of settings: complete, documented, and clear about what cannot be."""

from pathlib import Path

import pytest

from praya.project import config, databases
from praya.project.config import Configuration
from praya.project.refusal import Refused


@pytest.fixture(autouse=True)
def _empty(monkeypatch, tmp_path):
    for field in Configuration.model_fields:
        monkeypatch.delenv(config.environment_name(field), raising=False)
    monkeypatch.chdir(tmp_path)


WHOLE = {
    "PRAYA_MODE": "production",
    "PRAYA_SECRET_KEY": "s" * 60,
    "PRAYA_KEYS": "/etc/praya/keys.json",
    "PRAYA_BASE_URL": "https://services.example.org",
    "PRAYA_ALLOWED_HOSTS": "services.example.org, www.example.org",
}


def given(monkeypatch, **environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def test_every_setting_has_one_sentence():
    for name, field in Configuration.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_nothing_set_is_production_and_is_refused_by_name(monkeypatch):
    with pytest.raises(Refused) as refused:
        config.in_use()
    for name in ("PRAYA_SECRET_KEY", "PRAYA_KEYS", "PRAYA_BASE_URL", "PRAYA_ALLOWED_HOSTS", "PRAYA_MODE"):
        assert name in str(refused.value)


def test_a_whole_production_configuration_is_taken(monkeypatch):
    given(monkeypatch, **WHOLE)
    found = config.in_use()
    assert found.allowed_hosts == ("services.example.org", "www.example.org")
    assert found.secure


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PRAYA_SECRET_KEY", "short"),
        ("PRAYA_BASE_URL", "http://services.example.org"),
        ("PRAYA_ALLOWED_HOSTS", "*"),
        ("PRAYA_KEYS", ""),
        ("PRAYA_SMS_URL", "http://sms.example.org/send"),
        ("PRAYA_REDIS_URL", "redis://10.0.0.7/0"),
        ("DATABASE_URL", "postgresql://me:hush@db.example.org/praya"),
        ("DATABASE_URL", "postgresql://me@10.0.0.7/praya?sslmode=prefer"),
        ("DATABASE_URL", "postgresql:///praya?host=db.example.org"),
        ("DATABASE_URL", "postgresql://127.0.0.1,db.example.org/praya"),
    ],
)
def test_production_refuses_each_weak_value(monkeypatch, name, value):
    given(monkeypatch, **WHOLE | {name: value})
    with pytest.raises(Refused, match=name):
        config.in_use()


@pytest.mark.parametrize(
    "environment",
    [
        {"PRAYA_SMS_URL": "http://127.0.0.1:8080/send"},
        {"PRAYA_REDIS_URL": "redis://[::1]/0"},
        {"DATABASE_URL": "postgresql://me@localhost/praya"},
        {"DATABASE_URL": "postgresql:///praya?host=/run/postgresql"},
        {"DATABASE_URL": "postgresql://me@db.example.org/praya?sslmode=verify-full"},
        {"DATABASE_URL": "sqlite:////srv/praya.sqlite3"},
        {"PRAYA_SMTP_HOST": "mail.example.org", "PRAYA_SMTP_FROM": "City <no-reply@city.example.org>"},
    ],
)
def test_what_stays_on_this_machine_or_is_encrypted_is_taken(monkeypatch, environment):
    given(monkeypatch, **WHOLE | environment)
    assert config.in_use().problems() == []


def test_letters_leave_production_encrypted_and_in_somebodys_name(monkeypatch):
    given(monkeypatch, **WHOLE, PRAYA_SMTP_HOST="mail.example.org", PRAYA_SMTP_STARTTLS="false")
    with pytest.raises(Refused) as refused:
        config.in_use()
    assert "PRAYA_SMTP_FROM" in str(refused.value)
    assert "PRAYA_SMTP_STARTTLS" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PRAYA_SECURITY_CONTACT", "confidential"),
        ("PRAYA_TRUSTED_PROXIES", "confidential"),
        ("PRAYA_MODE", "prod-confidential"),
        ("PRAYA_SMTP_PORT", "confidential"),
        ("PRAYA_BASE_URL", "https://a.example/confidential"),
        ("PRAYA_TIME_ZONE", "Mars/Confidential"),
        ("PRAYA_WEB_WORKERS", "-1"),
        ("PRAYA_REDIS_URL", "http://confidential"),
    ],
)
def test_a_value_that_cannot_be_is_named_but_never_repeated(monkeypatch, name, value):
    given(monkeypatch, **{name: value})
    with pytest.raises(Refused, match=name) as refused:
        config.load()
    assert "onfidential" not in str(refused.value)


def test_a_misspelt_name_is_found_with_the_nearest_right_one():
    unknown = config.unknown_names({"PRAYA_SMTP_HSOT": "x", "PRAYA_ZZZZZ": "x", "PRAYA_MODE": "demo", "PATH": "x"})
    assert unknown == {"PRAYA_SMTP_HSOT": "PRAYA_SMTP_HOST", "PRAYA_ZZZZZ": None}


def test_secrets_do_not_show_when_the_settings_are_printed(monkeypatch):
    given(
        monkeypatch,
        PRAYA_MODE="test",
        PRAYA_SECRET_KEY="hush" * 20,
        PRAYA_SECRET_KEY_FALLBACKS="hush",
        DATABASE_URL="postgresql://me:hush@h/n",
        PRAYA_SMTP_PASSWORD="hush",
        PRAYA_SMS_TOKEN="hush",
        PRAYA_METRICS_TOKEN="hush",
    )
    assert "hush" not in repr(config.load())


def database(monkeypatch, url=None):
    given(monkeypatch, PRAYA_MODE="test", **({"DATABASE_URL": url} if url else {}))
    return databases.from_configuration(config.load())


def test_without_an_address_the_database_is_sqlite_in_the_data_folder(monkeypatch):
    found = database(monkeypatch)
    assert found["NAME"] == Path("var/praya.sqlite3").resolve()
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in found["OPTIONS"]["init_command"]


def test_a_postgresql_address_is_read_with_its_escapes_and_options(monkeypatch):
    found = database(monkeypatch, "postgres://us%40er:p%2Fw@db.example:6543/na%20me?sslmode=require")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "us@er",
        "p/w",
        "db.example",
        "6543",
        "na me",
    )
    assert found["OPTIONS"] == {"sslmode": "require"}
    assert found["CONN_MAX_AGE"] is None


def test_a_socket_folder_may_stand_for_the_host(monkeypatch):
    assert database(monkeypatch, "postgresql:///praya?host=/run/postgresql")["HOST"] == "/run/postgresql"


def test_sqlite_addresses_are_relative_with_three_slashes_and_absolute_with_four(monkeypatch):
    assert database(monkeypatch, "sqlite:///here.db")["NAME"] == Path("here.db").resolve()
    assert database(monkeypatch, "sqlite:////there/x.db")["NAME"] == Path("/there/x.db")


@pytest.mark.parametrize("url", ["mysql://h/n", "postgresql://h", "postgresql://h:port/n"])
def test_other_addresses_are_refused(monkeypatch, url):
    with pytest.raises(Refused, match="DATABASE_URL"):
        database(monkeypatch, url)
