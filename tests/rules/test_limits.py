"""Counting requests in one process."""

import threading

from praya.web import limits


def test_counting_starts_no_thread_and_old_counts_are_forgotten() -> None:
    storage = limits._InProcess()
    storage.timer.join()
    before = threading.active_count()
    for number in range(50):
        storage.incr(f"old-{number}", -1)
    assert threading.active_count() == before
    assert len(storage.storage) == 50
    storage._sweep_at = 0.0
    storage.incr("new", 60)
    assert dict(storage.storage) == {"new": 1}
