"""Notices in the inbox of a person, and the deliveries that wait for them."""

from datetime import timedelta
from typing import Any

import pytest
from tests.blocks.notices.sending import AT, CASE, EMAIL, PERSON, PHONE, Postbox, send, states, work

from praya.blocks.notices import adapters
from praya.blocks.notices import api as notices
from praya.blocks.notices.channels.message import Message
from praya.blocks.notices.models import DeliveryRow, NoticeRow
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.journal.models import JournalEntry
from praya.kernel.outbox import api as outbox
from praya.kernel.outbox.models import Effect


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
        broken.setattr(adapters, "channel", lambda _: 1 / 0)
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
