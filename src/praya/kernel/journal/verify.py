"""`praya verify-journal`: an auditor's own check, without Django. It reads the database and trusts only the public key.

It computes the RFC 9162 tree again and compares its root with every signed checkpoint, those in the database and those
kept outside it (`checkpoints.log`). So it detects a changed byte, a deleted, inserted or appended row, and newest
entries that were deleted.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from praya.kernel.journal.merkle import Tree, entry_leaf
from praya.kernel.journal.notes import read_public, split, verified

_ENTRIES = (
    "SELECT position, seq, at, event, service, subject, actor, facts FROM journal_entry "
    "WHERE position IS NOT NULL ORDER BY position"
)


@dataclass
class Verdict:
    """The result of a verification. `problems` is empty when the journal is intact.

    `outside` counts the checkpoints kept outside the database. If there are none, newest entries that were deleted
    together with their checkpoints cannot be detected. `torn` counts incomplete notes in that file: a power cut leaves
    such a piece, which is evidence of nothing.
    """

    entries: int = 0
    checkpoints: int = 0
    outside: int = 0
    torn: int = 0
    unsealed: int = 0
    problems: list[str] = field(default_factory=list)


def verify(connection: Any, *, public_key: str, outside: str = "") -> Verdict:
    """Verify the journal of a DB-API connection against the checkpoints in it and the file of those kept `outside`."""
    verdict = Verdict()
    public = read_public(public_key)
    roots = _checkpoints(connection, outside, public, verdict)
    signed = max(roots, default=0)
    tree = Tree()
    for position, leaf in _leaves(connection):
        if position != tree.size + 1:
            verdict.problems.append(f"entry {tree.size + 1} is missing: the next one there is {position}")
            return verdict
        tree.append(leaf)
        expected = roots.pop(tree.size, None)
        if expected is not None and expected != tree.root():
            verdict.problems.append(f"the first {tree.size} entries do not have the root that was signed for them")
            return verdict
    verdict.entries = tree.size
    for size in sorted(roots):
        if size > tree.size:
            verdict.problems.append(f"the tail is cut: {size} entries were signed, {tree.size} are there")
            break
    if tree.size > signed:
        # The sealer signs in the transaction that assigns a position: somebody else wrote an unsigned position.
        verdict.problems.append(f"the entries after the first {signed} have a place but are not signed")
    verdict.unsealed = _one(connection, "SELECT count(*) FROM journal_entry WHERE position IS NULL")
    return verdict


def _checkpoints(connection: Any, outside: str, public: Any, verdict: Verdict) -> dict[int, bytes]:
    roots: dict[int, bytes] = {}
    cursor = connection.cursor()
    cursor.execute("SELECT note FROM journal_checkpoint ORDER BY size")
    external, verdict.torn = split(outside)
    inside = [row[0] for row in cursor.fetchall()]
    for number, note in enumerate(inside + external):
        try:
            size, root = verified(note, public)
        except ValueError as error:
            verdict.problems.append(f"a checkpoint cannot be trusted: {error}")
            continue
        verdict.checkpoints += 1
        verdict.outside += number >= len(inside)
        if roots.setdefault(size, root) != root:
            verdict.problems.append(f"two different roots were signed for the first {size} entries")
    return roots


def _leaves(connection: Any) -> Iterator[tuple[int, bytes]]:
    cursor = connection.cursor()
    cursor.execute(_ENTRIES)
    while rows := cursor.fetchmany(2000):
        for position, seq, at, *rest in rows:
            yield position, entry_leaf(seq, _stamp(at), *rest)


def _stamp(at: datetime | str) -> str:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _one(connection: Any, query: str) -> int:
    cursor = connection.cursor()
    cursor.execute(query)
    return int(cursor.fetchone()[0])


def open_database(url: str) -> Any:
    """A read-only DB-API connection for `postgresql://...` or the path of an SQLite file."""
    if url.startswith(("postgresql://", "postgres://")):
        import psycopg  # noqa: PLC0415 (only where it is used)

        connection = psycopg.connect(url)
        connection.read_only = True
        return connection
    return sqlite3.connect(f"file:{Path(url).resolve()}?mode=ro", uri=True)
