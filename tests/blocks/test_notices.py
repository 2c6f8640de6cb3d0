import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message as Mail
from email.policy import default as modern
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from praya.blocks.notices import api as notices
from praya.blocks.notices.channels import email, sms, time_limit
from praya.blocks.notices.channels.message import Message
from praya.blocks.notices.models import DeliveryRow, NoticeRow
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.journal.models import JournalEntry
from praya.kernel.outbox import api as outbox
from praya.kernel.outbox.models import Effect

AT = datetime(2023, 1, 5, 10, tzinfo=UTC)
PERSON = "a" * 32
CASE = "RL-4K7P-9QXW"
EMAIL = "tai.man@example.hk"
PHONE = "+85251234567"


@pytest.fixture(autouse=True)
def _a_person_with_a_key(db: None) -> Iterator[None]:
    vault.reset_memory()
    vault.new_key(PERSON)
    yield
    vault.reset_memory()


@pytest.fixture
def configured(settings: Any) -> Any:
    """Changes the settings of the installation for one test."""

    def change(**values: Any) -> None:
        settings.PRAYA = settings.PRAYA.model_copy(update=values)

    return change


def send(**changes: Any) -> str:
    values: dict[str, Any] = {
        "person_ref": PERSON,
        "case_ref": CASE,
        "service": "restaurant-licence",
        "name": "granted",
        "language": "zh-hant",
        "subject": "你的牌照已獲批准",
        "body": "陳大文先生：\n\n你的牌照已獲批准。",
        "email_to": EMAIL,
        "phone_to": PHONE,
        "channels": ["email", "sms"],
        "once_key": "case:1:granted",
    }
    at = changes.pop("at", AT)
    return notices.send(notices.Letter(**values | changes), at=at)


def work(at: datetime = AT) -> outbox.RoundResult:
    return outbox.work(notices.KINDS, at=at)


def states() -> dict[str, str]:
    return {d.channel: d.state for d in notices.of_case(CASE)[0].deliveries}


def test_a_notice_is_in_the_inbox_at_once_and_its_messages_wait(db: None) -> None:
    ref = send()
    (notice,) = notices.inbox(PERSON)
    assert (notice.ref, notice.subject, notice.read_at) == (ref, "你的牌照已獲批准", None)
    assert notices.unread(PERSON) == 1
    assert states() == {"email": "waiting", "sms": "waiting"}
    assert set(Effect.objects.values_list("kind", flat=True)) == {"notice_email", "notice_sms"}


def test_the_same_key_twice_is_one_notice(db: None) -> None:
    assert send() == send(subject="Another")
    assert (NoticeRow.objects.count(), DeliveryRow.objects.count()) == (1, 2)
    assert [f.event for f in journal.about(CASE)] == ["notice_queued"]


def test_a_channel_without_an_address_is_left_out(db: None) -> None:
    send(email_to=None, channels=["inbox", "email", "sms"])
    assert states() == {"sms": "waiting"}
    with pytest.raises(ValueError, match="no such channel"):
        send(channels=["pigeon"], once_key="2")


def test_nothing_personal_is_in_the_tables_the_journal_or_a_repr(db: None) -> None:
    ref = send()
    notices.send_code(email=EMAIL, language="en", subject="Your code", body="123456", at=AT)
    work()
    secrets = ("陳大文", "已獲批准", EMAIL, PHONE, "123456")
    text = str([list(m.objects.values()) for m in (NoticeRow, DeliveryRow, JournalEntry, Effect)])
    raw = b"".join(bytes(r.content) for r in NoticeRow.objects.all())
    raw += b"".join(bytes(r.message or b"") for r in DeliveryRow.objects.all())
    notice = notices.read(ref, person_ref=PERSON, at=AT)
    message = Message("r", EMAIL, "s", "陳大文", "en")
    for secret in secrets:
        assert secret not in text + repr(notice) + repr(message)
        assert secret.encode() not in raw


