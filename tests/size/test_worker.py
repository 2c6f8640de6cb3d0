"""The worker at a city's size: what hangs, fails or is long stops only itself, and nothing is left undone."""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from praya.blocks.cases.models import Case
from praya.blocks.forms import adapters as forms_adapters
from praya.blocks.forms.models import Draft, Upload
from praya.blocks.identity.models import Challenge
from praya.blocks.notices import adapters
from praya.blocks.notices import api as notices
from praya.blocks.notices import store as notice_store
from praya.blocks.notices.channels.message import Message
from praya.blocks.notices.models import DeliveryRow
from praya.journey import jobs, load
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.journal import folds, sealing
from praya.kernel.outbox import api as outbox
from praya.kernel.outbox import parts
from praya.kernel.outbox.models import Effect
from praya.kernel.outbox.turns import Turns
from praya.project import watch, wiring, work
from praya.systems.open_data import api as open_data
from praya.systems.open_data.models import Count

NOW = datetime.now(UTC).replace(microsecond=0)
PERSON = "p" * 32


def part(name: str) -> parts.Part:
    return {one.name: one for one in wiring.parts()}[name]


def eventually(holds: Callable[[], object], seconds: float = 30.0) -> None:
    until = monotonic() + seconds
    while not holds():
        assert monotonic() < until, "it never came true"
        sleep(0.02)


# A mail server that never answers


