"""The queue: a SQLite file beside the database, which all web processes of a machine share and a kill leaves whole.

A ticket says itself where it stands, so a lost file is filled again by those who ask again. Who has not asked for
`ALIVE_SECONDS` is passed over and keeps the place: back again, they are the next.
"""

import sqlite3
import threading
from array import array
from collections.abc import Iterable
from pathlib import Path

ALIVE_SECONDS = 90.0
BURST_SECONDS = 2.0
"""A pause of the pump gives no more admissions than this time does."""
KEPT_SECONDS = 2 * 86400
_SCHEMA = """
CREATE TABLE IF NOT EXISTS ticket (
  service TEXT, opening INTEGER, id TEXT, rank INTEGER NOT NULL, seen REAL NOT NULL, admitted REAL, done REAL,
  PRIMARY KEY (service, opening, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ticket_waiting ON ticket (service, opening, rank, seen) WHERE admitted IS NULL;
CREATE INDEX IF NOT EXISTS ticket_inside ON ticket (service, opening, admitted) WHERE done IS NULL;
CREATE TABLE IF NOT EXISTS room (
  service TEXT, opening INTEGER, at REAL NOT NULL, budget REAL NOT NULL, PRIMARY KEY (service, opening)
) WITHOUT ROWID;
"""
_SEE = """
INSERT INTO ticket (service, opening, id, rank, seen) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET seen = max(seen, excluded.seen)
"""
_ADMIT = """
UPDATE ticket SET admitted = ?1 WHERE service = ?2 AND opening = ?3 AND id IN (
  SELECT id FROM ticket WHERE service = ?2 AND opening = ?3 AND admitted IS NULL AND seen > ?4 ORDER BY rank LIMIT ?5)
"""
_WAITING = "SELECT rank FROM ticket WHERE service = ? AND opening = ? AND admitted IS NULL AND seen > ? ORDER BY rank"
_INSIDE = "SELECT count(*) FROM ticket WHERE service = ? AND opening = ? AND admitted > ? AND done IS NULL"

Seen = tuple[str, int, str, int, float]
"""A ticket that asked: service, opening, id, rank, moment (seconds since 1970)."""


class Queue:
    """The tickets of all services of this machine."""

    def __init__(self, path: Path) -> None:
        self._path, self._local = path, threading.local()

    def _connection(self) -> sqlite3.Connection:
        known: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if known is None:
            known = sqlite3.connect(self._path, timeout=5, isolation_level=None)
            known.execute("PRAGMA journal_mode=WAL")
            # A power cut may lose the last moments: the tickets bring them back.
            known.execute("PRAGMA synchronous=OFF")
            known.executescript(_SCHEMA)
            self._local.connection = known
        return known

    def see(self, tickets: Iterable[Seen]) -> None:
        """Enter the tickets that are new, and note that all of them are still there."""
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany(_SEE, tickets)
        finally:
            connection.execute("COMMIT")

    def admit(self, service: str, opening: int, *, at: float, a_minute: float, places: int | None, stays: float) -> int:
        """Let in the first of those who are there: as many as the rate has become due, and `places` allow.

        `places` counts free places, of which those inside who hold none yet are subtracted; None for any number. Return
        how many were let in. Only one process does so at a time, and the rate is that of all together.
        """
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            row = connection.execute(
                "SELECT at, budget FROM room WHERE service = ? AND opening = ?", (service, opening)
            )
            most = max(1.0, a_minute / 60 * BURST_SECONDS)
            since, budget = row.fetchone() or (at, most)
            budget = min(most, budget + max(0.0, at - since) * a_minute / 60)
            number = int(budget)
            if places is not None:
                (inside,) = connection.execute(_INSIDE, (service, opening, at - stays)).fetchone()
                number = max(0, min(number, places - inside))
            values = (at, service, opening, at - ALIVE_SECONDS, number)
            let_in = connection.execute(_ADMIT, values).rowcount if number else 0
            connection.execute("REPLACE INTO room VALUES (?, ?, ?, ?)", (service, opening, at, budget - let_in))
        finally:
            connection.execute("COMMIT")
        return let_in

    def admitted_at(self, service: str, opening: int, ticket: str) -> float | None:
        """When a ticket was let in; None while it waits, or is not known."""
        row = self._connection().execute(
            "SELECT admitted FROM ticket WHERE service = ? AND opening = ? AND id = ?", (service, opening, ticket)
        )
        found: tuple[float | None] | None = row.fetchone()
        return found[0] if found else None

    def ranks(self, service: str, opening: int, *, at: float) -> "array[int]":
        """The ranks of those who wait and are there, in order."""
        rows = self._connection().execute(_WAITING, (service, opening, at - ALIVE_SECONDS))
        return array("q", (rank for (rank,) in rows))

    def finish(self, service: str, opening: int, ticket: str, *, at: float) -> None:
        """Note that somebody inside holds places: the next may come in."""
        self._connection().execute(
            "UPDATE ticket SET done = ? WHERE service = ? AND opening = ? AND id = ?", (at, service, opening, ticket)
        )

    def again(self, service: str, opening: int, ticket: str) -> None:
        """Let a ticket whose time inside is over wait once more, at its old place."""
        self._connection().execute(
            "UPDATE ticket SET admitted = NULL, done = NULL WHERE service = ? AND opening = ? AND id = ?",
            (service, opening, ticket),
        )

    def forget(self, *, at: float) -> None:
        """Delete the tickets that nobody has shown for two days."""
        self._connection().execute("DELETE FROM ticket WHERE seen < ?", (at - KEPT_SECONDS,))
