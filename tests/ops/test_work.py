"""The parts of the worker: one that fails or hangs does not stop the others, and is reported."""

import os
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

import pytest
from django.db import OperationalError

from praya.kernel.outbox import api as outbox
from praya.kernel.outbox import parts
from praya.kernel.outbox.parts import Part
from praya.kernel.outbox.retry import Retry
from praya.kernel.outbox.turns import Turns
from praya.kernel.rounds import Stuck, breathe, by_itself
from praya.project import running as processes
from praya.project import watch, wiring, work

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
QUICKLY = Retry(first=timedelta(milliseconds=1), longest=timedelta(milliseconds=1))


def eventually(holds):
    until = monotonic() + 10
    while not holds():
        assert monotonic() < until, "it never came true"
        sleep(0.01)


@pytest.fixture
def running(committed):
    stopped, started = threading.Event(), []

    def start(*table):
        started.extend(work.start(table, stopped))
        return started

    yield start
    stopped.set()
    work.join(started)
    assert not [runner.part.name for runner in started if runner.thread.is_alive()]


def test_what_hangs_or_fails_stops_only_itself_and_is_told(running):
    hanging, counted, failed = threading.Event(), [], []

    def hangs(*, at):
        hanging.wait(20)
        return 0

    def fails(*, at):
        failed.append(at)
        raise ValueError("Chan A123456")

    def counts(*, at):
        counted.append(at)
        return 1

    budget = timedelta(seconds=0.05)
    runners = running(
        Part(name="hangs", run=hangs, budget=budget),
        Part(name="fails", run=fails, retry=QUICKLY),
        Part(name="counts", run=counts),
    )
    try:
        eventually(lambda: len(counted) > 3 and len(failed) > 3 and runners[0].hanging())
        work.watch(runners)
        fares = parts.statuses()
        assert fares["counts"].beat_at is not None
        assert "hangs" not in fares
        eventually(lambda: parts.statuses()["fails"].failures > 3)
        assert parts.statuses()["fails"].failure == "ValueError"
    finally:
        hanging.set()


def test_a_failure_is_logged_by_its_place_and_not_by_its_text(db, capsys):
    def fails(*, at):
        raise ValueError("Chan A123456")

    turns = Turns(Part(name="fails", run=fails))
    rests = [turns.take(at=AT) for _ in range(8)]
    assert [round(rest.total_seconds()) for rest in rests[:3]] == [1, 2, 4]
    assert 50 <= rests[-1].total_seconds() <= 70
    assert "builtins.ValueError" in (said := capsys.readouterr().err)
    assert not [word for word in ("Chan", "A123456") if word in said]


def test_a_part_that_works_again_has_no_failure_any_more(db):
    broken = [Stuck("the channel is down")]

    def run(*, at):
        if broken:
            raise broken.pop()
        return 1

    turns = Turns(Part(name="mended", run=run))
    turns.take(at=AT)
    assert (parts.statuses()["mended"].failure, parts.statuses()["mended"].failed_at) == ("the channel is down", AT)
    assert turns.take(at=AT) == timedelta(0)
    assert parts.statuses()["mended"].failures == 0


def test_a_periodic_part_that_failed_is_tried_again_before_its_period_is_over(db):
    def fails(*, at):
        raise Stuck("not today")

    turns = Turns(Part(name="daily", run=fails, every=timedelta(days=1)))
    assert turns.take(at=AT) < timedelta(minutes=1)
    due_at = parts.statuses()["daily"].due_at
    assert due_at is not None
    assert due_at < AT + timedelta(minutes=1)


def test_a_worker_that_dies_in_a_daily_part_leaves_it_to_the_next(db):
    day = timedelta(days=1)
    assert parts.claim("daily", every=day, at=AT) is None
    assert parts.claim("daily", every=day, at=AT + timedelta(minutes=1)) is not None
    assert parts.claim("daily", every=day, at=AT + parts.LEASE + timedelta(seconds=1)) is None


def test_a_long_job_ends_between_two_things_when_the_worker_stops(running):
    done = []

    def endless(*, at):
        while True:
            with by_itself("endless"):
                done.append(at)
                sleep(0.001)

    running(Part(name="endless", run=endless, every=timedelta(days=1), lane="slow"))
    eventually(lambda: len(done) > 3)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ends_by_itself_is_started_again(running):
    begun = []

    class Gone(BaseException):
        pass

    def ends(*, at):
        begun.append(at)
        if len(begun) == 1:
            raise Gone
        return 0

    runners = running(Part(name="ends", run=ends))
    runners[0].thread.join(5)
    work.watch(runners)
    eventually(lambda: len(begun) > 1)


