"""The sealer: it assigns positions to entries and signs checkpoints. Nothing else writes positions or checkpoints.

Before it signs, the sealer checks that the stored tree has the root which the last checkpoint signed, and that the
database contains the newest checkpoint kept outside the database. If either check fails, somebody has changed the
past: the sealer then signs nothing, and operators are alerted until the cause is resolved.

On PostgreSQL a sequence number is assigned before its transaction commits, so an entry with a lower number may become
visible after one with a higher number. The sealer therefore assigns positions to the entries that are visible, in the
order in which they become visible. An entry that commits late gets a later position; none is skipped, and the sealer
never waits for a long transaction.
"""

import base64
from datetime import datetime

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection, transaction

from praya.kernel.journal import notes, witness
from praya.kernel.journal.api import stamp
from praya.kernel.journal.merkle import Tree, entry_leaf
from praya.kernel.journal.models import Checkpoint, Cursor, JournalEntry, JournalKey
from praya.kernel.journal.signer import signing_key
from praya.kernel.rounds import Stuck

SEALER = "@sealer"
_PLACE = "UPDATE journal_entry SET position = %s WHERE seq = %s"
log = structlog.get_logger("worker")


class Rewritten(Stuck):
    """The database does not match what was signed. Nothing is sealed until an operator has resolved the cause."""


def seal(*, at: datetime, limit: int = 5000) -> int:
    """Assign positions to unsealed entries and sign a checkpoint over all entries; return how many were sealed.

    Raises Rewritten.
    """
    with transaction.atomic():
        Cursor.objects.get_or_create(name=SEALER)
        # One sealer at a time, because positions have no gaps.
        Cursor.objects.select_for_update().get(name=SEALER)
        entries = list(JournalEntry.objects.filter(position__isnull=True).order_by("seq")[:limit])
        if not entries:
            return 0
        last = Checkpoint.objects.order_by("-size").first()
        key = signing_key()
        tree = _tree(last, key.public_key())
        _insist_on_outside(last, key.public_key())
        for entry in entries:
            entry.position = tree.size + 1
            tree.append(
                entry_leaf(
                    entry.seq, stamp(entry.at), entry.event, entry.service, entry.subject, entry.actor, entry.facts
                )
            )
        with connection.cursor() as cursor:
            # One short statement per entry: one long statement for hundreds takes four times as long to parse.
            cursor.executemany(_PLACE, [(entry.position, entry.seq) for entry in entries])
        note = notes.checkpoint(tree.size, tree.root(), key)
        frontier = ",".join(base64.b64encode(node).decode() for node in tree.frontier)
        Checkpoint.objects.create(size=tree.size, at=at, note=note, frontier=frontier)
    witness.keep(note)
    return len(entries)


def _tree(last: Checkpoint | None, public: Ed25519PublicKey) -> Tree:
    """Rebuild the tree from its stored frontier, which is not signed, and check it against the signed root.

    Raises Rewritten.
    """
    if last is None:
        return Tree()
    tree = Tree(last.size, [base64.b64decode(node) for node in last.frontier.split(",")])
    if _signed(last, public) != (tree.size, tree.root()):
        raise Rewritten(f"the tree of the first {last.size} entries does not have the root that was signed for it")
    return tree


def _signed(row: Checkpoint, public: Ed25519PublicKey) -> tuple[int, bytes] | None:
    try:
        return notes.verified(row.note, public)
    except ValueError:
        return None


def _insist_on_outside(last: Checkpoint | None, public: Ed25519PublicKey) -> None:
    """Check that the database contains the newest checkpoint kept outside it. Raises Rewritten."""
    outside = witness.newest(public)
    if outside is None:
        if last is not None:
            log.warning("no checkpoint is kept outside the database, so deleted newest entries cannot be detected")
            witness.keep(last.note)
        return
    size, root = outside
    if last is None or size > last.size:
        in_database = last.size if last else 0
        raise Rewritten(f"the database ends at {in_database} sealed entries, and {size} were signed before")
    row = last if size == last.size else Checkpoint.objects.filter(size=size).first()
    if row is None or _signed(row, public) != (size, root):
        raise Rewritten(f"the checkpoint of {size} entries that is kept outside the database is not in it")


def after_restore() -> None:
    """Start a new checkpoint file if the restored backup is older than the newest checkpoint in the present file."""
    key = JournalKey.objects.order_by("pk").last()
    outside = witness.newest(notes.read_public(key.public)) if key is not None else None
    if key is None or outside is None:
        return
    row = Checkpoint.objects.filter(size=outside[0]).first()
    if row is None or _signed(row, notes.read_public(key.public)) != outside:
        log.warning("the checkpoints newer than the backup were moved to another file", file=str(witness.set_aside()))


def oldest_unsealed(*, at: datetime | None = None) -> datetime | None:  # noqa: ARG001 (every part takes it)
    """The moment of the first fact that is not sealed yet."""
    waiting = JournalEntry.objects.filter(position__isnull=True).order_by("seq")
    return waiting.values_list("at", flat=True).first()


def latest() -> str | None:
    """The newest checkpoint as a signed note."""
    last = Checkpoint.objects.order_by("-size").first()
    return last.note if last else None
