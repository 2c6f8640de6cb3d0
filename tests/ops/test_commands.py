"""`praya` as an operator meets it: commands, refusals, the doctor."""

import json
import pkgutil
import re
import socket
import socketserver
import sqlite3
import stat
import threading

import pytest
from tests.ops.conftest import free_port, get, wait_for

from praya.project import commands, keys


def test_every_module_in_commands_is_a_command(operator):
    said = operator.praya("--help").stdout
    for module in pkgutil.iter_modules(commands.__path__):
        assert module.name.replace("_", "-") in said


def test_without_settings_nothing_starts_and_it_says_what_is_missing(operator):
    for command in ("serve", "worker", "migrate"):
        result = operator.praya(command)
        assert result.returncode == 1
        assert "PRAYA_SECRET_KEY is missing" in result.stderr
        assert "Traceback" not in result.stderr


def test_a_database_of_one_mode_refuses_every_other(production):
    assert production.praya("migrate", PRAYA_MODE="demo").returncode == 0
    for command in ("migrate", "serve", "worker"):
        result = production.praya(command)
        assert result.returncode == 1
        assert "made in demo mode and cannot be used in production mode" in result.stderr
        assert "Traceback" not in result.stderr


def test_a_demonstration_refuses_a_production_environment_and_its_database(production):
    assert "PRAYA_MODE is production here" in production.praya("demo").stderr
    assert production.praya("migrate").returncode == 0
    database = f"sqlite:///{production.folder}/var/praya.sqlite3".replace("///", "////", 1).replace("/////", "////")
    result = production.praya("demo", "--data", "elsewhere", PRAYA_MODE="demo", DATABASE_URL=database)
    assert result.returncode == 1
    assert "made in production mode and cannot be used in demo mode" in result.stderr


def test_ready_makes_no_keys_of_its_own(ready):
    (ready.folder / "keys.json").unlink()
    assert not (ready.folder / "keys.json").exists()


