"""Giving entries their position and sealing them: the only writer of `position` and of checkpoints.

On PostgreSQL a sequence number is taken before its transaction commits, so a lower number may appear after a higher
one was read. Positions are therefore given to what can be seen, in the order in which the sealer comes to see it: an
entry that appears late gets a later position, and none is missed. Nothing waits for a transaction that is held open.
"""

import base64
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from praya.kernel.journal import notes
from praya.kernel.journal.api import stamp
from praya.kernel.journal.merkle import Tree, entry_leaf
from praya.kernel.journal.models import Checkpoint, Cursor, Entry
from praya.kernel.journal.signer import signing_key

SEALER = "@sealer"


def seal(*, at: datetime, limit: int = 5000) -> int:
    """Place the entries that wait and sign a checkpoint over all placed so far; answers how many were placed."""
    with transaction.atomic():
        Cursor.objects.get_or_create(name=SEALER)
        # One sealer at a time: positions are dense.
        Cursor.objects.select_for_update().get(name=SEALER)
        entries = list(Entry.objects.filter(position__isnull=True).order_by("seq")[:limit])
        if not entries:
            return 0
        last = Checkpoint.objects.order_by("-size").first()
        tree = _tree(last)
        for entry in entries:
            entry.position = tree.size + 1
            tree.append(
                entry_leaf(
                    entry.seq, stamp(entry.at), entry.event, entry.service, entry.subject, entry.actor, entry.facts
                )
            )
        Entry.objects.bulk_update(entries, ["position"], batch_size=500)
        note = notes.checkpoint(tree.size, tree.root(), signing_key())
        frontier = ",".join(base64.b64encode(node).decode() for node in tree.frontier)
        Checkpoint.objects.create(size=tree.size, at=at, note=note, frontier=frontier)
    _witness(note)
    return len(entries)


def _tree(last: Checkpoint | None) -> Tree:
    if last is None:
        return Tree()
    return Tree(last.size, [base64.b64decode(node) for node in last.frontier.split(",")])


def _witness(note: str) -> None:
    """Keep the newest checkpoint outside the database too: a tail cut from both tables is seen against it."""
    path = Path(settings.PRAYA.data_dir) / "checkpoints.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:
        log.write(note + "\f\n")


def latest() -> str | None:
    """The newest checkpoint as a signed note."""
    last = Checkpoint.objects.order_by("-size").first()
    return last.note if last else None
