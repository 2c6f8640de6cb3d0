"""The door of identity: sign in with a code by e-mail, persons, officers and what they may do.

A code has six digits (ten, when many were asked for in vain), lives ten minutes, is good once and for five tries.
Asking for one and failing with one look the same whether or not the address is known (OWASP ASVS 5.0, 6.3.8). Personal
columns are sealed with the person's own key.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from praya.blocks.identity import rules, store
from praya.blocks.identity.models import OfficerRow, PersonRow
from praya.blocks.identity.rules import CLOCK_MAY_DIFFER, NotAnAddress, address
from praya.kernel import reading
from praya.kernel.crypto import vault
from praya.kernel.crypto.vault import Forgotten
from praya.kernel.journal import api as journal
from praya.kernel.rounds import breathe
from praya.kernel.text import spoken

__all__ = [
    "CLOCK_MAY_DIFFER",
    "CODE_LEVEL",
    "SYSTEM",
    "Asked",
    "CodeExpired",
    "Colleague",
    "Erased",
    "NoOfficer",
    "NoPerson",
    "NotAnAddress",
    "Officer",
    "Person",
    "Role",
    "SignedIn",
    "TooManyCodes",
    "TooManyTries",
    "WrongCode",
    "add_officer",
    "address",
    "addresses",
    "ask_code",
    "begin_session",
    "colleagues",
    "end_session",
    "end_sessions",
    "enrol",
    "erase",
    "find",
    "forget_old_codes",
    "forget_old_sessions",
    "index_names",
    "officer",
    "officer_leaves",
    "officer_names",
    "officer_session",
    "officer_sign_in",
    "officers",
    "oldest_code",
    "person",
    "person_of_officer",
    "person_session",
    "rename",
    "residents",
    "serves",
    "sessions",
    "set_language",
    "set_roles",
    "sign_in",
]

SYSTEM = "system:"
"""Before the name of a system, where a role is of a system and not of a department."""


class WrongCode(Exception):
    """The code is not the one that was sent; `left` tries remain (at least one)."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} tries left")
        self.left = left


class CodeExpired(Exception):
    """The code is older than ten minutes, was used, was replaced by erasure, or never existed."""


class TooManyTries(Exception):
    """Five tries were made with this challenge: another code must be asked for."""


class TooManyCodes(Exception):
    """Too many codes for an address were not used; from the same network another may be asked for at `retry_at`."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(retry_at.isoformat())
        self.retry_at = retry_at


class NoPerson(LookupError):
    """There is no such person."""


class Erased(NoPerson):
    """The person was erased: nothing personal is left."""


class NoOfficer(LookupError):
    """There is no such officer in office."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A challenge to answer, and the code that goes to the address (never to the page, never into a log)."""

    challenge: str
    code: str

    def __repr__(self) -> str:
        return f"Asked({self.challenge!r})"


@dataclass(frozen=True, slots=True)
class Person:
    """A person, with what they told us."""

    ref: str
    email: str
    name: str | None
    language: str

    def __repr__(self) -> str:
        return f"Person({self.ref!r})"


@dataclass(frozen=True, slots=True)
class Role:
    """What an officer is in one department; of a role of a system the department is `system:<name>`."""

    department: str
    role: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who is signed in on a device; `seen_at` is right to a quarter of an hour."""

    ref: str
    device: str
    began_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer in office. A session made in an earlier `epoch` is over."""

    ref: str
    name: str
    email: str
    roles: frozenset[Role]
    epoch: int

    def __repr__(self) -> str:
        return f"Officer({self.ref!r})"

    def roles_in(self, department: str) -> frozenset[str]:
        """The roles that the officer was given in a department; `Roles.with_included` adds what these include."""
        return frozenset(r.role for r in self.roles if r.department == department)

    @property
    def departments(self) -> frozenset[str]:
        """The departments whose cases the officer sees."""
        return frozenset(r.department for r in self.roles if not r.department.startswith(SYSTEM))


