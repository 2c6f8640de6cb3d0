"""The journal: nothing is skipped, nothing can be changed, and an auditor finds what was changed all the same."""

import base64
import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tests.installations import House

from praya.kernel.journal import notes, verify
from praya.kernel.journal.merkle import Tree, leaf_hash, node_hash

VECTORS = Path(__file__).parents[3] / "shared" / "data" / "vectors" / "merkle" / "testdata"


def scene(house: House, name: str, **arguments: Any) -> Any:
    return house.call(f"tests.kernel.scenes:{name}", **arguments)


def verdict(house: House, key: str, *, outside: bool = True) -> verify.Verdict:
    log = house.folder / "var" / "checkpoints.log"
    with closing(verify.open_database(house.database)) as connection:
        return verify.verify(connection, public_key=key, outside=log.read_text() if outside else "")


# Sealing


@pytest.mark.postgresql
def test_an_entry_that_commits_late_is_not_skipped(postgresql_house: House) -> None:
    found = scene(postgresql_house, "a_transaction_held_open")
    # What is committed is placed and read at once, whatever else is still open on the server.
    assert found["placed_while_open"] == 5
    assert len(found["seen_while_open"]) == 5
    # The late one has the lowest number and a later position, and the reader comes to it.
    assert found["slow"] == min(found["sequence"])
    assert found["slow"] in found["read"]
    assert found["positions"] == list(range(1, 9))
    assert found["read"] == found["sequence"]
    assert sorted(found["read"]) == sorted(set(found["read"]))
    assert verdict(postgresql_house, found["key"]).problems == []


def test_positions_are_dense_however_many_write_and_seal(house: House) -> None:
    found = scene(house, "sealers_at_once", writers=4, sealers=3)
    assert found["answers"] == {"wrote": 4, "sealed": 3}
    assert found["positions"] == list(range(1, 82))
    assert verdict(house, found["key"]).problems == []


# Append-only


CHANGES = [
    "UPDATE journal_entry SET facts = '{}' WHERE seq = 1",
    "UPDATE journal_entry SET position = 99 WHERE seq = 1",
    "UPDATE journal_entry SET position = NULL WHERE seq = 1",
    "UPDATE journal_entry SET actor = 'me', position = 77 WHERE seq = 16",
    "DELETE FROM journal_entry WHERE seq = 1",
    "DELETE FROM journal_entry WHERE seq = 16",
    "UPDATE journal_checkpoint SET note = ''",
    "DELETE FROM journal_checkpoint",
]


def test_the_database_itself_refuses_to_change_the_journal(house: House) -> None:
    scene(house, "sealed")
    scene(house, "unsealed", count=1)
    rows = house.do("SELECT * FROM journal_entry ORDER BY seq")
    truncating = ["TRUNCATE journal_entry", "TRUNCATE journal_checkpoint CASCADE"] if house.kind == "postgresql" else []
    for change in CHANGES + truncating:
        with pytest.raises(Exception, match="append-only"):
            house.do(change)
    assert house.do("SELECT * FROM journal_entry ORDER BY seq") == rows


def test_sqlite_refuses_to_replace_an_entry(sqlite_house: House) -> None:
    """REPLACE deletes without asking the triggers of deletion."""
    scene(sqlite_house, "sealed")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sqlite_house.do(
            "INSERT OR REPLACE INTO journal_entry (seq, position, at, event, service, subject, actor, facts) "
            "SELECT seq, position, at, 'changed', service, subject, actor, facts FROM journal_entry WHERE seq = 3"
        )
    assert sqlite_house.do("SELECT count(*) FROM journal_entry WHERE event = 'changed'") == [(0,)]


# What an auditor finds although somebody had the database's own rights


def without_guards(house: House, *changes: str) -> None:
    """Change the journal as somebody who owns the database can."""
    with closing(house.connect()) as connection:
        if house.kind == "postgresql":
            connection.execute("SET session_replication_role = replica")
        else:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in names:
                connection.execute(f"DROP TRIGGER {name}")
        for change in changes:
            connection.execute(change)


