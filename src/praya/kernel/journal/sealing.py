"""Giving entries their position and sealing them: the only writer of `position` and of checkpoints.

Before it signs, the sealer compares what it goes on from with what was signed: the last checkpoint's root, and the
newest checkpoint outside the database. Where they differ, somebody has changed the past: nothing is signed any more,
and operators are told until the cause is found.

On PostgreSQL a sequence number is taken before its transaction commits, so a lower number may appear after a higher
one was read. Positions are therefore given to what can be seen, in the order in which the sealer comes to see it: an
entry that appears late gets a later position, and none is missed. Nothing waits for a transaction that is held open.
"""

import base64
from datetime import datetime

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection, transaction

from praya.kernel.journal import notes, witness
from praya.kernel.journal.api import stamp
from praya.kernel.journal.merkle import Tree, entry_leaf
from praya.kernel.journal.models import Checkpoint, Cursor, Entry, JournalKey
from praya.kernel.journal.signer import signing_key
from praya.kernel.rounds import Stuck

SEALER = "@sealer"
_PLACE = "UPDATE journal_entry SET position = %s WHERE seq = %s"
log = structlog.get_logger("worker")


class Rewritten(Stuck):
    """What is in the database is not what was signed. Nothing is sealed until somebody has looked."""


def seal(*, at: datetime, limit: int = 5000) -> int:
    """Place the entries that wait and sign a checkpoint over all placed so far; answers how many were placed.

    Raises Rewritten.
    """
    with transaction.atomic():
        Cursor.objects.get_or_create(name=SEALER)
        # One sealer at a time: positions are dense.
        Cursor.objects.select_for_update().get(name=SEALER)
        entries = list(Entry.objects.filter(position__isnull=True).order_by("seq")[:limit])
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
            # One short statement for each: a long one for hundreds takes the database four times as long to read.
            cursor.executemany(_PLACE, [(entry.position, entry.seq) for entry in entries])
        note = notes.checkpoint(tree.size, tree.root(), key)
        frontier = ",".join(base64.b64encode(node).decode() for node in tree.frontier)
        Checkpoint.objects.create(size=tree.size, at=at, note=note, frontier=frontier)
    witness.keep(note)
    return len(entries)


def _tree(last: Checkpoint | None, public: Ed25519PublicKey) -> Tree:
    """The tree so far. Its frontier is not signed, so it must have the root that was. Raises Rewritten."""
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
    """See that the database holds the newest checkpoint that was kept outside. Raises Rewritten."""
    outside = witness.newest(public)
    if outside is None:
        if last is not None:
            log.warning("no checkpoint is kept outside the database, so a tail that was cut off cannot be seen")
            witness.keep(last.note)
        return
    size, root = outside
    if last is None or size > last.size:
        kept = last.size if last else 0
        raise Rewritten(f"the database ends at {kept} sealed entries, and {size} were signed before")
    row = last if size == last.size else Checkpoint.objects.filter(size=size).first()
    if row is None or _signed(row, public) != (size, root):
        raise Rewritten(f"the checkpoint of {size} entries that is kept outside the database is not in it")


def after_restore() -> None:
    """Begin a new file of checkpoints when the restored database ends before the newest: an older backup's does."""
    key = JournalKey.objects.order_by("pk").last()
    outside = witness.newest(notes.read_public(key.public)) if key is not None else None
    if key is None or outside is None:
        return
    row = Checkpoint.objects.filter(size=outside[0]).first()
    if row is None or _signed(row, notes.read_public(key.public)) != outside:
        log.warning("the checkpoints of the time after the backup were put aside", file=str(witness.set_aside()))


def oldest_unsealed(*, at: datetime | None = None) -> datetime | None:  # noqa: ARG001 (as every part's)
    """When the first fact was written that is not sealed yet."""
    waiting = Entry.objects.filter(position__isnull=True).order_by("seq")
    return waiting.values_list("at", flat=True).first()


def latest() -> str | None:
    """The newest checkpoint as a signed note."""
    last = Checkpoint.objects.order_by("-size").first()
    return last.note if last else None
