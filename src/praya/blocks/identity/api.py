"""The interface of identity: sign-in by e-mailed codes, persons, officers and their roles.

A code has six digits (ten after many unused codes), is valid for ten minutes, for one use and for five tries.
Responses do not reveal whether an address is known (OWASP ASVS 5.0, 6.3.8). Personal columns are encrypted with the
person's own key.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from praya.blocks.identity import store
from praya.blocks.identity.models import OfficerRow, PersonRow
from praya.blocks.identity.rules import names, sign_in_limits
from praya.blocks.identity.rules.addresses import NotAnAddress, address
from praya.blocks.identity.rules.sign_in_limits import CLOCK_MAY_DIFFER
from praya.kernel import reading
from praya.kernel.crypto import vault
from praya.kernel.crypto.vault import Forgotten
from praya.kernel.journal import api as journal
from praya.kernel.rounds import breathe
from praya.kernel.text import spoken

__all__ = [
    "CLOCK_MAY_DIFFER",
    "CODE_LEVEL",
    "COMMUNITY",
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
    "members",
    "note_officer_signed_in",
    "officer",
    "officer_for",
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
    "resident_for",
    "residents",
    "serves",
    "sessions",
    "set_language",
    "set_roles",
    "sign_in",
]

SYSTEM = "system:"
"""Before the name of a system, where a role is of a system and not of a department."""
COMMUNITY = "community:"
"""Before the name of a community, where a role is of a community."""


class WrongCode(Exception):
    """The code is wrong; `left` tries remain, at least one."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} tries left")
        self.left = left


class CodeExpired(Exception):
    """The code is older than ten minutes, was used, was deleted with its person, or never existed."""


class TooManyTries(Exception):
    """All five tries of this challenge were used: the person needs another code."""


class TooManyCodes(Exception):
    """Too many codes for an address were not used; the same network may request another at `retry_at`."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(retry_at.isoformat())
        self.retry_at = retry_at


class NoPerson(LookupError):
    """There is no such person."""


class Erased(NoPerson):
    """The person was erased: no personal data is left."""


class NoOfficer(LookupError):
    """There is no such officer in office."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A challenge and its code. The code is sent to the address; it must never appear on a page or in a log."""

    challenge: str
    code: str

    def __repr__(self) -> str:
        return f"Asked({self.challenge!r})"


@dataclass(frozen=True, slots=True)
class Person:
    """A person, with the data that they gave."""

    ref: str
    email: str
    name: str | None
    language: str

    def __repr__(self) -> str:
        return f"Person({self.ref!r})"


@dataclass(frozen=True, slots=True)
class Role:
    """A role of an officer in one department.

    For a role of a system the department is `system:<name>`, for one of a community `community:<name>`.
    """

    department: str
    role: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session of somebody on a device; `seen_at` is accurate to a quarter of an hour."""

    ref: str
    device: str
    began_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer in office. A session of an earlier `epoch` has ended."""

    ref: str
    name: str
    email: str
    roles: frozenset[Role]
    epoch: int

    def __repr__(self) -> str:
        return f"Officer({self.ref!r})"

    def roles_in(self, department: str) -> frozenset[str]:
        """The roles that the officer has in a department, without those that `Roles.with_included` adds."""
        return frozenset(r.role for r in self.roles if r.department == department)

    @property
    def departments(self) -> frozenset[str]:
        """The departments whose cases the officer sees."""
        return frozenset(r.department for r in self.roles if not r.department.startswith((SYSTEM, COMMUNITY)))

    @property
    def communities(self) -> frozenset[str]:
        """The names of the communities in which the officer has a role."""
        named = (r.department for r in self.roles if r.department.startswith(COMMUNITY))
        return frozenset(name.removeprefix(COMMUNITY) for name in named)


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
    """Create a code for an address, known or not. `browser` holds the marks that the browser stores (`browser_mark`).

    Raises NotAnAddress; TooManyCodes when this network must wait, because its codes for the address were not used.
    Unused codes are counted for each network, and separately for browsers that signed in with the address before. So an
    attacker who requests codes from elsewhere cannot lock the owner of the address out.
    """
    email, language = address(email), _known_language(language)
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
        return Asked(challenge, code)


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
            return _person(row)
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
                return _officer(row)
            left = store.give_back(challenge)
            journal.record(event="code_refused", at=at, by="anonymous", subject=challenge, facts={"left": left})
            refusal = WrongCode(left) if left else TooManyTries()
    raise refusal


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