# Codes


def ask_code(
    *,
    email: str,
    language: str,
    at: datetime,
    for_officer: bool = False,
    browser: frozenset[str] = frozenset(),
    network: str = "",
) -> Asked:
    """Make a code for an address, known or not, for a browser that keeps these marks, from this network.

    Raises NotAnAddress; TooManyCodes when the network must wait, as its codes for the address were not used. Networks
    wait each for itself, and browsers that signed in with the address before are counted apart from all: whoever asks
    in vain from elsewhere keeps nobody out.
    """
    email, language = address(email), _known_language(language)
    index, known = store.email_index(email), browser_mark(email) in browser
    from_here = store.network_index(network)
    while True:
        last = store.last_number(index)
        unused = store.unused_codes(index, at - rules.MEMORY, known=known)
        everywhere = [moment for moment, _ in unused]
        here = everywhere if known else [moment for moment, where in unused if where == from_here]
        wait_until = rules.retry_at(here, everywhere, at)
        if wait_until is not None:
            raise TooManyCodes(wait_until)
        digits = rules.code_digits(len(unused))
        code = f"{secrets.randbelow(10**digits):0{digits}}"
        try:
            with transaction.atomic():
                challenge = store.add_challenge(
                    email, code, language, at,
                    number_after=last, for_officer=for_officer, known=known, network=from_here,
                )  # fmt: skip
                journal.record(event="code_asked", at=at, by="anonymous", subject=challenge)
        except IntegrityError:
            continue  # another code for this address was made meanwhile: count again
        return Asked(challenge, code)


def browser_mark(email: str) -> str:
    """What a browser keeps that signed in with an address: a keyed hash, of no use for anything else."""
    return vault.blind_index("identity.browser", address(email))


def sign_in(*, challenge: str, code: str, at: datetime) -> Person:
    """The person who answers a challenge; made, with a key of their own, at the first sign-in.

    Must be called outside any transaction: a try that failed stays counted whatever the caller does next.
    Raises WrongCode, CodeExpired, TooManyTries.
    """
    refusal = None
    with transaction.atomic(durable=True):
        refusal = _refusal(challenge, code, at, for_officer=False)
        if refusal is None:
            email, language = store.challenged(challenge)
            row, made = store.find_or_add_person(email, None, language, at)
            if made:
                journal.record(event="person_enrolled", at=at, by=f"person:{row.ref}", subject=row.ref)
            journal.record(event="person_signed_in", at=at, by=f"person:{row.ref}", subject=row.ref)
            return _person(row)
    raise refusal


def officer_sign_in(*, challenge: str, code: str, at: datetime) -> Officer:
    """The officer who answers a challenge made with `for_officer=True`. An address of no officer fails as WrongCode.

    Must be called outside any transaction, as `sign_in`. Raises WrongCode, CodeExpired, TooManyTries.
    """
    refusal = None
    with transaction.atomic(durable=True):
        refusal = _refusal(challenge, code, at, for_officer=True)
        if refusal is None:
            email, _ = store.challenged(challenge)
            row = store.officer_by_index(store.email_index(email))
            if row is not None:
                journal.record(event="officer_signed_in", at=at, by=f"officer:{row.ref}", subject=row.ref)
                return _officer(row)
            left = store.give_back(challenge)
            journal.record(event="code_refused", at=at, by="anonymous", subject=challenge, facts={"left": left})
            refusal = WrongCode(left) if left else TooManyTries()
    raise refusal


def _refusal(challenge: str, code: str, at: datetime, *, for_officer: bool) -> Exception | None:
    tried, left = store.try_code(challenge[:32], rules.typed_code(code), at, for_officer=for_officer)
    if tried == "right":
        return None
    if tried == "expired":
        return CodeExpired()
    journal.record(event="code_refused", at=at, by="anonymous", subject=challenge[:32], facts={"left": left})
    return WrongCode(left) if tried == "wrong" else TooManyTries()


