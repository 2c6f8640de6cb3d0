"""The checks that people are told: made by one at a time, and a check that hangs keeps nobody else waiting."""

import threading
from collections.abc import Iterator

import pytest

from praya.kernel import readiness


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = readiness._last
    yield
    readiness._last = before


def test_while_one_check_hangs_the_others_get_the_report_before() -> None:
    hangs, reached, made = threading.Event(), threading.Event(), []

    def checks() -> tuple[dict[str, bool], frozenset[str]]:
        made.append(1)
        if len(made) > 1:
            reached.set()
            hangs.wait(20)
        return {"database": len(made) == 1}, frozenset()

    readiness.install(checks)
    assert readiness.report().checks == {"database": True}
    assert readiness.report().checks == {"database": True}
    assert len(made) == 1, "not for each who asks"
    readiness._last.again = 0.0
    waiting = threading.Thread(target=readiness.report)
    waiting.start()
    assert reached.wait(20)
    assert [readiness.report().checks for _ in range(20)] == [{"database": True}] * 20
    hangs.set()
    waiting.join()
    assert readiness.report().checks == {"database": False}
    assert len(made) == 2


def test_who_comes_while_the_first_report_hangs_is_told_that_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "FIRST_SECONDS", 0.01)
    hangs, reached = threading.Event(), threading.Event()

    def checks() -> tuple[dict[str, bool], frozenset[str]]:
        reached.set()
        hangs.wait(20)
        return {"database": True}, frozenset()

    readiness.install(checks)
    first = threading.Thread(target=readiness.report)
    first.start()
    assert reached.wait(20)
    assert readiness.report().checks == {}
    hangs.set()
    first.join()
    assert readiness.report().checks == {"database": True}


def test_a_check_that_fails_lets_the_next_one_look_again() -> None:
    def broken() -> tuple[dict[str, bool], frozenset[str]]:
        raise ValueError("no answer")

    readiness.install(broken)
    for _ in range(2):
        with pytest.raises(ValueError, match="no answer"):
            readiness.report()
