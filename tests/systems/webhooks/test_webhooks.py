"""Webhooks from the case to a receiver that takes, fails, hangs, redirects or lies; and who may register one."""

import json
import re
import socket
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from django.test import Client
from tests import small_services
from tests.systems.webhooks.receiver import NAME, Receiver, receiving, signed_by
from tests.web.test_entries import html
from tests.web.test_fees import signed_in
from tests.web.test_visits import AT, INSPECTION, World, do

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import store as messages
from praya.blocks.notices.models import DeliveryRow as Mail
from praya.blocks.tokens import api as access
from praya.journey import load
from praya.kernel import plug
from praya.kernel.journal import api as journal
from praya.kernel.journal import folds, sealing
from praya.kernel.posting import PostingSettings
from praya.kernel.refusal import Refused
from praya.project import cli
from praya.systems.webhooks import api as webhooks
from praya.systems.webhooks import rules
from praya.systems.webhooks.models import Delivery, Endpoint

OURS = {"departments": ["fehd"]}


# Rules


def test_a_signature_is_that_of_the_standard() -> None:
    # The vector of the libraries of Standard Webhooks.
    made = rules.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', timestamp=1614265330,
        secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )  # fmt: skip
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://system.example.org/", "url_https"),
        ("https://me:secret@system.example.org/", "url_secret"),
        ("https://system.example.org/#part", "url_secret"),
        ("https://localhost/", "url_host"),
        ("https://127.0.0.1/", "url_private"),
        ("https://[::1]/", "url_private"),
        ("https://[::ffff:10.0.0.1]/", "url_private"),
        ("https://169.254.169.254/latest", "url_private"),
        ("https://system.example.org:port/", "url_shape"),
        ("https://system.example.org/" + "x" * 500, "url_shape"),
        ("https://system.example.org/a b", "url_shape"),
        ("ftp://x", "url_https"),
        ("", "url_https"),
    ],
)
def test_an_address_that_cannot_be_taken_is_told_why(url: str, code: str) -> None:
    with pytest.raises(rules.Unfit, match=f"^{code}$"):
        rules.checked_url(url, "")


def test_an_address_is_kept_as_it_is_used() -> None:
    assert rules.checked_url("https://System.Example.org:443", "") == "https://system.example.org/"
    assert rules.checked_url("https://例子.example.org/a?b=c", "") == "https://xn--fsqu00a.example.org/a?b=c"
    assert rules.checked_url("https://10.1.2.3:8443/x", "10.1.0.0/16") == "https://10.1.2.3:8443/x"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.8", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
     "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fe80::1%eth0", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
     "2002:7f00:1::", "ff02::1"],
)  # fmt: skip
def test_no_private_address_is_permitted_however_it_is_written(address: str) -> None:
    assert not rules.permitted(address, "")
    assert rules.permitted("8.8.8.8", "")
    assert rules.permitted("2606:4700::1111", "")
    assert not rules.permitted("10.9.0.1", "10.8.0.0/16")


def test_pauses_grow_and_a_receiver_may_ask_for_longer_ones() -> None:
    health = rules.Health()
    rests = []
    for _ in range(14):
        health = health.after_failure(AT)
        rests.append((health.retry_at or AT) - AT)
    assert rests[:2] == [timedelta(0)] * 2, "two failures may be an accident"
    assert timedelta(seconds=15) < rests[2] < rests[4] < rests[7]
    assert timedelta(minutes=50) < rests[-1] < timedelta(minutes=70)
    assert rules.Health().after_failure(AT, wait=timedelta(minutes=7)).retry_at == AT + timedelta(minutes=7)


# From the case to the receiver


def register(receiver: Receiver, **more: Any) -> tuple[str, str]:
    made, secret = webhooks.register(**{"department": "fehd", "url": receiver.url, "at": AT, "by": "officer:x"} | more)
    return made.ref, secret


def work(at: datetime = AT, *, failing: bool = False) -> int:
    """What the worker does: seal, queue, send."""
    sealing.seal(at=at)
    folds.follow(webhooks.FOLDS[0])
    return webhooks.send(at=at, failing=failing)


def states(ref: str) -> list[tuple[str, str, int]]:
    return [(one.event, one.state, one.status) for one in reversed(webhooks.deliveries(ref, **OURS))]


