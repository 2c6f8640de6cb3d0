"""Webhooks when names hang, and when a receiver is removed with much that waits."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any

import httpcore
import pytest
from tests.systems.webhooks.receiver import NAME, Receiver
from tests.systems.webhooks.test_webhooks import OURS, register, states, work
from tests.web.test_visits import AT, World

from praya.kernel import posting
from praya.systems.webhooks import api as webhooks
from praya.systems.webhooks import rules
from praya.systems.webhooks.models import Delivery, Endpoint


@pytest.fixture
def hanging_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names that are being looked up: those of `hang-...` hang until the test ends."""
    asked, released, real = list[str](), Event(), socket.getaddrinfo

    def resolved(host: str, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        if host.startswith("hang-"):
            released.wait(30)
        return real("127.0.0.1", *rest, **more)

    monkeypatch.setattr("praya.kernel.posting.socket.getaddrinfo", resolved)
    yield asked
    lookups = list(posting._LOOKUPS.values())
    released.set()
    assert all(lookup.result(30) for lookup in lookups)


def test_names_that_hang_take_a_thread_each_however_often_they_are_asked_and_nothing_from_others(
    world: World, receiver: Receiver, hanging_names: list[str]
) -> None:
    refs = [register(receiver, url=f"https://hang-{number}.example/")[0] for number in range(9)]
    good, _ = register(receiver, url=receiver.url.replace("127.0.0.1", NAME))
    for _ in range(3):
        world.apply()
    work()
    for hours in range(1, 4):
        webhooks.send(at=AT + timedelta(hours=hours), failing=True)
    assert [state for _, state, _ in states(good)] == ["delivered"] * 3
    assert {one.failure for ref in refs for one in webhooks.deliveries(ref, **OURS)} == {"timeout"}
    hung = [name for name in hanging_names if name != NAME]
    assert sorted(hung) == [f"hang-{number}.example" for number in range(9)]


def test_no_more_names_are_looked_up_at_once_than_there_may_be(hanging_names: list[str]) -> None:
    for number in range(posting.MOST_NAMES):
        posting._lookup(f"hang-{number}.example", 443)
    with pytest.raises(httpcore.ConnectTimeout):
        posting._lookup("one-more.example", 443)
    assert "one-more.example" not in hanging_names


def test_a_removed_receiver_is_nowhere_and_its_rows_are_deleted_in_slices(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks.store, "SLICE", 2)
    ref, _ = register(receiver)
    for _ in range(3):
        world.apply()
    work()
    receiver.answer = lambda _: 500
    world.apply()
    work()
    Endpoint.objects.filter(ref=ref).update(failures=rules.IN_A_ROW)
    webhooks.remove(ref, **OURS, at=AT, by="officer:x")
    assert bytes(Endpoint.objects.get(ref=ref).secret) == b""
    receiver.received.clear()
    world.apply()
    later = AT + timedelta(hours=1)
    assert (work(later), work(later, failing=True), receiver.received) == (0, 0, [])
    assert (webhooks.endpoints(None), webhooks.failing(), webhooks.oldest(at=later)) == ([], [], None)
    changes: dict[str, Any] = {"at": later, "by": "officer:x"}
    for does in (
        lambda: webhooks.endpoint(ref, **OURS), lambda: webhooks.deliveries(ref, **OURS),
        lambda: webhooks.test(ref, **OURS, at=later), lambda: webhooks.replay(ref, **OURS, since=AT, **changes),
        *(partial(change, ref, **OURS, **changes)
          for change in (webhooks.rotate, webhooks.pause, webhooks.resume, webhooks.remove)),
    ):  # fmt: skip
        with pytest.raises(webhooks.NoEndpoint):
            does()
    assert Delivery.objects.count() == 4
    kept, _ = register(receiver)
    assert webhooks.forget(at=later) == 5
    assert Delivery.objects.count() == 0
    assert [row.ref for row in Endpoint.objects.all()] == [kept]