def forget_old_codes(*, at: datetime) -> int:
    """Delete challenges that no longer count; the worker calls it now and then. Answers how many."""
    count = 0
    while deleted := store.drop_old_challenges(before=at - rules.MEMORY):
        count += deleted
        breathe()
    return count


def oldest_code(*, at: datetime) -> datetime | None:  # noqa: ARG001 (the form of every part of the worker)
    """Since when the oldest challenge should be deleted."""
    oldest = store.oldest_challenge()
    return oldest + rules.MEMORY if oldest is not None else None


# Sessions

SESSION_LIFE = timedelta(hours=12)
"""No session is longer, however much it is used."""
SEEN_EVERY = timedelta(minutes=15)
CODE_LEVEL = 1
"""The assurance level that a code by e-mail reaches (see `assurance` of a service)."""


def begin_session(*, holder: str, device: str, level: int, at: datetime) -> str:
    """Begin a session of `person:<ref>` or `officer:<ref>`; answers the reference by which it can be ended.

    `level` is how sure the platform is who it is: `CODE_LEVEL` after a code by e-mail.
    """
    return store.add_session(holder, device[:40], level, at)


def person_session(person_ref: str, session: str, *, at: datetime) -> tuple[int | None, bool]:
    """A person's epoch, as `epoch`, and whether this session of theirs goes on; noted as used now."""
    number, state = store.person_session(person_ref, session, at - SEEN_EVERY)
    if state == "unseen":
        store.note_seen(session, at)
    return number, state != "over"


def officer_session(officer_ref: str, session: str, *, at: datetime) -> bool:
    """Whether this session of an officer goes on; noted as used now."""
    state = store.session_state(session, f"officer:{officer_ref}", at - SEEN_EVERY)
    if state == "unseen":
        store.note_seen(session, at)
    return state != "over"


def sessions(*, holder: str, idle: timedelta, at: datetime) -> list[SignedIn]:
    """Where somebody is signed in, the newest first; what was idle for longer is over."""
    rows = store.sessions_of(holder, seen_after=at - idle - SEEN_EVERY, began_after=at - SESSION_LIFE)
    return [SignedIn(row.ref, row.device, row.began_at, row.seen_at) for row in rows]


def end_session(*, session: str, holder: str, at: datetime) -> bool:
    """End one session of somebody; a copy of its cookie is refused from now on. Answers whether there was one."""
    with transaction.atomic():
        if not store.drop_sessions(ref=session, holder=holder):
            return False
        kind, _, ref = holder.partition(":")
        journal.record(event=f"{kind}_session_ended", at=at, by=holder, subject=ref)
        return True


def forget_old_sessions(*, at: datetime) -> int:
    """Delete sessions that are over by their age; the worker calls it now and then. Answers how many."""
    return store.drop_sessions(began_before=at - SESSION_LIFE)


# Persons


def person(ref: str) -> Person:
    """A person. Raises Erased, NoPerson."""
    row = store.person_row(ref)
    if row is None:
        raise NoPerson(ref)
    return _person(row)


def addresses(refs: Collection[str]) -> dict[str, str]:
    """The addresses of several persons, by person; none of whoever was erased."""
    rows = [row for row in store.person_rows(refs) if row.erased_at is None] if refs else []
    vault.gather(row.ref for row in rows)
    found = {}
    for row in rows:
        try:
            found[row.ref] = store.person_email(row)
        except Forgotten:
            continue
    return found


def find(*, email: str) -> Person | None:
    """The person with an address, if there is one. Raises NotAnAddress."""
    row = store.person_by_index(store.email_index(address(email)))
    return _person(row) if row is not None else None