def test_events_of_a_case_arrive_in_order_signed_and_without_a_word_of_the_person(
    world: World, receiver: Receiver
) -> None:
    before = world.apply()
    sealing.seal(at=AT)
    ref, secret = register(receiver)
    case = do(world.apply(), "inspect")
    do(case, "finish")
    assert work() == 4
    told = receiver.events
    assert [event["type"] for event in told] == ["case.opened", "case.moved", "case.moved", "case.closed"]
    assert {event["data"]["reference"] for event in told} == {case.ref}, "what was before is not sent"
    assert before.ref not in str(told)
    sequences = [event["data"]["sequence"] for event in told]
    assert sequences == sorted(set(sequences))
    for headers, body in receiver.received:
        assert signed_by(secret, headers, body)
        assert not signed_by(rules.new_secret(b"x" * 32), headers, body)
        assert abs(int(headers["webhook-timestamp"]) - AT.timestamp()) < 5
        assert set(json.loads(body)) == {"type", "timestamp", "data"}
        assert set(json.loads(body)["data"]) == {"reference", "service", "sequence"}
        for personal in ("Golden Bowl", "shop@example.com", world.person.ref):
            assert personal.encode() not in body
    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 4
    assert states(ref) == [
        (kind, "delivered", 204) for kind in ("case.opened", "case.moved", "case.moved", "case.closed")
    ]
    assert work() == 0
    folds.rebuild(webhooks.FOLDS[0])
    assert (work(), len(receiver.received)) == (0, 4), "a rebuild sends nothing again"
    row = Endpoint.objects.get()
    assert secret.encode() not in bytes(row.secret)
    assert secret not in str(list(journal.about(ref)))


def test_only_the_owner_of_a_service_and_who_asked_for_it_gets_its_events(world: World, receiver: Receiver) -> None:
    register(receiver, department="lcsd")
    with pytest.raises(rules.Unfit, match="services_unknown"):
        register(receiver, department="lcsd", services=["shop-inspection"])
    text = INSPECTION.replace("ahead: 14 days", "ahead: 13 days")
    other = small_services.service("shop-inspection-e", "SE", text)
    world.territory = small_services.published(other)
    ref, _ = register(receiver, services=["shop-inspection-e"])
    world.apply()
    world.service = world.territory.services["shop-inspection-e"]
    mine = world.apply()
    assert work() == 1
    assert [event["data"]["reference"] for event in receiver.events] == [mine.ref]
    assert len(states(ref)) == 1


def test_a_receiver_that_hangs_costs_the_others_one_wait_and_then_nothing(
    world: World, receiver: Receiver, pem: Path
) -> None:
    with receiving(pem) as hanging:
        hanging.answer = lambda _: "hang"
        bad, _ = register(hanging)
        good, _ = register(receiver)
        for _ in range(5):
            world.apply()
        began = perf_counter()
        work()
        assert perf_counter() - began < 6
        assert [state for _, state, _ in states(good)] == ["delivered"] * 5
        assert {state for _, state, _ in states(bad)} == {"waiting"}
        found = webhooks.endpoint(bad, **OURS)
        assert found.failures >= rules.IN_A_ROW
        assert found.retry_at is not None
        tried = len(hanging.received)
        world.apply()
        began = perf_counter()
        assert work(AT + timedelta(seconds=10)) == 1
        assert perf_counter() - began < 1, "the one that hangs is not asked by this part"
        assert len(hanging.received) == tried
        assert webhooks.send(at=AT + timedelta(seconds=10), failing=True) == 0, "it rests"
        hanging.answer = lambda _: 200
        hanging.released.set()
        later = found.retry_at + timedelta(seconds=40)
        assert webhooks.send(at=later, failing=True) == 1, "one is tried"
        assert webhooks.endpoint(bad, **OURS).failures == 0
        assert webhooks.send(at=later + timedelta(hours=2), failing=False) == 5
        assert [state for _, state, _ in states(bad)] == ["delivered"] * 6