INSERTED = (
    "INSERT INTO journal_entry (seq, position, at, event, service, subject, actor, facts) "
    "SELECT 900, {position}, at, event, service, subject, actor, facts FROM journal_entry WHERE seq = 4"
)
SWAPPED = (
    "UPDATE journal_entry SET position = 500 WHERE seq = 5",
    "UPDATE journal_entry SET position = 5 WHERE seq = 6",
    "UPDATE journal_entry SET position = 6 WHERE seq = 5",
)
CRIMES: dict[str, tuple[tuple[str, ...], str]] = {
    "a changed byte": (("UPDATE journal_entry SET facts = replace(facts, '7', '8') WHERE seq = 8",), "root"),
    "a changed moment": (
        ("UPDATE journal_entry SET at = (SELECT at FROM journal_entry WHERE seq = 9) WHERE seq = 8",),
        "root",
    ),
    "a deleted row": (("DELETE FROM journal_entry WHERE seq = 8",), "missing"),
    "a deleted row, closed up": (
        ("DELETE FROM journal_entry WHERE seq = 15", "UPDATE journal_entry SET position = 15 WHERE seq = 16"),
        "root|cut",
    ),
    "an inserted row": (
        ("UPDATE journal_entry SET position = 600 WHERE seq = 15", INSERTED.format(position=15)),
        "root",
    ),
    "a row put behind the last": ((INSERTED.format(position=16),), "not signed"),
    "a swapped pair": (SWAPPED, "root"),
    "a cut tail": (("DELETE FROM journal_entry WHERE seq > 12",), "cut"),
    "a cut tail with its checkpoints": (
        ("DELETE FROM journal_entry WHERE seq > 10", "DELETE FROM journal_checkpoint WHERE size > 10"),
        "cut",
    ),
    "everything gone": (("DELETE FROM journal_entry", "DELETE FROM journal_checkpoint"), "cut"),
    "a forged checkpoint": (
        ("UPDATE journal_checkpoint SET note = replace(note, 'praya/journal\n10', 'praya/journal\n11')",),
        "trusted",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_an_auditor_finds_every_crime(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    house: House = request.getfixturevalue(f"{kind}_house")
    given_to_auditor = scene(house, "sealed")
    key = given_to_auditor["key"]
    whole = verdict(house, key)
    assert (whole.problems, whole.entries, whole.unsealed) == ([], 15, 0)
    assert whole.checkpoints >= 6
    assert verdict(house, key, outside=False).problems == []
    kept = kept_tables(house)
    for name, (changes, word) in CRIMES.items():
        without_guards(house, *changes)
        problems = verdict(house, key).problems
        assert problems, name
        assert any(part in problem for part in word.split("|") for problem in problems), (name, problems)
        put_back(house, kept)
    assert verdict(house, key).problems == []
    another = notes.public_text(Ed25519PrivateKey.generate().public_key())
    assert any("not signed by this key" in problem for problem in verdict(house, another).problems)


def kept_tables(house: House) -> dict[str, list[Any]]:
    return {table: house.do(f"SELECT * FROM {table}") for table in ("journal_entry", "journal_checkpoint")}


def put_back(house: House, kept: dict[str, list[Any]]) -> None:
    with closing(house.connect()) as connection:
        if house.kind == "postgresql":
            connection.execute("SET session_replication_role = replica")
        for table, rows in kept.items():
            connection.execute(f"DELETE FROM {table}")
            marks = ", ".join(["%s" if house.kind == "postgresql" else "?"] * len(rows[0]))
            for row in rows:
                connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)


def test_without_the_outside_log_a_journal_without_checkpoints_is_not_believed(sqlite_house: House) -> None:
    key = scene(sqlite_house, "sealed")["key"]
    without_guards(sqlite_house, "DELETE FROM journal_checkpoint")
    assert any("not signed" in problem for problem in verdict(sqlite_house, key, outside=False).problems)


def test_what_waits_to_be_sealed_is_counted_and_no_problem(house: House) -> None:
    key = scene(house, "sealed")["key"]
    scene(house, "unsealed", count=2)
    found = verdict(house, key)
    assert (found.problems, found.entries, found.unsealed) == ([], 15, 2)


# What the sealer finds before it signs


def log_of(house: House) -> Path:
    return house.folder / "var" / "checkpoints.log"


def test_the_sealer_does_not_sign_over_a_rewritten_history(house: House) -> None:
    """Somebody who can write the database and has no key changes the past, and lets the honest sealer sign it."""
    key = scene(house, "sealed")["key"]
    without_guards(house, "UPDATE journal_entry SET facts = replace(facts, '7', '8') WHERE seq = 8")
    frontier = scene(house, "forged_frontier", size=15)
    without_guards(house, f"UPDATE journal_checkpoint SET frontier = '{frontier}' WHERE size = 15")
    log = log_of(house).read_text()
    assert "does not have the root that was signed" in scene(house, "seal_again")
    assert house.do("SELECT max(size) FROM journal_checkpoint") == [(15,)]
    assert log_of(house).read_text() == log
    assert verdict(house, key).problems


def test_the_sealer_does_not_go_on_behind_a_tail_that_was_cut_off(house: House) -> None:
    scene(house, "sealed")
    without_guards(house, "DELETE FROM journal_entry WHERE seq > 10", "DELETE FROM journal_checkpoint WHERE size > 10")
    assert "ends at 10 sealed entries, and 15 were signed before" in scene(house, "seal_again")
    # A worker that went on, elsewhere, would be found by the checkpoint that is missing.
    text = log_of(house).read_text()
    log_of(house).unlink()
    assert scene(house, "seal_again") == ""
    assert scene(house, "seal_again") == ""
    log_of(house).write_text(text.partition("praya/journal\n15")[0])
    assert scene(house, "seal_again") == ""


def test_the_sealer_stops_when_everything_is_gone(house: House) -> None:
    scene(house, "sealed")
    without_guards(house, "DELETE FROM journal_entry", "DELETE FROM journal_checkpoint")
    assert "ends at 0 sealed entries" in scene(house, "seal_again")


def test_a_torn_checkpoint_is_not_a_forged_one(house: House) -> None:
    key = scene(house, "sealed")["key"]
    whole = log_of(house).read_bytes()
    for torn in (b"praya", b"praya/journal\n15\nAAAA", b"\0" * 300, whole[:120]):
        log_of(house).write_bytes(whole + torn)
        found = verdict(house, key)
        assert (found.problems, found.torn, found.outside) == ([], 1, 3), torn
        # The next note stands by itself, behind the torn one.
        assert scene(house, "seal_again") == ""
        found = verdict(house, key)
        assert (found.problems, found.torn, found.outside) == ([], 1, 4), torn
    # An older version wrote the next note behind the torn one without anything between.
    log_of(house).write_bytes(b"praya" + whole)
    assert (verdict(house, key).problems, verdict(house, key).torn) == ([], 1)
    # A whole note that was changed is no torn one.
    log_of(house).write_bytes(whole.replace(b"praya/journal\n1", b"praya/journal\n9", 1))
    assert any("trusted" in problem for problem in verdict(house, key).problems)


# RFC 9162

LEAVES = [bytes.fromhex(leaf) for leaf in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip


def root_of(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, as it is written: split at the largest power of two below n."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(root_of(leaves[:split]), root_of(leaves[split:]))


@given(st.lists(st.binary(max_size=20), max_size=70))
def test_the_compact_tree_has_the_root_that_the_rfc_defines(leaves: list[bytes]) -> None:
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    assert tree.root() == root_of(leaves)
    assert tree.size == len(leaves)
    assert len(tree.frontier) == len(leaves).bit_count()
    # Going on from what a checkpoint keeps is the same as never having stopped.
    again = Tree(tree.size, tree.frontier)
    again.append(b"more")
    assert again.root() == root_of([*leaves, b"more"])


@pytest.mark.real_data
@pytest.mark.skipif(not VECTORS.is_dir(), reason="The Merkle vectors are in ../shared/data, which is not here.")
def test_roots_agree_with_published_vectors() -> None:
    seen = set()
    for path in sorted(VECTORS.rglob("happy-path.json")):
        vector = json.loads(path.read_text())
        pairs = [(vector.get("treeSize"), vector.get("root"))]
        pairs += [(vector.get(f"size{n}"), vector.get(f"root{n}")) for n in (1, 2)]
        for size, root in pairs:
            if size and root and size <= len(LEAVES):
                tree = Tree()
                for leaf in LEAVES[:size]:
                    tree.append(leaf)
                assert tree.root() == base64.b64decode(root), path
                seen.add(size)
        if "leafHash" in vector and vector["leafIdx"] < len(LEAVES):
            assert leaf_hash(LEAVES[vector["leafIdx"]]) == base64.b64decode(vector["leafHash"])
    assert {1, 8} <= seen
