"""Several workers, supervisors and clients at one endpoint at the same moment, in real transactions."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import perf_counter, sleep

from django.db import close_old_connections, connections
from tests.systems.webhooks.receiver import Receiver
from tests.systems.webhooks.test_webhooks import OURS, register, states
from tests.web.test_visits import AT, World, do

from praya.kernel.journal import folds, sealing
from praya.systems.webhooks import api as webhooks
from praya.systems.webhooks.models import Delivery

SENDERS = 5


def all_sent(*, beside: int = 0, ref: str = "") -> int:
    """Let several workers send until nothing is due, while somebody pauses and resumes the endpoint `beside` times."""

    def send(_: int) -> int:
        count = 0
        try:
            while (passed := perf_counter() - began) < 30 and Delivery.objects.filter(state="waiting").exists():
                count += webhooks.send(at=AT + timedelta(seconds=passed), failing=False)
                sleep(0.02)
        finally:
            connections.close_all()
        return count

    def disturb() -> None:
        try:
            for turn in range(beside):
                webhooks.pause(ref, departments=["fehd"], at=AT, by=f"officer:{turn}")
                webhooks.resume(ref, departments=["fehd"], at=AT, by=f"officer:{turn}")
        finally:
            connections.close_all()

    began = perf_counter()
    with ThreadPoolExecutor(SENDERS + 1) as pool:
        disturbed = pool.submit(disturb)
        sent = sum(pool.map(send, range(SENDERS)))
        disturbed.result()
    return sent


def queued(world: World, number: int) -> None:
    for _ in range(number):
        do(do(world.apply(), "inspect"), "finish")
    sealing.seal(at=AT)
    folds.follow(webhooks.FOLDS[0])
    close_old_connections()


def test_workers_share_an_endpoint_and_each_event_arrives_once_and_in_order(
    committed: None, world: World, receiver: Receiver
) -> None:
    ref, _ = register(receiver)
    queued(world, 6)
    assert all_sent() == 24
    arrived = Counter(headers["webhook-id"] for headers, _ in receiver.received)
    assert len(arrived) == 24
    assert set(arrived.values()) == {1}
    of_cases: dict[str, list[int]] = {}
    for event in receiver.events:
        of_cases.setdefault(event["data"]["reference"], []).append(event["data"]["sequence"])
    assert all(sequences == sorted(sequences) for sequences in of_cases.values())
    assert {state for _, state, _ in states(ref)} == {"delivered"}


def test_who_pauses_and_resumes_meanwhile_loses_nothing(committed: None, world: World, receiver: Receiver) -> None:
    ref, _ = register(receiver)
    queued(world, 4)
    all_sent(beside=10, ref=ref)
    # What was sent when it was paused is known to be sent; what was not, is sent now.
    webhooks.send(at=AT + timedelta(hours=1), failing=False)
    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 16
    assert not Delivery.objects.filter(state="waiting").exists()
    assert {state for _, state, _ in states(ref)} == {"delivered"}
    assert webhooks.endpoint(ref, **OURS).state == "active"


def test_of_many_who_ask_for_a_test_event_each_gets_one(committed: None, world: World, receiver: Receiver) -> None:
    ref, _ = register(receiver)

    def ask(_: int) -> None:
        try:
            webhooks.test(ref, departments=["fehd"], at=AT)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert sorted(Delivery.objects.values_list("position", flat=True)) == list(range(-8, 0))