def test_what_people_typed_never_stops_a_letter_and_what_did_not_fit_is_said(db: None) -> None:
    ref = send(subject="Hello\r\nBcc: all@example.hk " + "字" * 290, body="a\x0cb", sms="字" * 700)
    (notice,) = notices.inbox(PERSON)
    assert notice.subject == "Hello Bcc: all@example.hk " + "字" * 173 + "…"
    assert notice.body == "a b"
    (sent,) = notices.of_case(CASE)
    assert sent.shortened == ("subject", "sms")
    assert set(states().values()) == {"waiting"}
    (fact,) = journal.about(CASE)
    assert fact.facts["shortened"] == ["subject", "sms"]
    assert "字" not in str(fact)
    assert notices.read(ref, person_ref=PERSON, at=AT).subject == notice.subject


@pytest.mark.parametrize(
    ("changes", "channel", "code"),
    [
        ({"email_to": "a@example.hk, b@example.hk"}, "email", "email_address"),
        ({"phone_to": "12"}, "sms", "phone_number"),
    ],
)
def test_an_address_to_which_nothing_goes_is_a_delivery_that_failed(
    changes: dict[str, str], channel: str, code: str
) -> None:
    send(**changes)
    (sent,) = notices.of_case(CASE)
    assert {d.channel: (d.state, d.failure) for d in sent.deliveries}[channel] == ("failed", code)
    assert journal.about(CASE)[0].facts["failures"] == {channel: code}
    assert Effect.objects.count() == 1


def test_only_its_person_reads_a_notice_and_the_first_reading_is_kept(db: None) -> None:
    ref = send()
    with pytest.raises(notices.NoNotice):
        notices.read(ref, person_ref="b" * 32, at=AT)
    assert notices.unread(PERSON) == 1
    notices.read(ref, person_ref=PERSON, at=AT + timedelta(hours=1))
    notice = notices.read(ref, person_ref=PERSON, at=AT + timedelta(hours=2))
    assert notice.read_at == AT + timedelta(hours=1)
    assert notices.unread(PERSON) == 0
    assert [f.event for f in journal.about(CASE)] == ["notice_read", "notice_queued"]


def test_all_notices_may_be_marked_read_at_once(db: None) -> None:
    send()
    send(once_key="2")
    assert notices.mark_all_read(person_ref=PERSON, at=AT) == 2
    assert notices.mark_all_read(person_ref=PERSON, at=AT) == 0
    assert notices.unread(PERSON) == 0


def test_without_a_gateway_a_test_or_demonstration_keeps_messages(db: None) -> None:
    send()
    assert work() == outbox.RoundResult(done=2)
    assert states() == {"email": "kept", "sms": "kept"}
    facts = [f for f in journal.about(CASE) if f.event == "notice_kept"]
    assert [dict(f.facts) for f in facts] == [
        {"channel": c, "name": "granted"} for c in (facts[0].facts["channel"], facts[1].facts["channel"])
    ]


def test_a_channel_that_production_was_not_told_of_waits(db: None, configured: Any) -> None:
    configured(mode="production")
    send()
    assert work() == outbox.RoundResult(postponed=2, down="email_not_configured")
    assert set(Effect.objects.values_list("failure", flat=True)) == {"email_not_configured", "sms_not_configured"}
    assert states() == {"email": "waiting", "sms": "waiting"}


def test_a_letter_is_never_given_up_for_a_cause_on_our_side(db: None, configured: Any) -> None:
    configured(mode="production")
    send(channels=["email"])
    for day in range(0, 60, 2):
        assert work(AT + timedelta(days=day)) == outbox.RoundResult(postponed=1, down="email_not_configured")
    assert states() == {"email": "waiting"}
    (lane,) = [lane for lane in outbox.lanes().values() if lane.waiting]
    assert (lane.oldest_at, lane.failed) == (AT, 0)
    configured(mode="test")
    assert work(AT + timedelta(days=61)) == outbox.RoundResult(done=1)


