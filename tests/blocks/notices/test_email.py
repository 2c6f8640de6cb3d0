"""E-mail, through a real SMTP server."""

import socket
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from tests.blocks.notices.sending import AT, CASE, EMAIL, PERSON, Postbox, listening, send, states, work

from praya.blocks.notices import api as notices
from praya.blocks.notices.channels import email, sms, time_limit
from praya.blocks.notices.models import DeliveryRow
from praya.kernel.journal import api as journal
from praya.kernel.outbox import api as outbox
from praya.kernel.outbox.models import Effect


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


def test_an_email_brings_its_files_and_says_where_replies_go(postbox: Postbox) -> None:
    data = "BEGIN:VCALENDAR\r\nX-NAME:陳大文\r\nEND:VCALENDAR\r\n".encode()
    file = notices.Attachment(name="預約.ics", media="text/calendar; charset=utf-8; method=PUBLISH", data=data)
    send(channels=["email"], attached=[file], replies=notices.Replies("fehd@example.hk", "歡迎回覆。"))
    assert "陳大文".encode() not in bytes(DeliveryRow.objects.get().message or b"")
    assert work() == outbox.RoundResult(done=1)
    ((_, mail),) = postbox.mails
    assert mail["Reply-To"] == "fehd@example.hk"
    text, calendar = list(mail.iter_parts())  # type: ignore[attr-defined]
    assert text.get_content().split()[-1] == "歡迎回覆。"
    assert (calendar.get_content_type(), calendar.get_filename()) == ("text/calendar", "預約.ics")
    assert calendar.get_param("method") == "PUBLISH"
    assert calendar.get_payload(decode=True) == data
    (notice,) = notices.inbox(PERSON)
    assert notice.replies == "歡迎回覆。"


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


def test_a_mail_server_that_is_away_is_tried_later(db: None, settings: Any, configured: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", 1, False
    configured(smtp_host="127.0.0.1")
    send(channels=["email"])
    assert work() == outbox.RoundResult(postponed=1, down="smtp_unreachable")
    assert Effect.objects.get().failure == "smtp_unreachable"
