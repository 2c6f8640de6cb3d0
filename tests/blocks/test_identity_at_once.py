"""Concurrent calls of identity, notices, credentials and registers, in real transactions."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction

from praya.blocks.credentials import api as credentials
from praya.blocks.credentials.models import RecordRow, SigningKey
from praya.blocks.identity import api as identity
from praya.blocks.identity.models import Challenge, PersonRow
from praya.blocks.notices import api as notices
from praya.blocks.notices.models import DeliveryRow, NoticeRow
from praya.blocks.registers import api as registers
from praya.blocks.registers.models import EntryRow
from praya.kernel.crypto import vault
from praya.kernel.journal.models import JournalEntry
from praya.kernel.outbox import api as outbox
from praya.kernel.text import Text

AT = datetime(2023, 1, 5, 10, tzinfo=UTC)
EMAIL = "tai.man@example.hk"


def ask() -> identity.NewChallenge:
    return identity.ask_code(email=EMAIL, language="en", at=AT)


def another(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 1_000_000:06}"


def at_once(count: int, do: Callable[[int], str]) -> Counter[str]:
    def one(n: int) -> str:
        try:
            return do(n)
        except Exception as problem:  # noqa: BLE001
            return type(problem).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(one, range(count)))


def test_a_try_cannot_be_taken_back_with_the_callers_transaction(committed: None) -> None:
    asked = ask()
    with transaction.atomic(), pytest.raises(RuntimeError):
        identity.sign_in(challenge=asked.challenge, code=another(asked.code), at=AT)


def test_of_twenty_guessesat_once_five_are_counted_and_no_more_compared(committed: None) -> None:
    asked = ask()

    def guess(n: int) -> str:
        identity.sign_in(challenge=asked.challenge, code=another(asked.code, n + 1), at=AT)
        return "in"

    assert at_once(20, guess) == {"WrongCode": 4, "TooManyTries": 16}
    assert Challenge.objects.get().tries == 5


def test_of_four_right_answersat_once_one_signs_in(committed: None) -> None:
    asked = ask()

    def answer(n: int) -> str:
        return "in" if identity.sign_in(challenge=asked.challenge, code=asked.code, at=AT).ref else ""

    assert at_once(4, answer) == {"in": 1, "CodeExpired": 3}


def test_two_first_sign_insat_once_are_one_person(committed: None) -> None:
    asked = [ask() for _ in range(4)]

    def answer(n: int) -> str:
        return identity.sign_in(challenge=asked[n].challenge, code=asked[n].code, at=AT).ref

    assert list(at_once(4, answer).values()) == [4]
    assert PersonRow.objects.count() == 1


def test_of_twelve_codes_asked_forat_once_five_are_made(committed: None) -> None:
    made = at_once(12, lambda _: "made" if ask().challenge else "")
    assert made == {"made": 5, "TooManyCodes": 7}


PERSON = "a" * 32


def test_one_notice_is_sent_however_often_it_is_asked_for_at_once(committed: None) -> None:
    vault.new_key(PERSON)

    def send(_: int) -> str:
        return notices.send(
            notices.Letter(
                person_ref=PERSON,
                case_ref="case",
                service="s",
                name="granted",
                language="en",
                subject="Granted",
                body="It is granted.",
                email_to=EMAIL,
                channels=["email"],
                once_key="once",
            ),
            at=AT,
        )

    assert list(at_once(8, send).values()) == [8]
    assert (NoticeRow.objects.count(), DeliveryRow.objects.count(), JournalEntry.objects.count()) == (1, 1, 1)
    done = at_once(4, lambda _: str(outbox.work(notices.KINDS, at=AT).done))
    assert done == {"1": 1, "0": 3}
    assert DeliveryRow.objects.get().attempts == 1


def test_one_record_is_issued_and_one_key_made_however_many_ask_at_once(committed: None) -> None:
    vault.new_key(PERSON)

    def issue(_: int) -> str:
        new = credentials.NewRecord(
            person_ref=PERSON,
            case_ref="case",
            service="s",
            name="licence",
            title=Text({"en": "Licence"}),
            facts=[],
            valid_until=None,
            once_key="once",
        )
        return credentials.issue(new, at=AT).token

    found = at_once(8, issue)
    assert list(found.values()) == [8]
    assert (RecordRow.objects.count(), SigningKey.objects.count(), JournalEntry.objects.count()) == (1, 1, 1)
    assert credentials.verify(next(iter(found)), at=AT).state == "valid"


def test_keys_changed_at_once_leave_one_that_signs(committed: None) -> None:
    kids = at_once(4, lambda _: credentials.rotate_key(AT))
    assert sum(kids.values()) == 4
    assert SigningKey.objects.filter(current=True, private__isnull=False).count() == 1
    assert SigningKey.objects.filter(current=False, private__isnull=False).count() == 0


def test_one_entry_is_made_however_many_ask_at_once(committed: None) -> None:
    def enter(_: int) -> str:
        entry = registers.NewEntry(
            service="s",
            register="r",
            case_ref="case",
            facts={"name": "Golden Bowl"},
            from_date=date(2023, 1, 5),
            until_date=None,
            once_key="once",
        )
        return registers.enter(entry, at=AT, by="system").ref

    assert list(at_once(8, enter).values()) == [8]
    assert (EntryRow.objects.count(), JournalEntry.objects.count()) == (1, 1)