def test_every_part_is_named_once_and_what_deletes_is_known_to_delete():
    table = wiring.parts()
    names = [part.name for part in table]
    assert len(names) == len(set(names))
    deleting = {name for name in names if name.startswith("forget_") or name == "end_retention"}
    assert {part.name for part in table if part.destructive} == deleting


def test_breathing_outside_a_worker_costs_nothing():
    breathe()


@pytest.mark.parametrize("way", [SystemExit, GeneratorExit])
def test_a_part_that_ends_its_thread_is_told_too(db, way):
    def ends(*, at):
        raise way

    with pytest.raises(way):
        Turns(Part(name="ends", run=ends)).take(at=AT)
    assert (parts.statuses()["ends"].failures, parts.statuses()["ends"].failure) == (1, way.__name__)


def test_what_no_part_sends_is_told(db):
    for kind, lane in (("pigeon", "normal"), ("notice_email", "quick"), ("notice_email", "slow")):
        outbox.send(kind=kind, subject=kind, at=AT, lane=lane)
        parts.beat([part.name for part in wiring.parts()], at=AT)
    told = sorted(trouble.what for trouble in watch.troubles(at=AT) if trouble.where == "outbox lanes")
    assert ["lane 'quick'" in told[0], "'pigeon' wait in the lane 'normal'" in told[1], len(told)] == [True, True, 2]


def test_a_sign_of_life_from_a_clock_that_was_ahead_is_none(db):
    parts.beat([part.name for part in wiring.parts()], at=AT + timedelta(days=400))
    assert "no worker runs" in watch.troubles(at=AT)[0].what
    parts.beat(["seal"], at=AT)
    hanging = [trouble.where for trouble in watch.troubles(at=AT) if "does not run" in trouble.what]
    assert "codes" in hanging
    assert "seal" not in hanging


def refused(cause):
    try:
        try:
            raise cause
        except Exception as problem:
            raise OperationalError("refused") from problem
    except OperationalError as problem:
        return problem


def test_what_the_database_refuses_to_one_thing_stops_no_other():
    import psycopg

    of_one = [psycopg.errors.LockNotAvailable(), psycopg.errors.DeadlockDetected(), psycopg.errors.QueryCanceled(),
              psycopg.errors.ProgramLimitExceeded()]  # fmt: skip
    for cause in of_one:
        with by_itself("trial"):
            raise refused(cause)
    for cause in (psycopg.errors.DiskFull(), psycopg.errors.AdminShutdown(), psycopg.OperationalError("gone")):
        with pytest.raises(OperationalError), by_itself("trial"):
            raise refused(cause)
    locked = sqlite3.OperationalError("database is locked")
    locked.sqlite_errorcode = sqlite3.SQLITE_BUSY
    with pytest.raises(OperationalError), by_itself("trial"):
        raise refused(locked)


def test_what_killed_installations_left_in_memory_is_cleared_and_what_lives_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "IN_MEMORY", tmp_path)
    program = (
        "import os, pathlib, signal, sys, time; from praya.project import running; "
        "running.IN_MEMORY = pathlib.Path(sys.argv[1]); running.count_together(pathlib.Path(sys.argv[2])); "
        "from prometheus_client import Counter; Counter('c', 'c').inc(); print('here', flush=True); time.sleep(60)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, tmp_path, tmp_path / name], stdout=subprocess.PIPE)
        for name in "ab"
    ]
    try:
        assert [process.stdout.readline() for process in started] == [b"here\n"] * 2
        left = sorted(tmp_path.glob("praya-*"))
        assert len(left) == 2
        started[0].kill()
        started[0].wait()
        other = tmp_path / f"praya-{os.getuid()}-elsewhere"
        other.symlink_to(tmp_path / "a")
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "theirs.db").write_bytes(b"")
        processes._clear_others(tmp_path / "none")
        assert len([folder for folder in left if folder.exists()]) == 1
        assert list(next(folder for folder in left if folder.exists()).glob("*.db"))
        assert (tmp_path / "a" / "theirs.db").exists()
    finally:
        for process in started:
            process.kill()
            process.communicate()
