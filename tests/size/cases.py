"""A city's cases and officers, written straight into the tables: open and closed, referred and assigned.

`make(200_000, at=...)` fills the database of this process, over whatever services are live in it;
`python -m tests.size.cases 200000 2000 0.7` that of an installation, which its environment names. The same seed makes
the same cases, but for their references, which are drawn as in real life.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

OFFICERS = 2000
CASES = 200_000
PERSONS = 200
OPEN = 0.7
RESULTS = ("granted", "refused", "withdrawn", "completed", "lapsed")
FAMILIES = ("Chan", "Wong", "Lee", "Cheung", "Lau", "Ng", "Ho", "Leung", "Tam", "Yip", "Kwok", "Mak")
GIVEN = ("Siu", "Ming", "Tai", "Man", "Ka", "Wai", "Mei", "Ling", "Chi", "Keung", "Yuk", "Lan", "Wing", "Hong", "Pui")


@dataclass(frozen=True)
class Made:
    """Who works in the city, by department: references of officers."""

    officers: dict[str, list[str]]


def make(cases: int, *, at: datetime, officers: int = OFFICERS, seed: int = 1, still_open: float = OPEN) -> Made:
    """Make officers, persons and cases, of which a share is still open.

    To be called more than once with other seeds.
    """
    from django.db import transaction

    chance = Random(seed)
    with transaction.atomic():
        staff = _officers(officers, chance, at=at, seed=seed)
        persons = _persons(min(PERSONS, cases), at=at, seed=seed)
        kinds = list(_kinds())
        rows, steps, referrals, terms = [], [], [], []
        words, keys = _search_words(persons, seed), _Keys()
        for number, ref in enumerate(_references(cases)):
            row, asked = _case(
                ref,
                f"size:{seed}:{number}",
                chance.choice(kinds),
                chance.choice(persons),
                staff,
                chance,
                at,
                still_open,
            )
            rows.append(row)
            referrals += asked
            terms += _terms(row, asked, words, keys)
            steps.append(
                {
                    "case_id": row["ref"], "at": row["opened_at"], "kind": "opened", "department": "", "action": "",
                    "actor": f"person:{row['person_ref']}", "to_state": row["state"],
                }
            )  # fmt: skip
        write("cases_case", rows)
        write("cases_step", steps)
        write("cases_referral", referrals)
        write("cases_search", terms)
    _analyze()
    return Made(staff)


def _references(number: int) -> set[str]:
    """So many references, none of them twice, which the odds do not promise of as many as a city has."""
    from praya.kernel.ids import reference

    found: set[str] = set()
    while len(found) < number:
        found.add(reference("QC"))
    return found


def write(table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of the same columns in the quickest way that the database knows."""
    from django.db import connection

    if not rows:
        return
    columns = ", ".join(rows[0])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row([*row.values()])
            return
        marks = ", ".join(["%s"] * len(rows[0]))
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", [_adapted(row) for row in rows])


def _adapted(row: dict[str, Any]) -> list[Any]:
    from django.db import connection

    adapt = connection.ops.adapt_datetimefield_value
    return [adapt(value) if isinstance(value, datetime) else value for value in row.values()]


def _analyze() -> None:
    """Let PostgreSQL know its tables, as it does by itself after a while; to vacuum takes no transaction around it."""
    from django.db import connection

    if connection.vendor == "postgresql":
        how = "ANALYZE" if connection.in_atomic_block else "VACUUM ANALYZE"
        with connection.cursor() as cursor:
            for table in (
                "cases_case",
                "cases_referral",
                "cases_step",
                "cases_search",
                "identity_officer",
                "identity_role",
            ):
                cursor.execute(f"{how} {table}")


@dataclass(frozen=True)
class Kind:
    """A live service as far as its cases need it."""

    service: str
    version: int
    department: str
    open: tuple[str, ...]
    final: dict[str, str]
    line: dict[str, Any]
    """What the lists of the desk say of each of its cases."""


def _kinds() -> Iterator[Kind]:
    from praya.blocks.services import api as services
    from praya.journey import load

    for card in load.territory().known.values():
        document = json.loads(services.document(service=card.service, version=card.version))
        states = document["flow"]["states"]
        final = {name: state["result"] for name, state in states.items() if state["final"]}
        yield Kind(card.service, card.version, card.department, tuple(s for s in states if s not in final), final,
                   _line(document))  # fmt: skip


def _line(document: dict[str, Any]) -> dict[str, Any]:
    """Answers to the questions that a definition names for its lists, as far as they are simple ones."""
    asked = {part["name"]: part for page in document["form"] for part in page["questions"] if part.get("name")}
    line: dict[str, Any] = {}
    for name in document.get("desk_line", ()):
        question = asked.get(name.partition(".")[0], {})
        match question.get("type"):
            case "text":
                line[name] = "Golden Lion Tea House 金獅茶室"
            case "choice":
                line[name] = question["options"][0]["value"]
            case "address":
                line[name] = {"district": question["districts"][0]["value"]}
    return line


