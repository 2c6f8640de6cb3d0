"""The worker's loop goes on whatever a tick does, and stops between ticks."""

import threading

import pytest

from praya.project import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(work, "REST_SECONDS", 0.01)


def loop(answers):
    """Run the loop over a list of answers or exceptions; answer when each was asked for."""
    stopped, asked = threading.Event(), []

    def tick(*, at):
        asked.append(at)
        if len(asked) == len(answers):
            stopped.set()
        answer = answers[len(asked) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    work.loop(tick, stopped)
    return asked


def test_a_failing_tick_is_logged_by_its_place_and_the_next_one_comes(monkeypatch, capsys):
    rests = []
    monkeypatch.setattr(work, "rest_after", lambda failures: rests.append(failures) or 0.001)
    asked = loop([ValueError("Chan A123456"), ValueError("again"), True, ValueError("Wong"), False])
    assert len(asked) == 5
    assert rests == [1, 2, 1]
    said = capsys.readouterr().err
    assert "builtins.ValueError" in said
    assert not [word for word in ("Chan", "A123456", "Wong") if word in said]


def test_rests_double_to_a_minute():
    assert [work.rest_after(failures) for failures in (1, 2, 3, 7, 99)] == [1, 2, 4, 60, 60]


def test_while_there_is_work_it_does_not_rest(monkeypatch):
    monkeypatch.setattr(work, "REST_SECONDS", 30.0)
    assert len(loop([True] * 50)) == 50


def test_it_is_given_aware_times(monkeypatch):
    assert all(at.tzinfo is not None for at in loop([True, False]))