def enrol(*, email: str, name: str | None, language: str, at: datetime, by: str = "system") -> Person:
    """The person with an address, made if there is none: for assisted paths, invented people and tests.

    A person who exists is answered unchanged. Raises NotAnAddress; NotText for a name that cannot be kept.
    """
    name = reading.line(name) or None if name else None
    with transaction.atomic():
        row, made = store.find_or_add_person(address(email), name, _known_language(language), at)
        if made:
            journal.record(event="person_enrolled", at=at, by=by, subject=row.ref)
    return _person(row)


def set_language(*, person_ref: str, language: str, at: datetime) -> None:
    """Keep the language that a person reads. Raises Erased, NoPerson."""
    _known_language(language)
    with transaction.atomic():
        if person(person_ref).language == language:
            return
        store.write_language(person_ref, language)
        _record_own("person_language_set", person_ref, at)


def rename(*, person_ref: str, name: str, at: datetime) -> None:
    """Keep the name by which a person is addressed, 1 to 200 characters. Raises Erased, NoPerson, ValueError."""
    name = reading.line(name)
    if not name or len(name) > 200:
        raise ValueError("a name has between 1 and 200 characters")
    with transaction.atomic():
        if person(person_ref).name == name:
            return
        store.write_name(person_ref, name)
        _record_own("person_renamed", person_ref, at)


def epoch(person_ref: str) -> int | None:
    """The epoch of a person's sessions: one made in an earlier epoch is over. None of nobody, or whoever was erased."""
    return store.person_epoch(person_ref)


def sign_out_everywhere(*, person_ref: str, at: datetime) -> None:
    """End every session of a person, on every device. Raises NoPerson."""
    with transaction.atomic():
        if not store.bump_person_epoch(person_ref):
            raise NoPerson(person_ref)
        store.drop_sessions(holder=f"person:{person_ref}")
        _record_own("person_sessions_ended", person_ref, at)


def erase(*, person_ref: str, at: datetime, by: str) -> bool:
    """Erase a person: the key is forgotten, so everything that any block sealed for them is unreadable.

    A second time changes nothing and answers False. Raises NoPerson. Other processes may remember the key for a minute.
    """
    with transaction.atomic():
        row = store.person_row(person_ref)
        if row is None:
            raise NoPerson(person_ref)
        if row.erased_at is not None:
            return False
        store.erase_person(row, at)
        journal.record(event="person_erased", at=at, by=by, subject=person_ref)
        return True


def residents(limit: int = 100) -> list[Person]:
    """The newest persons, for the list of invented people in a demonstration.

    Raises PermissionError in production, where nobody has a list of everybody.
    """
    if settings.PRAYA.mode == "production":
        raise PermissionError("production has no list of persons")
    rows = store.newest_persons(limit)
    vault.gather(row.ref for row in rows)
    return [_person(row) for row in rows]


def _record_own(event: str, person_ref: str, at: datetime) -> None:
    journal.record(event=event, at=at, by=f"person:{person_ref}", subject=person_ref)


def _person(row: PersonRow) -> Person:
    if row.erased_at is not None:
        raise Erased(row.ref)
    try:
        return Person(row.ref, store.person_email(row), store.person_name(row), row.language)
    except Forgotten:
        raise Erased(row.ref) from None


# Officers


def add_officer(*, name: str, email: str, roles: frozenset[Role], at: datetime, by: str) -> Officer:
    """Put an officer in office with these roles; one who has the address already gets this name and these roles.

    Raises NotAnAddress.
    """
    with transaction.atomic():
        ref, made = store.write_officer(name, address(email), at)
        store.write_roles(ref, _pairs(roles))
        event = "officer_added" if made else "officer_changed"
        journal.record(event=event, at=at, by=by, subject=ref, facts=_facts(roles))
    return officer(ref)