def test_a_letter_that_its_receiver_puts_off_for_a_week_is_given_up_and_journalled(postbox: "Postbox") -> None:
    postbox.answer = "450 4.2.1 greylisted"
    send(channels=["email"])
    assert [hours for hours in range(0, 9 * 24, 2) if work(AT + timedelta(hours=hours)).given_up] == [7 * 24 + 2]
    (delivery,) = notices.of_case(CASE)[0].deliveries
    assert (delivery.state, delivery.failure) == ("failed", "smtp_address_deferred")
    assert [f.event for f in journal.about(CASE)] == ["notice_failed", "notice_queued"]
    (given_up,) = outbox.listed(state="failed")
    assert (given_up.kind, given_up.failure) == ("notice_email", "smtp_address_deferred")
    # An operator asks for it again, and it leaves.
    postbox.answer = "250 OK"
    later = AT + timedelta(days=9)
    assert outbox.try_again(at=later, kind="notice_email") == 1
    assert work(later) == outbox.RoundResult(done=1)
    assert states() == {"email": "sent"}


def test_a_mistake_of_ours_costs_no_letter(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    send(channels=["email"])
    with monkeypatch.context() as broken:
        broken.setattr(notices.adapters, "channel", lambda _: 1 / 0)
        for day in range(20):
            assert work(AT + timedelta(days=day)) == outbox.RoundResult(postponed=1)
    assert outbox.listed(state="waiting")[0].failure == "ZeroDivisionError"
    # What waits for its next attempt may be hurried, too.
    later = AT + timedelta(days=20)
    assert outbox.try_again(at=later, state="waiting") == 1
    assert work(later) == outbox.RoundResult(done=1)


def test_a_notice_to_an_erased_person_is_never_sent(db: None) -> None:
    send()
    vault.forget(PERSON)
    assert work() == outbox.RoundResult(given_up=2)
    assert states() == {"email": "failed", "sms": "failed"}
    assert notices.inbox(PERSON) == []
    with pytest.raises(notices.PersonGone):
        send(once_key="2")


def test_doing_a_delivery_again_does_nothing(db: None) -> None:
    send(channels=["sms"])
    (delivery,) = notices.of_case(CASE)[0].deliveries
    notices.deliver(delivery.ref, "r", AT)
    notices.deliver(delivery.ref, "r", AT)
    assert [f.event for f in journal.about(CASE)] == ["notice_kept", "notice_queued"]
    with pytest.raises(outbox.Never):
        notices.deliver("0" * 32, "r", AT)


def test_the_desks_list_costs_the_same_for_any_number_of_notices(db: None, django_assert_num_queries: Any) -> None:
    for n in range(6):
        send(once_key=str(n))
    with django_assert_num_queries(2):
        assert len(notices.of_case(CASE)) == 6


def test_the_viewer_shows_messages_in_a_demonstration_only(db: None, configured: Any) -> None:
    with pytest.raises(PermissionError):
        notices.shown_in_demo()
    configured(mode="demo")
    send()
    notices.send_code(email=EMAIL, language="en", subject="Your code", body="It is 123456.", at=AT + timedelta(1))
    work(AT + timedelta(1))
    code, *rest = notices.shown_in_demo(limit=10)
    assert {(m.channel, m.to, m.body) for m in rest} == {
        ("email", EMAIL, "陳大文先生：\n\n你的牌照已獲批准。"),
        ("sms", PHONE, "你的牌照已獲批准"),
    }
    assert (code.name, code.subject, code.body) == ("code", "Your code", "It is 123456.")
    configured(mode="production")
    with pytest.raises(PermissionError):
        notices.shown_in_demo()


def test_what_letters_say_is_shown_in_a_rehearsal_only(db: None, configured: Any) -> None:
    sent = send()
    shown = notices.shown_in_rehearsal([sent])
    assert [(one.channel, one.to, one.body) for one in shown] == [
        ("inbox", EMAIL, "陳大文先生：\n\n你的牌照已獲批准。"),
        ("sms", PHONE, "你的牌照已獲批准"),
    ]
    for mode in ("demo", "production"):
        configured(mode=mode)
        with pytest.raises(PermissionError):
            notices.shown_in_rehearsal([sent])


# E-mail, through a real SMTP server


class Postbox:
    """An SMTP server that keeps what it accepts."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], Mail]] = []
        self.answer = "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
            return self.answer
        return f"{self.answer} <{address}>"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=modern)))
        return "250 OK"


@pytest.fixture
def postbox(settings: Any, configured: Any) -> Iterator[Postbox]:
    box = Postbox()
    # aiosmtpd wants to know its port beforehand; the system names one that is free.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
    configured(smtp_host="127.0.0.1", base_url="https://services.example.hk")
    yield box
    server.stop()


def test_an_email_is_plain_text_and_says_that_a_machine_wrote_it(postbox: Postbox) -> None:
    send(channels=["email"])
    assert work() == outbox.RoundResult(done=1)
    (delivery,) = notices.of_case(CASE)[0].deliveries
    ((to, mail),) = postbox.mails
    assert to == [EMAIL]
    assert mail["Subject"] == "你的牌照已獲批准"
    assert mail["To"] == EMAIL
    assert mail["Message-ID"] == f"<{delivery.ref}@services.example.hk>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "zh-Hant-HK"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().split() == ["陳大文先生：", "你的牌照已獲批准。"]  # type: ignore[attr-defined]
    assert (delivery.state, delivery.sent_at) == ("sent", AT)
    assert [f.event for f in journal.about(CASE)] == ["notice_sent", "notice_queued"]
    assert DeliveryRow.objects.get().message is None  # the address is not kept longer than it is needed


def test_an_email_that_was_sent_is_not_sent_again(postbox: Postbox) -> None:
    send(channels=["email"])
    (delivery,) = notices.of_case(CASE)[0].deliveries
    notices.deliver(delivery.ref, "r", AT)
    notices.deliver(delivery.ref, "r", AT)
    assert len(postbox.mails) == 1
    assert states() == {"email": "sent"}


def test_a_code_is_sent_and_wiped(postbox: Postbox) -> None:
    notices.send_code(email=EMAIL, language="en", subject="Your code", body="It is 123456.", at=AT)
    assert work() == outbox.RoundResult(done=1)
    assert postbox.mails[0][1].get_content().strip() == "It is 123456."  # type: ignore[attr-defined]
    assert DeliveryRow.objects.get().message is None


def test_a_code_that_waited_too_long_is_never_sent(postbox: Postbox) -> None:
    notices.send_code(email=EMAIL, language="en", subject="Your code", body="It is 123456.", at=AT)
    assert work(AT + timedelta(minutes=16)) == outbox.RoundResult(given_up=1)
    assert postbox.mails == []
    assert DeliveryRow.objects.get().message is None


@pytest.mark.parametrize(
    ("answer", "result", "failure"),
    [
        ("550 5.1.1 no such mailbox", outbox.RoundResult(given_up=1), "smtp_address_refused"),
        ("550 no such mailbox", outbox.RoundResult(given_up=1), "smtp_address_refused"),
        ("552 5.2.2 mailbox full", outbox.RoundResult(given_up=1), "smtp_address_refused"),
        ("450 4.2.1 greylisted", outbox.RoundResult(postponed=1), "smtp_address_deferred"),
        # These speak of us, not of the address.
        ("554 5.7.1 relay access denied", outbox.RoundResult(postponed=1), "smtp_address_not_allowed"),
        ("503 bad sequence of commands", outbox.RoundResult(postponed=1), "smtp_address_not_allowed"),
        ("530 5.7.0 sign in first", outbox.RoundResult(postponed=1, down="smtp_sign_in_needed"), "smtp_sign_in_needed"),
    ],
)
def test_a_refused_address_is_never_tried_again_a_deferred_one_is(
    postbox: Postbox, answer: str, result: outbox.RoundResult, failure: str
) -> None:
    postbox.answer = answer
    send(channels=["email"])
    assert work() == result
    assert Effect.objects.get().failure == failure


def _leaves(line: socket.socket) -> None:
    line.shutdown(socket.SHUT_RDWR)


def _hangs(line: socket.socket) -> None:
    line.recv(1000)


def _never_ends(line: socket.socket) -> None:
    while True:
        line.sendall(b"250-and more\r\n" * 1000)


OWN_WAYS: dict[str, bytes | Callable[[socket.socket], None]] = {
    "leaves": _leaves,
    "hangs": _hangs,
    "never ends": _never_ends,
    "too long": b"250 " + b"x" * 10_000 + b"\r\n",
    "garbage": b"\xff\x00\r\n",
    "other code": b"999 what\r\n",
    "ends": b"421 4.3.2 closing\r\n",
}


STEPS = [
    (step, way)
    for step in (b"", b"EHLO", b"MAIL", b"RCPT", b"DATA", b".")
    for way in OWN_WAYS
    if step != b"EHLO" or callable(OWN_WAYS[way])  # whoever refuses it is greeted with HELO
]


@pytest.mark.parametrize(("step", "way"), STEPS)
def test_a_mail_server_that_fails_at_any_step_ends_the_round_and_costs_no_letter(
    settings: Any, configured: Any, monkeypatch: pytest.MonkeyPatch, step: bytes, way: str
) -> None:
    asked: list[bytes] = []

    def converse(line: socket.socket) -> None:
        words = line.makefile("rb")
        text, word = False, b""
        while True:
            asked.append(word)
            answer = OWN_WAYS[way] if word == step else b"354 go on\r\n" if word == b"DATA" else b"250 OK\r\n"
            if not isinstance(answer, bytes):
                answer(line)
                return
            line.sendall(b"220 here\r\n" if not word and step else answer)
            text = word == b"DATA" and answer.startswith(b"354")
            while (said := words.readline()) != b".\r\n" and text:
                pass
            if not said:
                return
            word = said[:4].strip().upper()

    for channel in (email, sms):
        monkeypatch.setattr(channel, "watched", partial(_watched_for, time_limit.watched))
    with listening(converse) as port:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
        configured(smtp_host="127.0.0.1", base_url="https://services.example.hk")
        for number in range(2):
            send(channels=["email"], once_key=str(number))
        result = work()
    assert (result.postponed, result.given_up, result.down != "") == (1, 0, True)
    assert asked.count(step) <= 1, "the other letter is not tried"
    email.hang_up()


def _watched_for(watched: Any, _longest: timedelta) -> Any:
    return watched(timedelta(seconds=0.5))


@contextmanager
def listening(converse: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server of one's own: its port."""

    def take() -> None:
        while True:
            try:
                line = server.accept()[0]
            except OSError:
                return
            Thread(target=talk, args=(line,), daemon=True).start()

    def talk(line: socket.socket) -> None:
        with line, suppress(OSError):
            converse(line)

    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=take, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_a_mail_server_that_is_away_is_tried_later(db: None, settings: Any, configured: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", 1, False
    configured(smtp_host="127.0.0.1")
    send(channels=["email"])
    assert work() == outbox.RoundResult(postponed=1, down="smtp_unreachable")
    assert Effect.objects.get().failure == "smtp_unreachable"


# SMS, through a real HTTP gateway


class Gateway(HTTPServer):
    """An SMS gateway that answers as it is told."""

    status = 202

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asking)
        self.asked: list[tuple[dict[str, str], dict[str, str]]] = []


class Asking(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def gateway(configured: Any) -> Iterator[Gateway]:
    server = Gateway()
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    configured(sms_url=f"http://127.0.0.1:{server.server_port}/send", sms_token=SecretStr("a token"))
    yield server
    server.shutdown()
    server.server_close()


def test_an_sms_carries_its_key_so_that_the_gateway_can_tell_a_repetition(gateway: Gateway) -> None:
    send(channels=["sms"], sms="牌照已獲批准")
    gateway.status = 503
    assert work() == outbox.RoundResult(postponed=1, faltered="sms_http_503")
    gateway.status = 202
    assert work(AT + timedelta(minutes=1)) == outbox.RoundResult(done=1)
    (delivery,) = notices.of_case(CASE)[0].deliveries
    assert [body for _, body in gateway.asked] == [{"to": PHONE, "text": "牌照已獲批准"}] * 2
    assert {headers["Idempotency-Key"] for headers, _ in gateway.asked} == {delivery.ref}
    assert gateway.asked[0][0]["Authorization"] == "Bearer a token"
    assert (delivery.state, delivery.attempts) == ("sent", 2)


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (400, outbox.RoundResult(given_up=1)),
        (422, outbox.RoundResult(given_up=1)),
        # A wrong address, a wrong token, an account without money: ours to mend.
        (401, outbox.RoundResult(postponed=1, down="sms_http_401")),
        (402, outbox.RoundResult(postponed=1, down="sms_http_402")),
        (404, outbox.RoundResult(postponed=1, down="sms_http_404")),
        (408, outbox.RoundResult(postponed=1)),
        (409, outbox.RoundResult(postponed=1)),
        (429, outbox.RoundResult(postponed=1, down="sms_http_429")),
        (302, outbox.RoundResult(postponed=1, down="sms_http_302")),
        (500, outbox.RoundResult(postponed=1, faltered="sms_http_500")),
    ],
)
def test_what_a_gateway_answers_decides_whether_to_try_again(
    gateway: Gateway, status: int, result: outbox.RoundResult
) -> None:
    gateway.status = status
    send(channels=["sms"])
    assert work() == result
    assert Effect.objects.get().failure == f"sms_http_{status}"