def test_what_fails_holds_up_its_own_case_only_and_comes_in_order_later(world: World, receiver: Receiver) -> None:
    first, second = world.apply(), world.apply()
    sealing.seal(at=AT)
    register(receiver)
    receiver.answer = lambda event: 500 if event["data"]["reference"] == first.ref else 200
    do(first, "inspect")
    do(cases.case(first.ref), "finish")
    do(second, "inspect")
    work()
    assert [event["type"] for event in receiver.events if event["data"]["reference"] == first.ref] == ["case.moved"]
    assert [event["type"] for event in receiver.events if event["data"]["reference"] == second.ref] == ["case.moved"]
    receiver.answer = lambda _: 200
    receiver.received.clear()
    assert webhooks.send(at=AT + timedelta(seconds=1), failing=False) == 0, "not before its pause is over"
    for minutes in range(1, 5):
        webhooks.send(at=AT + timedelta(minutes=minutes), failing=minutes == 1)
        webhooks.send(at=AT + timedelta(minutes=minutes, seconds=30), failing=False)
    assert [event["type"] for event in receiver.events] == ["case.moved", "case.moved", "case.closed"]


@pytest.mark.parametrize("failing", [False, True])
def test_what_was_tried_before_is_not_overtaken_by_what_follows_it(
    world: World, receiver: Receiver, failing: bool
) -> None:
    case = world.apply()
    sealing.seal(at=AT)
    register(receiver)
    do(case, "inspect")
    sealing.seal(at=AT)
    folds.follow(webhooks.FOLDS[0])
    Delivery.objects.update(attempts=3)
    do(cases.case(case.ref), "finish")
    sealing.seal(at=AT)
    folds.follow(webhooks.FOLDS[0])
    Endpoint.objects.update(failures=1 if failing else 0)
    for minutes in range(4):
        webhooks.send(at=AT + timedelta(minutes=minutes), failing=failing and minutes == 0)
    assert [event["type"] for event in receiver.events] == ["case.moved", "case.moved", "case.closed"]


def test_an_event_that_is_refused_for_days_is_given_up_and_the_next_of_the_case_goes(
    world: World, receiver: Receiver
) -> None:
    case = world.apply()
    sealing.seal(at=AT)
    ref, _ = register(receiver)
    first = do(case, "inspect")
    work_at = AT
    receiver.answer = lambda event: 400 if event["type"] == "case.moved" else 200
    world.apply()
    work()
    for _ in range(8):
        work_at += timedelta(hours=20)
        other = world.apply()
        assert other.ref != first.ref
        work(work_at)
        webhooks.send(at=work_at + timedelta(hours=2), failing=True)
    moved = next(one for one in webhooks.deliveries(ref, **OURS, limit=200) if one.event == "case.moved")
    assert (moved.state, moved.status) == ("failed", 400)
    assert moved.attempts > 4
    assert webhooks.endpoint(ref, **OURS).state == "active", "it took everything else"
    (fact,) = [fact for fact in journal.about(ref) if fact.event == "webhook_given_up"]
    assert fact.facts["status"] == 400
    receiver.answer = lambda _: 200
    assert webhooks.replay(ref, **OURS, sequence=moved.sequence, at=work_at, by="officer:x") == 1
    receiver.received.clear()
    assert webhooks.send(at=work_at + timedelta(hours=3), failing=False) == 1
    assert receiver.events[0]["data"]["sequence"] == moved.sequence


def test_an_event_that_was_never_tried_before_is_not_given_up_however_old_it_is(
    world: World, receiver: Receiver
) -> None:
    """The worker stood still for a week, and then the receiver fails for a moment."""
    ref, _ = register(receiver)
    world.apply()
    receiver.answer = lambda _: 500
    at = AT + rules.GIVE_UP_AFTER + timedelta(days=2)
    found = []
    for _ in range(rules.IN_A_ROW):
        work(at)
        found.append(states(ref)[0][1])
        at += timedelta(days=1)
        Endpoint.objects.update(failures=0, failed_since=None, retry_at=None)  # it takes other events
    assert found == ["waiting"] * (rules.IN_A_ROW - 1) + ["failed"]


def test_a_redirect_is_never_followed(world: World, receiver: Receiver, pem: Path) -> None:
    with receiving(pem) as target:
        receiver.answer, receiver.headers = lambda _: 307, {"Location": target.url}
        ref, _ = register(receiver)
        world.apply()
        work()
        assert target.received == []
        assert states(ref) == [("case.opened", "waiting", 307)]