def set_roles(*, officer_ref: str, roles: frozenset[Role], at: datetime, by: str) -> Officer:
    """Give an officer these roles and no others, and end their sessions. Raises NoOfficer."""
    with transaction.atomic():
        end_sessions(officer_ref, at=at, by=by)
        store.write_roles(officer_ref, _pairs(roles))
        journal.record(event="officer_changed", at=at, by=by, subject=officer_ref, facts=_facts(roles))
    return officer(officer_ref)


def officer(ref: str) -> Officer:
    """An officer in office. Raises NoOfficer."""
    row = store.officer_row(ref)
    if row is None:
        raise NoOfficer(ref)
    return _officer(row)


def officer_names(refs: Collection[str]) -> dict[str, str]:
    """The names of these officers, by officer; one who left has none. Two queries, however many there are."""
    rows = store.named_rows(refs) if refs else []
    vault.gather(row.ref for row in rows)
    return {row.ref: store.officer_name(row) for row in rows}


@dataclass(frozen=True, slots=True)
class Colleague:
    """An officer as colleagues find them."""

    ref: str
    name: str
    email: str


def colleagues(department: str, typed: str, *, limit: int) -> list[Colleague]:
    """Officers in office in a department with an address, or with a name of which each word begins as typed.

    Only those answered are opened: the longest-serving first, at most `limit`.
    """
    try:
        rows = store.colleague_rows(department, (), address(typed), limit)
    except NotAnAddress:
        words = rules.name_words(typed)
        rows = store.colleague_rows(department, words, None, limit) if words else []
    vault.gather(row.ref for row in rows)
    return [Colleague(row.ref, store.officer_name(row), store.officer_email(row)) for row in rows]


def serves(officer_ref: str, department: str) -> bool:
    """Whether an officer is in office in a department."""
    return store.serves(officer_ref, department)


def index_names() -> int:
    """Let officers be found by name who were entered before they could; answers how many. A migration calls it."""
    rows = store.rows_without_beginnings()
    vault.gather(row.ref for row in rows)
    for row in rows:
        store.write_beginnings(row.ref, store.officer_name(row))
    return len(rows)


def person_of_officer(ref: str) -> str | None:
    """The person who signs in as a resident with the officer's own address, if there is one."""
    return store.person_of_officer(ref)


def officers(*, limit: int | None = None) -> list[Officer]:
    """The officers in office, the longest-serving first: all of them, or so many."""
    rows = store.officer_rows()[:limit]
    vault.gather(row.ref for row in rows)
    return [_officer(row) for row in rows]


def end_sessions(ref: str, *, at: datetime, by: str) -> None:
    """End every session of an officer by beginning a new epoch. Raises NoOfficer."""
    with transaction.atomic():
        if not store.bump_epoch(ref):
            raise NoOfficer(ref)
        store.drop_sessions(holder=f"officer:{ref}")
        journal.record(event="officer_sessions_ended", at=at, by=by, subject=ref)


def officer_leaves(*, officer_ref: str, at: datetime, by: str) -> None:
    """Take an officer out of office: no sign-in, no session, no role. Raises NoOfficer."""
    with transaction.atomic():
        if not store.bump_epoch(officer_ref, left_at=at):
            raise NoOfficer(officer_ref)
        store.drop_sessions(holder=f"officer:{officer_ref}")
        store.write_roles(officer_ref, frozenset())
        journal.record(event="officer_left", at=at, by=by, subject=officer_ref)


def _officer(row: OfficerRow) -> Officer:
    roles = frozenset(Role(r.department, r.role) for r in row.roles.all())
    return Officer(row.ref, store.officer_name(row), store.officer_email(row), roles, row.epoch)


def _pairs(roles: frozenset[Role]) -> frozenset[tuple[str, str]]:
    return frozenset((r.department, r.role) for r in roles)


def _facts(roles: frozenset[Role]) -> dict[str, list[str]]:
    return {"roles": sorted(f"{r.department}:{r.role}" for r in roles)}


def _known_language(language: str) -> str:
    if language not in spoken():
        raise ValueError(f"no such language: {language[:20]}")
    return language