# Sessions

SESSION_LIFE = timedelta(hours=12)
"""The longest session, however much it is used."""
SEEN_EVERY = timedelta(minutes=15)
CODE_LEVEL = 1
"""The assurance level that a code by e-mail reaches (see `assurance` of a service)."""


def begin_session(*, holder: str, device: str, level: int, at: datetime) -> str:
    """Begin a session of `person:<ref>` or `officer:<ref>`; return its reference.

    `level` is the assurance level that the sign-in reached: `CODE_LEVEL` after a code by e-mail.
    """
    return store.add_session(holder, device[:40], level, at)


def person_session(person_ref: str, session: str, *, at: datetime) -> tuple[int | None, bool]:
    """A person's `epoch`, and whether this session is still valid. Its use is recorded."""
    number, state = store.person_session(person_ref, session, at - SEEN_EVERY)
    if state == "unseen":
        store.note_seen(session, at)
    return number, state != "over"


def officer_session(officer_ref: str, session: str, *, at: datetime) -> bool:
    """Whether this session of an officer is still valid. Its use is recorded."""
    state = store.session_state(session, f"officer:{officer_ref}", at - SEEN_EVERY)
    if state == "unseen":
        store.note_seen(session, at)
    return state != "over"


def sessions(*, holder: str, idle: timedelta, at: datetime) -> list[SignedIn]:
    """The valid sessions of a holder, the newest first. A session that was idle for longer than `idle` has ended."""
    rows = store.sessions_of(holder, seen_after=at - idle - SEEN_EVERY, began_after=at - SESSION_LIFE)
    return [SignedIn(row.ref, row.device, row.began_at, row.seen_at) for row in rows]


def end_session(*, session: str, holder: str, at: datetime) -> bool:
    """End one session of a holder, so that copies of its cookie are refused; False when there is none."""
    with transaction.atomic():
        if not store.drop_sessions(ref=session, holder=holder):
            return False
        kind, _, ref = holder.partition(":")
        journal.record(event=f"{kind}_session_ended", at=at, by=holder, subject=ref)
        return True


def forget_old_sessions(*, at: datetime) -> int:
    """Delete sessions older than SESSION_LIFE; return how many."""
    return store.drop_sessions(began_before=at - SESSION_LIFE)


# Persons


def person(ref: str) -> Person:
    """A person. Raises Erased, NoPerson."""
    row = store.person_row(ref)
    if row is None:
        raise NoPerson(ref)
    return _person(row)


def addresses(refs: Collection[str]) -> dict[str, str]:
    """The addresses of several persons, by person; erased persons are left out."""
    rows = [row for row in store.person_rows(refs) if row.erased_at is None] if refs else []
    vault.gather(row.ref for row in rows)
    by_person = {}
    for row in rows:
        try:
            by_person[row.ref] = store.person_email(row)
        except Forgotten:
            continue
    return by_person


def find(*, email: str) -> Person | None:
    """The person with an address; None when there is none. Raises NotAnAddress."""
    row = store.person_by_index(store.email_index(address(email)))
    return _person(row) if row is not None else None


def enrol(*, email: str, name: str | None, language: str, at: datetime, by: str = "system") -> Person:
    """The person with an address, created if there is none: for assisted service, demonstrations and tests.

    An existing person is returned unchanged. Raises NotAnAddress; NotText for a name with refused characters.
    """
    name = reading.line(name) or None if name else None
    with transaction.atomic():
        row, created = store.find_or_add_person(address(email), name, _known_language(language), at)
        if created:
            journal.record(event="person_enrolled", at=at, by=by, subject=row.ref)
    return _person(row)


def set_language(*, person_ref: str, language: str, at: datetime) -> None:
    """Set the language of a person. Raises Erased, NoPerson."""
    _known_language(language)
    with transaction.atomic():
        if person(person_ref).language == language:
            return
        store.write_language(person_ref, language)
        _record_own("person_language_set", person_ref, at)


def rename(*, person_ref: str, name: str, at: datetime) -> None:
    """Set the name by which a person is addressed, 1 to 200 characters. Raises Erased, NoPerson, ValueError."""
    name = reading.line(name)
    if not name or len(name) > 200:
        raise ValueError("a name has between 1 and 200 characters")
    with transaction.atomic():
        if person(person_ref).name == name:
            return
        store.write_name(person_ref, name)
        _record_own("person_renamed", person_ref, at)


