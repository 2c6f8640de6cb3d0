"""The outbox: each effect is performed, by one worker, and each periodic job is claimed by one worker."""

from tests.installations import House


def test_each_effect_is_done_once_however_many_workers_there_are(house: House) -> None:
    found = house.call("tests.kernel.scenes:workers_at_once", workers=6, effects=60)
    assert (found["lines"], found["different"]) == (60, 60)
    assert found["states"] == ["done"] * 60
    assert sum(int(done) * count for done, count in found["answers"].items()) == 60


def test_a_periodic_job_is_given_to_one_worker_each_time(house: House) -> None:
    found = house.call("tests.kernel.scenes:periodic_at_once", workers=8)
    assert found["first"] == {"True": 1, "False": 7}
    assert found["early"] == {"False": 8}
    assert found["second"] == {"True": 1, "False": 7}
    # A due time that lies more than a period ahead was written by a wrong clock.
    assert found["after a clock that was ahead"] == {"True": 1, "False": 7}
