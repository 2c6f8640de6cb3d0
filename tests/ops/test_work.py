"""The worker's parts run apart: what fails or hangs stops only itself, and is told."""

import threading
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

import pytest

from praya.kernel.outbox import parts
from praya.kernel.outbox.api import Retry
from praya.kernel.outbox.parts import Part
from praya.kernel.outbox.turns import Turns
from praya.kernel.rounds import Stuck, breathe, by_itself
from praya.project import wiring, work

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
        fares = parts.all_fares()
        assert fares["counts"].beat_at is not None
        assert "hangs" not in fares
        eventually(lambda: parts.all_fares()["fails"].failures > 3)
        assert parts.all_fares()["fails"].failure == "ValueError"
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
    assert (parts.all_fares()["mended"].failure, parts.all_fares()["mended"].failed_at) == ("the channel is down", AT)
    assert turns.take(at=AT) == timedelta(0)
    assert parts.all_fares()["mended"].failures == 0


def test_a_periodic_part_that_failed_is_tried_again_before_its_period_is_over(db):
    def fails(*, at):
        raise Stuck("not today")

    turns = Turns(Part(name="daily", run=fails, every=timedelta(days=1)))
    assert turns.take(at=AT) < timedelta(minutes=1)
    due_at = parts.all_fares()["daily"].due_at
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