def _case(
    ref: str,
    once_key: str,
    kind: Kind,
    person: str,
    staff: dict[str, list[str]],
    chance: Random,
    at: datetime,
    still_open: float,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    from praya.kernel.crypto import vault

    is_open = bool(kind.open) and (chance.random() < still_open or not kind.final)
    opened = at - timedelta(minutes=chance.randrange(600_000 if is_open else 3_000_000))
    state = chance.choice(kind.open) if is_open else chance.choice([*kind.final])
    due = at + timedelta(hours=chance.randrange(-600, 1400)) if is_open and chance.random() < 0.95 else None
    closed = None if is_open else opened + (at - opened) * chance.random()
    assigned = staff[kind.department] if is_open and chance.random() < 0.5 else []
    waits = is_open and chance.random() < 0.15
    row = {
        "ref": ref, "person_ref": person, "service": kind.service, "version": kind.version,
        "department": kind.department, "language": "en", "state": state, "state_since": opened, "due_at": due,
        "waits_for_applicant": waits, "held": waits or (is_open and chance.random() < 0.2), "timers_done": 0,
        "opened_at": opened,
        "closed_at": closed, "result": "" if is_open else kind.final[state], "fees": "[]",
        "answers": vault.seal_json({}, subject=person, place="cases.case.answers", row=ref),
        "booking_ref": "", "subject_ref": "", "opened_from": "", "opened_as": "", "draw_ref": "", "drawn_among": 0,
        "assigned_to": chance.choice(assigned) if assigned else "", "revision": 1,
        "line": vault.seal_json(kind.line, subject=person, place="cases.case.line", row=ref) if kind.line else None,
        "once_key": once_key, "fingerprint": "", "searchable": True, "reckoned": "",
    }  # fmt: skip
    if chance.random() > 0.15:
        return row, []
    others = [name for name in staff if name != kind.department]
    return row, [
        _referral(ref, kind.service, department, opened, closed, chance, at)
        for department in chance.sample(others, min(len(others), chance.choice([1, 1, 2])))
    ]


def _referral(
    ref: str, service: str, department: str, opened: datetime, closed: datetime | None, chance: Random, at: datetime
) -> dict[str, Any]:
    replied = opened + ((closed or at) - opened) * chance.random() if chance.random() < 0.5 else None
    return {
        "case_id": ref, "department": department, "service": service, "asked_at": opened,
        "due_at": opened + timedelta(days=30), "replied_at": replied, "over_at": replied or closed,
        "result": "no-objection" if replied else "", "within": "", "remind": "", "binding": False, "arbiter": False,
        "belongs_to": "",
    }  # fmt: skip


def _search_words(persons: Sequence[str], seed: int) -> dict[str, tuple[str, ...]]:
    """By what each person is found: address, name and number, of which one name is that of many."""
    return {
        ref: (f"person{n}.{seed}@city.example", f"chan{GIVEN[n % len(GIVEN)].lower()}", f"+8525{n:07}")
        for n, ref in enumerate(persons)
    }


def _terms(
    row: dict[str, Any], asked: Sequence[dict[str, Any]], words: dict[str, tuple[str, ...]], keys: "_Keys"
) -> Iterator[dict[str, Any]]:
    """The rows of the search index of a case: its owner finds it by all words, who is asked by the name."""
    mine = words[row["person_ref"]]
    finds = {row["department"]: mine} | {
        referral["department"]: mine[1:2] for referral in asked if referral["over_at"] is None
    }
    for department, forms in finds.items():
        for form in forms:
            yield {
                "case_id": row["ref"], "department": department, "key": keys[department, form],
                "opened_at": row["opened_at"],
            }  # fmt: skip


class _Keys(dict[tuple[str, str], str]):
    """The key of each department and form, worked out once."""

    def __missing__(self, of: tuple[str, str]) -> str:
        from praya.blocks.cases import search

        self[of] = search.key_of(*of)
        return self[of]


def _persons(number: int, *, at: datetime, seed: int) -> list[str]:
    from praya.blocks.identity import api as identity

    return [
        identity.enrol(email=f"person{n}.{seed}@city.example", name=None, language="en", at=at).ref
        for n in range(number)
    ]


def _officers(number: int, chance: Random, *, at: datetime, seed: int) -> dict[str, list[str]]:
    """Officers of every department in turn, the first of each a supervisor; nothing of each of them in the journal."""
    from praya.blocks.identity import models, store
    from praya.blocks.identity.rules import names as own_names
    from praya.journey import load
    from praya.kernel.crypto import vault
    from praya.kernel.ids import opaque

    departments = sorted({card.department for card in load.territory().known.values()})
    staff: dict[str, list[str]] = {department: [] for department in departments}
    rows: list[Any] = []
    roles: list[Any] = []
    names: list[Any] = []
    index: dict[str, str] = {}
    for n in range(max(number, len(departments))):
        department, ref = departments[n % len(departments)], opaque()
        name = f"{chance.choice(FAMILIES)} {chance.choice(GIVEN)} {chance.choice(GIVEN)}"
        email = f"officer{n}.{seed}@city.example"
        vault.new_key(ref)
        rows.append(
            models.OfficerRow(
                ref=ref, created_at=at, email_index=store.email_index(email),
                name=vault.seal(name.encode(), subject=ref, place="identity.officer.name", row=ref),
                email=vault.seal(email.encode(), subject=ref, place="identity.officer.email", row=ref),
            )
        )  # fmt: skip
        role = "officer" if staff[department] else "supervisor"
        roles.append(models.RoleRow(officer_id=ref, department=department, role=role))
        for part in own_names.beginnings(name):
            hashed = index.setdefault(part, "") or store.name_index(part)
            index[part] = hashed
            names.append(models.NameRow(officer_id=ref, beginning=hashed))
        staff[department].append(ref)
    _bulk(models.OfficerRow, rows)
    _bulk(models.RoleRow, roles)
    _bulk(models.NameRow, names)
    return staff


def _bulk(model: Any, rows: Iterable[Any]) -> None:
    model.objects.bulk_create(rows, batch_size=2000)


if __name__ == "__main__":
    from praya.project import startup

    startup.ready_django()
    make(
        int(sys.argv[1]),
        at=datetime.now(UTC),
        officers=int(sys.argv[2]) if len(sys.argv) > 2 else OFFICERS,
        still_open=float(sys.argv[3]) if len(sys.argv) > 3 else OPEN,
    )
