"""Rate limits within one process, and when Redis does not answer."""

import socket
import threading
from contextlib import suppress
from threading import Thread
from typing import Any

import pytest

from praya.web import rate_limits


def test_counting_starts_no_thread_and_old_counts_are_forgotten() -> None:
    storage = rate_limits._InProcess()
    storage.timer.join()
    before = threading.active_count()
    for number in range(50):
        storage.incr(f"old-{number}", -1)
    assert threading.active_count() == before
    assert len(storage.storage) == 50
    storage._sweep_at = 0.0
    storage.incr("new", 60)
    assert dict(storage.storage) == {"new": 1}


def test_a_redis_that_hangs_makes_nobody_wait_and_limits_go_on(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "SHARED_SECONDS", 0.1)
    monkeypatch.setattr(rate_limits, "_shared_again_at", [0.0])
    monkeypatch.setitem(rate_limits.RATES, "hanging", "2/hour")
    rate_limits._shared.cache_clear()
    rate_limits._limiter.cache_clear()
    with socket.create_server(("127.0.0.1", 0)) as hanging:  # it takes connections and never answers
        url = f"redis://127.0.0.1:{hanging.getsockname()[1]}/0"
        settings.PRAYA = settings.PRAYA.model_copy(update={"redis_url": url})
        for _ in range(2):
            rate_limits.count("hanging", "somebody")
        with pytest.raises(rate_limits.TooMany):
            rate_limits.count("hanging", "somebody")
        hanging.settimeout(1)
        hanging.accept()
        hanging.setblocking(False)
        with pytest.raises(BlockingIOError):
            hanging.accept()  # it was asked once, and then left in peace
    rate_limits._shared.cache_clear()


@pytest.mark.parametrize("answer", [b"+OK\r\n", b":abc\r\n", b"*0\r\n", b"$3\r\nabc\r\n", b"*1000000\r\n" * 5000])
def test_what_is_no_redis_at_its_address_stops_no_request(
    settings: Any, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr(rate_limits, "_shared_again_at", [0.0])
    monkeypatch.setitem(rate_limits.RATES, "wrong", "2/hour")
    rate_limits._shared.cache_clear()
    rate_limits._limiter.cache_clear()

    def answering() -> None:
        line = server.accept()[0]
        with line, suppress(OSError):
            while line.recv(65536):
                line.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=answering, daemon=True).start()
        url = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        settings.PRAYA = settings.PRAYA.model_copy(update={"redis_url": url})
        for _ in range(2):
            rate_limits.count("wrong", "somebody")
        with pytest.raises(rate_limits.TooMany):
            rate_limits.count("wrong", "somebody")
    rate_limits._shared.cache_clear()