def epoch(person_ref: str) -> int | None:
    """The epoch of a person's sessions; one of an earlier epoch has ended. None for an unknown or erased person."""
    return store.person_epoch(person_ref)


def sign_out_everywhere(*, person_ref: str, at: datetime) -> None:
    """End every session of a person, on every device. Raises NoPerson."""
    with transaction.atomic():
        if not store.bump_person_epoch(person_ref):
            raise NoPerson(person_ref)
        store.drop_sessions(holder=f"person:{person_ref}")
        _record_own("person_sessions_ended", person_ref, at)


def erase(*, person_ref: str, at: datetime, by: str) -> bool:
    """Erase a person: delete their key, so that everything encrypted with it in any block is unreadable.

    Other processes may cache the key for a minute. False when the person was already erased. Raises NoPerson.
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

    Raises PermissionError in production, where nobody may list all persons.
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
    """Add an officer with these roles; an officer with this address gets the new name and roles instead.

    Raises NotAnAddress.
    """
    with transaction.atomic():
        ref, created = store.write_officer(name, address(email), at)
        store.write_roles(ref, _pairs(roles))
        event = "officer_added" if created else "officer_changed"
        journal.record(event=event, at=at, by=by, subject=ref, facts=_facts(roles))
    return officer(ref)


def set_roles(*, officer_ref: str, roles: frozenset[Role], at: datetime, by: str) -> Officer:
    """Replace all roles of an officer, and end their sessions. Raises NoOfficer."""
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
    """The names of these officers, by officer; those who left are left out. Two queries, for any number."""
    rows = store.named_rows(refs) if refs else []
    vault.gather(row.ref for row in rows)
    return {row.ref: store.officer_name(row) for row in rows}


@dataclass(frozen=True, slots=True)
class Colleague:
    """An officer, as the search for colleagues returns them."""

    ref: str
    name: str
    email: str


def colleagues(department: str, typed: str, *, limit: int) -> list[Colleague]:
    """Search the officers of a department by address, or by the beginnings of the words of their name.

    Returns at most `limit`, the longest-serving first; only the names of these are decrypted.
    """
    try:
        rows = store.colleague_rows(department, (), address(typed), limit)
    except NotAnAddress:
        words = names.name_words(typed)
        rows = store.colleague_rows(department, words, None, limit) if words else []
    vault.gather(row.ref for row in rows)
    return [Colleague(row.ref, store.officer_name(row), store.officer_email(row)) for row in rows]


def members(community: str, *, after: str = "", limit: int) -> list[Officer]:
    """A page of the officers in office who have a role in a community, by reference, beginning after `after`."""
    rows = store.holders_of(COMMUNITY + community, after, limit)
    vault.gather(row.ref for row in rows)
    return [_officer(row) for row in rows]


def serves(officer_ref: str, department: str) -> bool:
    """Whether an officer is in office in a department."""
    return store.serves(officer_ref, department)


def index_names() -> int:
    """Index the names of officers that have no name index yet; return how many. A migration calls it."""
    rows = store.rows_without_beginnings()
    vault.gather(row.ref for row in rows)
    for row in rows:
        store.write_beginnings(row.ref, store.officer_name(row))
    return len(rows)


def person_of_officer(ref: str) -> str | None:
    """The person who signs in as a resident with the officer's own address, if there is one."""
    return store.person_of_officer(ref)


def resident_for(*, officer_ref: str, language: str, at: datetime) -> Person:
    """The person with an officer's own address, created if there is none, signed in by the officer's sign-in.

    The journal does not name the officer: it must not tell which officer is which resident. Raises NoOfficer.
    """
    with transaction.atomic():
        email = officer(officer_ref).email
        person = enrol(email=email, name=None, language=language, at=at)
        _record_own("person_signed_in", person.ref, at)
    return person


def officer_for(*, person_ref: str) -> Officer | None:
    """The officer in office who signs in with a person's own address, if there is one."""
    row = store.officer_of_person(person_ref)
    return _officer(row) if row is not None else None


def note_officer_signed_in(officer_ref: str, *, at: datetime) -> None:
    """Record that an officer signed in without a code of their own, because they had signed in as a resident."""
    journal.record(event="officer_signed_in", at=at, by=f"officer:{officer_ref}", subject=officer_ref)


def officers(*, limit: int | None = None) -> list[Officer]:
    """The officers in office, the longest-serving first; at most `limit`, if given."""
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
    """End an officer's office: no sign-in, no session, no role. Raises NoOfficer."""
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