class Silent:
    """A listener that takes connections and never says a word; from its second connection on, if it is told so."""

    def __init__(self) -> None:
        self.line = socket.create_server(("127.0.0.1", 0))
        self.port = self.line.getsockname()[1]
        self.taken: list[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                self.taken.append(self.line.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        self.line.close()
        for one in self.taken:
            one.close()


@pytest.fixture
def silent(settings: Any) -> Iterator[Silent]:
    server = Silent()
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
    settings.EMAIL_TIMEOUT = 15
    settings.PRAYA = settings.PRAYA.model_copy(update={"smtp_host": "127.0.0.1"})
    yield server
    server.close()


def letters(number: int, *, at: datetime) -> None:
    """Letters of a person that wait, by the rows that they are."""
    vault.new_key(PERSON)
    rows = []
    for _ in range(number):
        ref = opaque()
        message = vault.seal_json({"to": "a@example.hk", "subject": "s", "body": "b"}, subject="@notices",
                                  place="notices.delivery.message", row=ref)  # fmt: skip
        rows.append(DeliveryRow(ref=ref, channel="email", language="en", message=message, created_at=at))
    DeliveryRow.objects.bulk_create(rows, batch_size=500)
    Effect.objects.bulk_create(
        [Effect(ref=opaque(), kind="notice_email", subject=row.ref, queued_at=at, due_at=at) for row in rows],
        batch_size=500,
    )


def code_leaves_past(number: int, silent: Silent, monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters hang in a mail server while a code goes by another way, holds end and the journal is sealed."""
    vault.new_key("@notices")
    letters(number, at=NOW - timedelta(minutes=1))
    sent: list[str] = []

    class Quick:
        def send(self, message: Message) -> str:
            sent.append(message.ref)
            return "sent"

    by_mail = adapters.channel
    # The server hangs for the thread of the letters; that of the codes reaches one that answers.
    monkeypatch.setattr(
        adapters,
        "channel",
        lambda name: Quick() if threading.current_thread().name == "codes" else by_mail(name),
    )
    stopped = threading.Event()
    runners = work.start(wiring.parts(), stopped)
    try:
        eventually(lambda: silent.taken)
        code = notices.send_code(email="b@example.hk", language="en", subject="Code", body="1", at=datetime.now(UTC))
        eventually(lambda: code in sent)
        eventually(lambda: sealing.oldest_unsealed() is None)
        eventually(lambda: parts.statuses().get("end_holds", parts.PartStatus("")).ended_at is not None)
        # The letters' connection hangs still: nothing had to wait for its time-out.
        letter = next(runner for runner in runners if runner.part.name == "emails")
        assert letter.breath_at is not None
        assert Effect.objects.filter(kind="notice_email", state="waiting").count() == number
    finally:
        stopped.set()
        silent.close()
        work.join(runners)
    assert outbox.lanes()["normal"].waiting == number
    assert outbox.lanes()["urgent"].waiting == 0


@pytest.mark.usefixtures("committed")
def test_a_code_leaves_though_letters_hang_in_a_mail_server_that_never_greets(
    silent: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    code_leaves_past(50, silent, monkeypatch)


@pytest.mark.size
@pytest.mark.usefixtures("committed")
def test_a_code_leaves_though_five_thousand_letters_hang(silent: Silent, monkeypatch: pytest.MonkeyPatch) -> None:
    code_leaves_past(5000, silent, monkeypatch)


def test_a_mail_server_that_does_not_answer_is_asked_for_one_letter_and_then_again_later(
    db: None, silent: Silent, settings: Any
) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    vault.new_key("@notices")
    # Queued as letters of a notice would be, younger than a code's life.
    letters(20, at=NOW)
    turns = Turns(part("emails"))
    rests = [turns.take(at=NOW + timedelta(minutes=number)) for number in range(3)]
    assert len(silent.taken) == 3
    # Each pause is twice the one before, a tenth more or less.
    assert [round(rest.total_seconds() / 5) for rest in rests] == [1, 2, 4]
    assert parts.statuses()["emails"].failure == "smtp_unreachable"
    assert [trouble.where for trouble in watch.troubles(at=NOW) if "smtp_unreachable" in trouble.what] == ["emails"]


def test_a_mail_server_that_dribbles_is_left_after_a_while(
    db: None, silent: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice_store, "LONGEST_FOR_CODE", timedelta(seconds=0.5))
    vault.new_key("@notices")
    letters(1, at=NOW)

    def dribble() -> None:
        while not silent.taken:
            sleep(0.01)
        try:
            while True:
                silent.taken[0].sendall(b"2")
                sleep(0.05)
        except OSError:
            return

    threading.Thread(target=dribble, daemon=True).start()
    assert outbox.work(notices.KINDS, at=NOW).down == "smtp_unreachable"


# A virus scanner that never answers


def test_a_virus_scanner_that_hangs_is_asked_for_one_file_and_one_bad_file_stops_no_other(
    db: None, silent: Silent, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.new_key(PERSON)
    draft = Draft.objects.create(ref="d", person_ref=PERSON, service="s", version=1, language="en", answers=b"",
                                 created_at=NOW, updated_at=NOW)  # fmt: skip
    for number in range(4):
        ref = f"u{number}"
        Upload.objects.create(ref=ref, draft=draft, person_ref=PERSON, question="q", kind="csv", size=5,
                              name=vault.seal(b"a.csv", subject=PERSON, place="forms.upload.name", row=ref),
                              created_at=NOW + timedelta(seconds=number))  # fmt: skip
        sealed = vault.seal(b"name\n", subject=PERSON, place="forms.upload.bytes", row=ref)
        forms_adapters.file_store().write(ref, sealed)
    with monkeypatch.context() as hanging:
        hanging.setattr(forms_adapters, "CLAMD_SECONDS", 0.2)
        settings.PRAYA = settings.PRAYA.model_copy(update={"clamd": f"127.0.0.1:{silent.port}"})
        rest = Turns(part("scan")).take(at=NOW)
    assert len(silent.taken) == 1
    assert rest > timedelta(seconds=4)
    assert parts.statuses()["scan"].failure == "virus_scanner_down"
    settings.PRAYA = settings.PRAYA.model_copy(update={"clamd": None})
    look = forms_adapters.StructureScanner.look
    asked: list[str] = []

    def look_badly(self: Any, kind: str, data: bytes) -> str:
        asked.append(kind)
        return look(self, kind, data) if len(asked) > 1 else str(1 / 0)

    monkeypatch.setattr(forms_adapters.StructureScanner, "look", look_badly)
    Turns(part("scan")).take(at=NOW + timedelta(minutes=1))
    states = sorted(Upload.objects.values_list("state", flat=True))
    assert states == ["clean", "clean", "clean", "quarantined"]
    Turns(part("scan")).take(at=NOW + timedelta(minutes=2))
    assert set(Upload.objects.values_list("state", flat=True)) == {"clean"}


# A fact that cannot be read


def opened(number: int, first: int = 0) -> None:
    for case in range(first, first + number):
        facts = {"by": {"district": ("eastern", "southern")[case % 2]}}
        journal.record(event="case_opened", at=NOW, by="system", service="s", subject=f"c{case}", facts=facts)
        journal.record(event="case_closed", at=NOW, by="system", service="s", subject=f"c{case}",
                       facts={**facts, "result": "granted", "days": case % 7})  # fmt: skip
        journal.record(event="page_read", at=NOW, by="system", service="s", subject=f"c{case}")


def test_a_fact_that_the_figures_cannot_read_stops_the_figures_only(db: None) -> None:
    opened(10)
    facts = {"result": "granted", "days": "two"}
    journal.record(event="case_closed", at=NOW, by="system", service="s", subject="c", facts=facts)
    opened(10, 10)
    code = notices.send_code(email="b@example.hk", language="en", subject="Code", body="1", at=NOW)
    for _ in range(4):
        wiring.tick(at=NOW)
    assert DeliveryRow.objects.get(ref=code).state == "kept"
    assert sealing.oldest_unsealed() is None
    # What could be read before it is counted, and operators are told where it stands.
    assert sum(row.count for row in Count.objects.filter(measure="applications")) == 10
    (trouble,) = [one for one in watch.troubles(at=NOW) if one.where == "open_data"]
    assert "case_closed at position 31 cannot be read by open_data: ValueError" in trouble.what
    with pytest.raises(folds.Unreadable, match="position 31"):
        open_data.catch_up()
    # Once it is left out the others follow, and a rebuild leaves it out too.
    folds.leave_out(open_data.FIGURES, 31)
    open_data.catch_up()
    counted = open_data.snapshot()
    assert sum(row.count for row in Count.objects.filter(measure="applications")) == 20
    open_data.rebuild()
    assert open_data.snapshot() == counted


def test_a_fold_made_again_is_the_fold_that_went_along(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folds, "WINDOW", 17)
    for round_ in range(5):
        opened(20, round_ * 20)
        while sealing.seal(at=NOW, limit=13):
            open_data.catch_up()
    along = open_data.snapshot()
    assert sum(row.count for row in Count.objects.filter(measure="applications")) == 100
    monkeypatch.setattr(folds, "WINDOW", 5000)
    open_data.rebuild()
    assert open_data.snapshot() == along


def test_a_fold_costs_what_it_reads_and_writes_once_for_a_batch(db: None) -> None:
    for number in range(600):
        journal.record(event="page_read", at=NOW, by="system", service="s", subject=f"{number}")
    opened(100)
    sealing.seal(at=NOW)
    with CaptureQueriesContext(connection) as asked:
        open_data.catch_up()
    writing = [query["sql"] for query in asked if "open_data_count" in query["sql"]]
    assert len(writing) == 1
    assert len(asked) < 20
    reading = next(query["sql"] for query in asked if '"journal_entry"."event" IN' in query["sql"])
    # PostgreSQL may take the index of positions, which the window bounds.
    ways = {"journal_event"} if connection.vendor == "sqlite" else {"journal_event", "journal_entry_position_key"}
    assert any(way in plan(reading) for way in ways)


def plan(sql: str) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Of a table of a few rows a planner reads all of it; here it is asked what it would do with many.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
            cursor.execute("EXPLAIN " + sql)
        else:
            cursor.execute("EXPLAIN QUERY PLAN " + sql)
        return "\n".join(str(row) for row in cursor.fetchall())


# Jobs until nothing is due


def closed(number: int, *, service: str, closed_at: datetime) -> None:
    vault.new_key(PERSON)
    Case.objects.bulk_create(
        [
            Case(ref=f"RC-{service[:3]}{case}", person_ref=PERSON, service=service, version=1, department="fehd",
                 language="en", state="granted", state_since=closed_at, opened_at=closed_at,
                 closed_at=closed_at + timedelta(seconds=case), result="granted", answers=b"",
                 once_key=f"{service}{case}", fingerprint="f")
            for case in range(number)
        ],
        batch_size=500,
    )  # fmt: skip


def retention_of(number: int) -> None:
    load.publish_pack(at=NOW, by="system")
    name = next(name for name, card in load.territory().every.items() if "granted" in card.retention)
    closed(number, service=name, closed_at=NOW - timedelta(days=40 * 366))
    overdue_at = jobs.oldest_retained(at=NOW)
    assert overdue_at is not None
    assert overdue_at < NOW - timedelta(days=365)
    with CaptureQueriesContext(connection) as asked:
        assert jobs.end_retention(at=NOW) == number
    assert not Case.objects.exists()
    assert jobs.oldest_retained(at=NOW) is None
    reading = next(query["sql"] for query in asked if '"cases_case"."closed_at" <' in query["sql"])
    assert "cases_retention" in plan(reading)


def test_retention_ends_every_case_that_is_due_in_one_round(db: None) -> None:
    retention_of(450)


@pytest.mark.size
def test_retention_ends_thirteen_hundred_cases_in_one_round(db: None) -> None:
    retention_of(1300)


def test_what_was_begun_and_left_is_forgotten_to_the_last(db: None) -> None:
    old = NOW - timedelta(days=100)
    Draft.objects.bulk_create(
        [
            Draft(ref=opaque(), person_ref=f"{number:032}", service="s", version=1, language="en", answers=b"",
                  created_at=old, updated_at=old)
            for number in range(700)
        ],
        batch_size=200,
    )  # fmt: skip
    Challenge.objects.bulk_create(
        [
            Challenge(ref=opaque(), email=b"", email_index=f"{number:032}", number=1, code_index="c", language="en",
                      for_officer=False, created_at=old, expires_at=old)
            for number in range(700)
        ],
        batch_size=200,
    )  # fmt: skip
    Effect.objects.bulk_create(
        [
            Effect(ref=opaque(), kind="notice_email", subject=str(number), state="done", queued_at=old, due_at=old,
                   done_at=old)
            for number in range(700)
        ],
        batch_size=200,
    )  # fmt: skip
    vault.new_key("@notices")
    letters(600, at=old)
    Effect.objects.filter(state="waiting").delete()
    overdue = watch.overdue(at=NOW)
    names = ("forget_drafts", "forget_codes", "forget_effects", "forget_deliveries")
    assert all(overdue[name] > 86400 for name in names)
    parts.believe(at=NOW, by="operator")
    for name in names:
        Turns(part(name)).take(at=NOW)
    for table in (Draft, Challenge, DeliveryRow, Effect):
        assert not table.objects.exists()
    overdue = watch.overdue(at=NOW)
    assert [overdue[name] for name in names] == [0, 0, 0, 0]


# The clock


def test_a_clock_that_was_ahead_stops_nothing_afterwards(db: None) -> None:
    ahead = NOW + timedelta(days=15 * 365)
    parts.believe(at=NOW, by="operator")
    wiring.tick(at=ahead)
    wiring.tick(at=NOW + timedelta(minutes=1))
    for one in wiring.parts():
        if one.every is not None:
            due_at = parts.statuses()[one.name].due_at
            assert due_at is not None
            assert due_at <= NOW + timedelta(minutes=1) + one.every, one.name


def test_nothing_is_deleted_while_the_clock_is_not_believed(db: None) -> None:
    journal.record(event="thing_done", at=NOW, by="system")
    old = NOW - timedelta(days=1)
    Draft.objects.create(ref="d", person_ref=PERSON, service="s", version=1, language="en", answers=b"",
                         created_at=old, updated_at=old)  # fmt: skip
    ahead = NOW + timedelta(days=200)
    Turns(part("forget_drafts")).take(at=ahead)
    assert Draft.objects.exists()
    assert "days after it was last believed" in parts.statuses()["forget_drafts"].failure
    assert "clock" in {trouble.where for trouble in watch.troubles(at=ahead) if trouble.grave}
    # The clock is set right, and all goes on; and when an operator says that it was right, it is done.
    Turns(part("forget_drafts")).take(at=NOW + timedelta(minutes=10))
    assert (parts.statuses()["forget_drafts"].failures, Draft.objects.count()) == (0, 1)
    parts.believe(at=ahead, by="operator")
    Turns(part("forget_drafts")).take(at=ahead)
    assert not Draft.objects.exists()


def test_two_weeks_of_the_workers_own_time_are_believed_step_by_step(db: None) -> None:
    assert parts.leapt(at=NOW) is None
    for day in range(1, 15):
        assert parts.leapt(at=NOW + timedelta(days=day)) is None
    assert parts.leapt(at=NOW + timedelta(days=14) + parts.FAR + timedelta(hours=1)) is not None


def test_what_was_queued_or_put_off_by_a_clock_that_was_ahead_does_not_wait_for_it(db: None) -> None:
    did: list[str] = []

    def do(subject: str, ref: str, at: datetime) -> None:
        if at > NOW + timedelta(days=1):
            raise outbox.Later("not_now")
        did.append(subject)

    ahead = NOW + timedelta(days=15 * 365)
    outbox.send(kind="line", subject="put off", at=NOW)
    outbox.work({"line": outbox.Kind(do, retry=outbox.Retry(keep=timedelta(days=99_999)))}, at=ahead)
    outbox.send(kind="line", subject="queued", at=ahead)
    assert outbox.work({"line": outbox.Kind(do)}, at=NOW + timedelta(minutes=1)).done == 2
    assert sorted(did) == ["put off", "queued"]


# Lanes


def test_what_a_slow_part_queues_waits_behind_nobodys_letter(db: None) -> None:
    with outbox.caused_in("slow"):
        outbox.send(kind="notice_email", subject="of a draw", at=NOW)
        outbox.send(kind="notice_code", subject="a code", at=NOW, lane="urgent")
    outbox.send(kind="notice_email", subject="of a decision", at=NOW)
    assert dict(Effect.objects.values_list("subject", "lane")) == {
        "of a draw": "slow",
        "a code": "urgent",
        "of a decision": "normal",
    }


def test_a_claim_counts_from_its_own_moment_and_outlasts_what_it_is_for(db: None) -> None:
    claims: list[tuple[datetime, datetime]] = []

    def do(subject: str, ref: str, at: datetime) -> None:
        sleep(0.6)
        claims.append((at, Effect.objects.values_list("due_at", flat=True).get(ref=ref)))

    for number in range(3):
        outbox.send(kind="line", subject=str(number), at=NOW)
    kind = outbox.Kind(do, longest=timedelta(seconds=10))
    assert outbox.work({"line": kind}, at=NOW).done == 3
    assert [until - at for at, until in claims] == [kind.lease] * 3
    assert claims[-1][0] > claims[0][0]
    assert all(kind.lease > kind.longest for kind in notices.KINDS.values())
