"""Sign-in by codes that are sent by e-mail.

A code has six digits (ten after many unused codes), is valid for ten minutes, for one use and for five tries.
Responses do not reveal whether an address is known (OWASP ASVS 5.0, 6.3.8).
"""

import secrets
from datetime import datetime

from django.db import IntegrityError, transaction

from praya.blocks.identity import store
from praya.blocks.identity.officers import officer_from
from praya.blocks.identity.persons import known_language, person_from
from praya.blocks.identity.rules import sign_in_limits
from praya.blocks.identity.rules.addresses import address
from praya.blocks.identity.values import (
    CodeExpired,
    NewChallenge,
    Officer,
    Person,
    TooManyCodes,
    TooManyTries,
    WrongCode,
)
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.rounds import breathe


def ask_code(
    *,
    email: str,
    language: str,
    at: datetime,
    for_officer: bool = False,
    browser: frozenset[str] = frozenset(),
    network: str = "",
) -> NewChallenge:
    """Create a code for an address, known or not. `browser` holds the marks that the browser stores (`browser_mark`).

    Raises NotAnAddress; TooManyCodes when this network must wait, because its codes for the address were not used.
    Unused codes are counted for each network, and separately for browsers that signed in with the address before. So an
    attacker who requests codes from elsewhere cannot lock the owner of the address out.
    """
    email, language = address(email), known_language(language)
    index, known = store.email_index(email), browser_mark(email) in browser
    from_here = store.network_index(network)
    while True:
        last = store.last_number(index)
        unused = store.unused_codes(index, at - sign_in_limits.MEMORY, known=known)
        everywhere = [moment for moment, _ in unused]
        here = everywhere if known else [moment for moment, where in unused if where == from_here]
        wait_until = sign_in_limits.retry_at(here, everywhere, at)
        if wait_until is not None:
            raise TooManyCodes(wait_until)
        digits = sign_in_limits.code_digits(len(unused))
        code = f"{secrets.randbelow(10**digits):0{digits}}"
        try:
            with transaction.atomic():
                challenge = store.add_challenge(
                    email, code, language, at,
                    number_after=last, for_officer=for_officer, known=known, network=from_here,
                )  # fmt: skip
                journal.record(event="code_asked", at=at, by="anonymous", subject=challenge)
        except IntegrityError:
            continue  # another code for this address was created meanwhile: count again
        return NewChallenge(challenge, code)


def browser_mark(email: str) -> str:
    """The mark that a browser stores after a sign-in with an address: a keyed hash, useless for anything else."""
    return vault.blind_index("identity.browser", address(email))


def sign_in(*, challenge: str, code: str, at: datetime) -> Person:
    """Sign in the person who answers a challenge; the first sign-in creates the person and their key.

    Must be called outside any transaction, so that a failed try stays counted whatever the caller does next.
    Raises WrongCode, CodeExpired, TooManyTries.
    """
    refusal = None
    with transaction.atomic(durable=True):
        refusal = _refusal(challenge, code, at, for_officer=False)
        if refusal is None:
            email, language = store.challenged(challenge)
            row, created = store.find_or_add_person(email, None, language, at)
            if created:
                journal.record(event="person_enrolled", at=at, by=f"person:{row.ref}", subject=row.ref)
            journal.record(event="person_signed_in", at=at, by=f"person:{row.ref}", subject=row.ref)
            return person_from(row)
    raise refusal


def officer_sign_in(*, challenge: str, code: str, at: datetime) -> Officer:
    """Sign in the officer who answers a challenge. An address of no officer fails as WrongCode.

    The challenge was created with `for_officer=True`. Must be called outside any transaction, as `sign_in`.
    Raises WrongCode, CodeExpired, TooManyTries.
    """
    refusal = None
    with transaction.atomic(durable=True):
        refusal = _refusal(challenge, code, at, for_officer=True)
        if refusal is None:
            email, _ = store.challenged(challenge)
            row = store.officer_by_index(store.email_index(email))
            if row is not None:
                journal.record(event="officer_signed_in", at=at, by=f"officer:{row.ref}", subject=row.ref)
                return officer_from(row)
            left = store.give_back(challenge)
            journal.record(event="code_refused", at=at, by="anonymous", subject=challenge, facts={"left": left})
            refusal = WrongCode(left) if left else TooManyTries()
    raise refusal


def challenged(challenge: str, *, at: datetime) -> str:
    """The address to which the code of a challenge was sent, for the browser that holds it; empty once it is over."""
    return store.open_challenge_address(challenge[:32], at)


def _refusal(challenge: str, code: str, at: datetime, *, for_officer: bool) -> Exception | None:
    tried, left = store.try_code(challenge[:32], sign_in_limits.typed_code(code), at, for_officer=for_officer)
    if tried == "right":
        return None
    if tried == "expired":
        return CodeExpired()
    journal.record(event="code_refused", at=at, by="anonymous", subject=challenge[:32], facts={"left": left})
    return WrongCode(left) if tried == "wrong" else TooManyTries()


def forget_old_codes(*, at: datetime) -> int:
    """Delete challenges that no longer count towards any limit; return how many."""
    count = 0
    while deleted := store.drop_old_challenges(before=at - sign_in_limits.MEMORY):
        count += deleted
        breathe()
    return count


def oldest_code(*, at: datetime) -> datetime | None:  # noqa: ARG001 (every part takes it)
    """The moment since which the oldest challenge should have been deleted."""
    oldest = store.oldest_challenge()
    return oldest + sign_in_limits.MEMORY if oldest is not None else None