def test_a_gateway_that_fails_now_and_then_lets_the_others_pass_and_one_that_fails_in_a_row_rests(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses: list[int] = []
    monkeypatch.setattr(Gateway, "status", property(lambda _: statuses.pop(0)), raising=False)
    for number in range(7):
        send(channels=["sms"], once_key=f"case:{number}:granted")
    statuses[:] = [503, 202, 503, 503, 202, 202, 503]
    assert work() == outbox.RoundResult(done=3, postponed=4, faltered="sms_http_503")
    statuses[:] = [503, 503, 503]
    result = work(AT + timedelta(minutes=1))
    assert (result.postponed, result.down) == (3, "sms_http_503"), "the fourth is not asked of a gateway that is down"


def test_a_gateway_is_believed_by_its_status_and_its_body_is_never_read(db: None, configured: Any) -> None:
    sent: list[int] = []

    def converse(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Encoding: gzip\r\n\r\n")
        while len(sent) < 5000:
            sent.append(line.send(b"x" * 65536))

    with listening(converse) as port:
        configured(sms_url=f"http://127.0.0.1:{port}/send")
        send(channels=["sms"])
        assert work() == outbox.RoundResult(done=1)
    assert sum(sent) < 20_000_000


def test_a_token_that_cannot_be_sent_is_no_fault_of_a_message(gateway: Gateway, configured: Any) -> None:
    configured(sms_token=SecretStr("字"))
    send(channels=["sms"])
    assert work() == outbox.RoundResult(postponed=1, down="sms_unreachable")


def test_a_gateway_that_is_away_is_tried_later(db: None, configured: Any) -> None:
    configured(sms_url="http://127.0.0.1:1/send")
    send(channels=["sms"])
    assert work() == outbox.RoundResult(postponed=1, down="sms_unreachable")
    assert Effect.objects.get().failure == "sms_unreachable"