def test_what_it_writes_only_its_own_user_reads(ready):
    made = [ready.folder / "var", *(ready.folder / "var").iterdir()]
    assert len(made) > 1
    assert not [path for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_web_refuses_a_database_that_waits_for_migrations(ready):
    with sqlite3.connect(ready.folder / "var" / "praya.sqlite3") as connection:
        connection.execute("DELETE FROM django_migrations WHERE name = (SELECT max(name) FROM django_migrations)")
    result = ready.praya("serve", "--port", free_port())
    assert result.returncode == 1
    assert "Run `praya migrate` first" in result.stderr


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_in_use_is_named_with_the_way_out(production, operator, command):
    someone = production if command == "serve" else operator
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = someone.praya(command, "--port", port)
    assert result.returncode == 1
    assert f"Port {port} is in use" in result.stderr
    assert f"praya {command} --port {port + 1}" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_unreachable_database_is_a_sentence_without_the_password(production):
    url = f"postgresql://me:hush@127.0.0.1:{free_port()}/praya"
    result = production.praya("migrate", DATABASE_URL=url)
    assert result.returncode == 1
    assert "The database cannot be reached" in result.stderr
    assert "hush" not in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.size
def test_several_web_processes_count_together_with_the_worker_beside_them(ready):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with (
        ready.running("worker") as worker,
        ready.running("serve", "--port", port, PRAYA_WEB_WORKERS="2") as web,
    ):
        wait_for(lambda: get(f"{address}/readyz")[0] == 200)
        before = counted(get(f"{address}/metrics")[1])
        for _ in range(20):
            get(f"{address}/healthz")
        assert counted(get(f"{address}/metrics")[1]) == before + 20
        for process in (worker, web):
            process.terminate()
            assert process.wait(20) == 0


def counted(text):
    lines = [
        line for line in text.splitlines() if line.startswith('praya_http_requests_total{method="GET",route="/healthz"')
    ]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


# The outbox, what is made from the journal, and the clock.


QUEUE = """
import sys
from datetime import UTC, datetime, timedelta
from praya.project import startup
startup.ready_django()
from praya.kernel.outbox.models import Effect
from praya.kernel.outbox import parts
now = datetime.now(UTC)
for number, state in enumerate(("failed", "failed", "waiting", "done")):
    Effect.objects.create(ref=f"r{number}", kind="notice_email", subject=f"s{number}", state=state,
                          queued_at=now - timedelta(days=number), due_at=now + timedelta(hours=1), done_at=now,
                          failure="" if state == "done" else "smtp_address_deferred", attempts=9)
parts.believe(at=now - timedelta(days=30), by="system")
"""


def test_an_operator_sees_what_waits_and_tries_again(ready):
    assert ready.python(QUEUE).returncode == 0
    listed = ready.praya("outbox", "list", "--state", "failed").stdout
    assert re.search(r"normal\s+1 waiting, the oldest since .* UTC; 2 given up", listed)
    assert [line.split()[0] for line in listed.splitlines() if "smtp_address_deferred" in line] == ["r1", "r0"]
    old = json.loads(ready.praya("outbox", "list", "--older-than", "12h", "--json").stdout)
    assert [effect["ref"] for effect in old["effects"]] == ["r3", "r2", "r1"]
    assert ready.praya("outbox", "retry", "--older-than", "soon").returncode == 2
    assert "1 will be tried again" in ready.praya("outbox", "retry", "--older-than", "12h").stdout
    assert "1 will be tried again" in ready.praya("outbox", "retry", "r0").stdout
    assert "3 will be tried again" in ready.praya("outbox", "retry", "--state", "waiting").stdout
    assert "0 given up" in ready.praya("outbox", "list").stdout


def test_what_is_made_from_the_journal_is_made_again(ready):
    assert re.search(r"open_data +0 of 0 sealed facts", ready.praya("rebuild").stdout)
    assert ready.praya("rebuild", "open_data").returncode == 0
    assert "There are: open_data" in ready.praya("rebuild", "open-data").stderr
    ready.praya("rebuild", "open_data", "--leave-out", "12")
    assert "without 12" in ready.praya("rebuild").stdout


def test_a_clock_that_leapt_is_told_and_believed_when_an_operator_says_so(ready):
    assert ready.python(QUEUE).returncode == 0
    told = {(f["check"], f["state"]) for f in json.loads(ready.praya("doctor", "--json").stdout)}
    assert ("clock", "fail") in told
    assert "run this again with --yes" in ready.praya("believe-clock").stdout
    assert "It is believed." in ready.praya("believe-clock", "--yes").stdout
    told = {(f["check"], f["state"]) for f in json.loads(ready.praya("doctor", "--json").stdout)}
    assert ("clock", "fail") not in told


# The doctor.


def findings(operator, **extra):
    result = operator.praya("doctor", "--json", **extra)
    assert "Traceback" not in result.stderr, result.stderr
    found = {}
    for finding in json.loads(result.stdout):
        found.setdefault(finding["check"], []).append(finding)
    return result.returncode, found


def states(found):
    return {
        check: max(f["state"] for f in several) if len(several) > 1 else several[0]["state"]
        for check, several in found.items()
    }


class Scanner(socketserver.BaseRequestHandler):
    """As much of ClamAV as the doctor asks for."""

    def handle(self):
        assert self.request.recv(64) == b"zPING\0"
        self.request.sendall(b"PONG\0")


@pytest.fixture
def scanner():
    """The address of a virus scanner."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Scanner) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_the_doctor_finds_a_whole_ready_well(ready, scanner):
    ready.environment["PRAYA_CLAMD"] = scanner
    code, found = findings(ready)
    assert code == 0
    well = states(found)
    assert {
        well[check]
        for check in (
            "python",
            "names",
            "settings",
            "address",
            "keys",
            "virus scanner",
            "database",
            "migrations",
            "stamp",
        )
    } == {"ok"}
    assert well["mail"] == "warn"
    assert all(f["mend"] for several in found.values() for f in several if f["state"] != "ok")


FAULTS = {
    "names": ({"PRAYA_SMPT_HOST": "x"}, "PRAYA_SMPT_HOST"),
    "hosts": ({"PRAYA_ALLOWED_HOSTS": "other.example.org"}, "services.example.org"),
    "pack": ({"PRAYA_PACK": "/nowhere"}, "/nowhere"),
    "mail": ({"PRAYA_SMTP_HOST": "127.0.0.1", "PRAYA_SMTP_PORT": "1"}, "127.0.0.1:1"),
    "sms": ({"PRAYA_SMS_URL": "http://sms.example"}, "https"),
    "database": ({"DATABASE_URL": "postgresql://me:hush@127.0.0.1:1/x"}, "reached"),
    "data folder": ({"PRAYA_DATA_DIR": "/proc/praya"}, "/proc/praya"),
}


def test_the_doctor_finds_every_one_of_many_faults(production):
    together = {name: value for environment, _ in FAULTS.values() for name, value in environment.items()}
    code, found = findings(production, **together)
    assert code == 1
    for check, (_, words) in FAULTS.items():
        failed = [finding for finding in found[check] if finding["state"] == "fail"]
        assert words in failed[0]["sentence"]
        assert failed[0]["mend"]
    assert "hush" not in json.dumps(found)


@pytest.mark.parametrize(
    ("environment", "words"), [({"PRAYA_SECRET_KEY": "short"}, "too short"), ({"PRAYA_MODE": "prod"}, "PRAYA_MODE")]
)
def test_the_doctor_says_which_setting_cannot_be(production, environment, words):
    code, found = findings(production, **environment)
    assert code == 1
    assert words in found["settings"][0]["sentence"]


def test_the_doctor_sees_keys_that_others_may_read(ready):
    path = ready.folder / "keys.json"
    path.chmod(0o644)
    assert states(findings(ready)[1])["keys"] == "fail"
    path.chmod(0o600)
    path.write_text("{}")
    assert states(findings(ready)[1])["keys"] == "fail"
    path.write_text(keys.new_master_keys())
    assert states(findings(ready)[1])["keys"] == "ok"


def test_the_doctor_sees_what_waits(production):
    _, found = findings(production)
    assert states(found)["migrations"] == "fail"
    assert states(found)["stamp"] == "fail"


def test_the_doctor_speaks_plainly(production):
    result = production.praya("doctor", PRAYA_SMPT_HOST="x")
    assert "fail  names" in result.stdout
    assert "Did you mean PRAYA_SMTP_HOST?" in result.stdout


@pytest.mark.postgresql
def test_the_doctor_knows_postgresql(production, postgresql_url, scanner):
    production.environment["PRAYA_CLAMD"] = scanner
    production.environment["DATABASE_URL"] = postgresql_url
    assert production.praya("migrate").returncode == 0
    code, found = findings(production)
    assert code == 0
    assert "PostgreSQL" in found["database"][0]["sentence"]
    assert states(found)["database clock"] == "ok"
    assert [f["state"] for f in found["backup"]] == ["ok", "ok"]