def test_a_name_that_leads_to_a_private_address_or_another_certificate_gets_nothing(
    world: World, receiver: Receiver, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = receiver.server_address[1]
    leads_to, asked = ["127.0.0.1"], []

    def resolved(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in leads_to]

    monkeypatch.setattr("praya.kernel.posting.socket.getaddrinfo", resolved)
    ref, _ = register(receiver, url=f"https://{NAME}:{port}/")
    other, _ = register(receiver, url=f"https://other.example:{port}/")
    world.apply()
    work()
    assert states(ref) == [("case.opened", "delivered", 204)]
    assert asked.count(NAME) == 1, "the name is asked once, and the address that was checked is used"
    assert webhooks.deliveries(other, **OURS)[0].failure == "tls", "the certificate is of another name"
    monkeypatch.setitem(plug._settings, "webhooks", PostingSettings(ca_file=pem, seconds=1))
    for hours, addresses in enumerate((["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["::ffff:127.0.0.1"]), 1):
        leads_to[:] = addresses
        receiver.received.clear()
        Endpoint.objects.filter(ref=ref).update(failures=0, failed_since=None, retry_at=None)
        world.apply()
        work(AT + timedelta(hours=hours))
        assert receiver.received == []
        assert webhooks.deliveries(ref, **OURS)[0].failure == "address_not_permitted"
    monkeypatch.setitem(plug._settings, "webhooks", PostingSettings(networks="127.0.0.0/8", seconds=1))
    leads_to[:] = ["127.0.0.1"]
    Endpoint.objects.filter(ref=ref).update(failures=0, failed_since=None, retry_at=None)
    world.apply()
    work(AT + timedelta(hours=9))
    assert webhooks.deliveries(ref, **OURS)[0].failure == "tls", "an authority that nobody trusts"


@pytest.mark.parametrize(("status", "why", "after"), [(503, "failing", timedelta(days=4)), (410, "gone", timedelta(0))])
def test_who_fails_for_days_or_wants_no_more_is_paused_the_supervisors_are_told_and_nothing_is_lost(
    world: World, receiver: Receiver, status: int, why: str, after: timedelta
) -> None:
    for role in ("supervisor", "officer"):
        roles = frozenset({identity.Role("fehd", role)})
        identity.add_officer(name="O", email=f"{role}@example.com", roles=roles, at=AT, by="system")
    ref, _ = register(receiver)
    receiver.answer = lambda _: status
    for _ in range(4):
        world.apply()
    work()
    at = AT + after
    if why == "failing":
        assert webhooks.endpoint(ref, **OURS).state == "active"
        webhooks.send(at=at, failing=True)
    found = webhooks.endpoint(ref, **OURS)
    assert (found.state, found.why, found.waiting) == ("paused", why, 4)
    (mail,) = [messages.message(row) for row in Mail.objects.filter(notice=None)]
    assert mail.to == "supervisor@example.com"
    assert len(load.pack().languages) > 2
    assert all(f"/{language}/desk/webhooks/{ref}" in mail.body for language in load.pack().languages)
    assert "系統通知" in mail.subject
    assert [one.ref for one in webhooks.failing()] == [ref]
    world.apply()
    assert work(at + timedelta(days=1)) == 0
    assert webhooks.send(at=at + timedelta(days=1), failing=True) == 0
    receiver.answer = lambda _: 200
    receiver.received.clear()
    webhooks.resume(ref, **OURS, at=at + timedelta(days=20), by="officer:x")
    assert webhooks.send(at=at + timedelta(days=20), failing=False) == 5
    sequences = [event["data"]["sequence"] for event in receiver.events]
    assert len(set(sequences)) == 5
    assert webhooks.failing() == []


def test_two_secrets_sign_while_one_follows_the_other(world: World, receiver: Receiver) -> None:
    ref, old = register(receiver)
    new = webhooks.rotate(ref, **OURS, at=AT, by="officer:x")
    world.apply()
    work()
    headers, body = receiver.received[-1]
    assert signed_by(old, headers, body)
    assert signed_by(new, headers, body)
    world.apply()
    work(AT + rules.OVERLAP)
    headers, body = receiver.received[-1]
    assert (signed_by(old, headers, body), signed_by(new, headers, body)) == (False, True)


def test_all_since_a_moment_are_sent_again_with_the_identifiers_that_they_had(world: World, receiver: Receiver) -> None:
    ref, _ = register(receiver)
    for _ in range(3):
        world.apply()
    work()
    before = sorted(headers["webhook-id"] for headers, _ in receiver.received)
    assert webhooks.replay(ref, **OURS, since=AT + timedelta(seconds=1), at=AT, by="officer:x") == 0
    assert webhooks.replay(ref, **OURS, since=AT, at=AT + timedelta(days=1), by="officer:x") == 3
    receiver.received.clear()
    assert webhooks.send(at=AT + timedelta(days=1), failing=False) == 3
    assert sorted(headers["webhook-id"] for headers, _ in receiver.received) == before
    webhooks.test(ref, **OURS, at=AT + timedelta(days=1))
    assert webhooks.send(at=AT + timedelta(days=2), failing=False) == 1
    assert (receiver.events[-1]["type"], receiver.events[-1]["data"]["reference"]) == ("test", "")
    world.apply()
    assert work(AT + timedelta(days=3)) == 1
    webhooks.pause(ref, **OURS, at=AT + timedelta(days=3), by="officer:x")
    waits = world.apply()
    assert work(AT + timedelta(days=4)) == 0
    assert webhooks.forget(at=AT + timedelta(days=400)) == 5
    assert [one.subject for one in Delivery.objects.all()] == [waits.ref], "what waits is kept"
    assert webhooks.oldest_to_forget(at=AT + timedelta(days=400)) is None


def test_a_worker_that_dies_after_sending_costs_a_repetition_and_nothing_else(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref, _ = register(receiver)
    world.apply()
    with monkeypatch.context() as broken:
        broken.setattr(webhooks.store, "note", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            work()
    assert work() == 0, "another worker has it in hand"
    assert webhooks.send(at=AT + timedelta(minutes=1), failing=False) == 1
    first, second = receiver.received
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert states(ref) == [("case.opened", "delivered", 204)]


# Who may


def officer(department: str, role: str) -> identity.Officer:
    roles = frozenset({identity.Role(department, role)})
    email = f"{role}-{department}@example.com"
    return identity.add_officer(name="Officer Sample", email=email, roles=roles, at=AT, by="system")


@pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
def test_a_supervisor_registers_watches_and_sends_again_at_the_desk(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    supervisor = officer("fehd", "supervisor")
    desk = signed_in(monkeypatch, officer_ref=supervisor.ref, epoch=supervisor.epoch)
    here = f"/{language}/desk/webhooks"
    words = {"en": "must begin with https://", "zh-hant": "網址須以 https:// 開頭", "zh-hans": "网址须以 https:// 开头"}
    wrong = desk.post(here, {"url": "http://system.example.org/", "department": "fehd"})
    assert (wrong.status_code, words[language] in html(wrong)) == (422, True)
    assert 'value="http://system.example.org/"' in html(wrong), "what was typed is still there"
    assert desk.post(here, {"url": receiver.url, "department": "lcsd"}).status_code == 404
    made = html(desk.post(here, {"url": receiver.url, "department": "fehd"}))
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", made)
    (ref,) = {one.ref for one in webhooks.endpoints(["fehd"])}
    case = world.apply()
    receiver.answer = lambda _: 500
    work()
    page = html(desk.get(f"{here}/{ref}"))
    assert case.ref in page
    assert ">500<" in page
    assert secret not in page + html(desk.get(here))
    receiver.answer = lambda _: 200
    webhooks.send(at=AT + timedelta(minutes=1), failing=True)
    (sequence,) = [one.sequence for one in webhooks.deliveries(ref, **OURS)]
    sent = desk.post(f"{here}/{ref}/do", {"do": "again", "sequence": sequence})
    assert sent["Location"] == f"{here}/{ref}?sent=1"
    assert desk.get(sent["Location"]).status_code == 200
    assert desk.post(f"{here}/{ref}/do", {"do": "again_since"}).status_code == 422
    day = {"since-year": "2026", "since-month": "3", "since-day": "2"}
    assert desk.post(f"{here}/{ref}/do", {"do": "again_since", **day}).status_code == 302
    for do_what in ("pause", "resume", "test"):
        assert desk.post(f"{here}/{ref}/do", {"do": do_what}).status_code == 302
    assert len(set(re.findall(r"whsec_[A-Za-z0-9+/=]+", html(desk.post(f"{here}/{ref}/do", {"do": "rotate"}))))) == 1
    assert html(desk.get(f"{here}/{ref}?state=waiting")).count("<tr") >= 2
    for department, role, status in (("fehd", "officer", 404), ("lcsd", "supervisor", 404)):
        other = officer(department, role)
        stranger = signed_in(monkeypatch, officer_ref=other.ref, epoch=other.epoch)
        assert stranger.get(f"{here}/{ref}").status_code == status
        assert stranger.post(f"{here}/{ref}/do", {"do": "remove"}).status_code == status
    desk = signed_in(monkeypatch, officer_ref=supervisor.ref, epoch=supervisor.epoch)
    assert desk.post(f"{here}/{ref}/do", {"do": "remove"}).status_code == 302
    assert webhooks.endpoints(["fehd"]) == []
    assert {fact.event for fact in journal.about(ref)} >= {
        "webhook_registered", "webhook_rotated", "webhook_paused", "webhook_resumed", "webhook_replayed",
        "webhook_removed",
    }  # fmt: skip


def test_a_department_does_the_same_over_the_api_with_a_token_of_the_scope(world: World, receiver: Receiver) -> None:
    def client(department: str, scope: str) -> Any:
        issued = access.issue(
            name=f"{department}-{scope}", department=department, scopes=[scope], expires_at=None, at=AT, by="system"
        )
        return lambda method, path, body=None: Client().generic(
            method, f"/api/v1/{path}", json.dumps(body) if body is not None else "", "application/json",
            headers={"Authorization": f"Bearer {issued.secret}"},
        )  # fmt: skip

    ours, theirs, reading = client("fehd", "webhooks"), client("lcsd", "webhooks"), client("fehd", "read")
    assert reading("GET", "webhooks").status_code == 403
    refused = ours("POST", "webhooks", {"url": "https://10.0.0.1/"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "url_private")
    made = ours("POST", "webhooks", {"url": receiver.url, "services": ["shop-inspection"]})
    assert made.status_code == 201
    ref, secret = made.json()["ref"], made.json()["secret"]
    world.apply()
    work()
    assert signed_by(secret, *receiver.received[0])
    (delivery,) = ours("GET", f"webhooks/{ref}/deliveries").json()["deliveries"]
    assert (delivery["state"], delivery["status"]) == ("delivered", 204)
    again = {"sequence": delivery["sequence"]}
    assert ours("POST", f"webhooks/{ref}/replay", again).json() == {"number": 1}
    assert ours("POST", f"webhooks/{ref}/replay", {"since": "2026-03-01T00:00:00+08:00"}).json() == {"number": 0}
    assert ours("POST", f"webhooks/{ref}/replay", {}).status_code == 422
    assert ours("POST", f"webhooks/{ref}/secret").json()["secret"] != secret
    assert ours("POST", f"webhooks/{ref}/test").status_code == 204
    assert ours("POST", f"webhooks/{ref}/resume").status_code == 204
    for method, path in (
        ("GET", "/deliveries"), ("POST", "/secret"), ("POST", "/test"), ("POST", "/resume"), ("DELETE", ""),
    ):  # fmt: skip
        assert theirs(method, f"webhooks/{ref}{path}").status_code == 404
    assert theirs("POST", f"webhooks/{ref}/replay", again).status_code == 404
    assert theirs("GET", "webhooks").json() == {"webhooks": []}
    assert ours("GET", "webhooks").json()["webhooks"][0]["waiting"] == 2
    assert ours("DELETE", f"webhooks/{ref}").status_code == 204
    for _ in range(rules.MOST_ENDPOINTS):
        assert ours("POST", "webhooks", {"url": receiver.url}).status_code == 201
    assert ours("POST", "webhooks", {"url": receiver.url}).status_code == 409


def test_the_command_does_it_too(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def praya(*words: str) -> str:
        args = cli.parsed(["webhooks", *words, "--as", "root"])
        args.insist_on_ready = lambda: None
        assert args.run(args) == 0
        return capsys.readouterr().out

    secret = praya("add", "--department", "fehd", "--url", receiver.url).split()[0]
    ref = praya("list").split()[0]
    world.apply()
    work()
    assert signed_by(secret, *receiver.received[0])
    assert "case.opened" in praya("deliveries", ref)
    assert praya("again", ref, "--since", "2026-03-01T00:00+08:00").startswith("1 ")
    for verb in ("rotate", "pause", "resume", "test", "remove"):
        praya(verb, ref)
    assert praya("list") == ""
    with pytest.raises(Refused, match="There is no receiver"):
        praya("pause", ref)
