"""Concurrent operations on the journal and the vault; `House.call` runs these in a process in a house."""

import base64
import os
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from tests.installations import at_once

from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.journal import folds, sealing, signer
from praya.kernel.journal.api import stamp
from praya.kernel.journal.merkle import Tree, entry_leaf
from praya.kernel.journal.models import JournalEntry
from praya.kernel.outbox import api as outbox
from praya.kernel.outbox import parts
from praya.kernel.outbox.models import Effect

AT = datetime(2023, 1, 5, 10, tzinfo=UTC)


def write(count: int, first: int = 0) -> None:
    """Record facts, each in a transaction of its own."""
    for number in range(first, first + count):
        journal.record(event="thing_done", at=AT + timedelta(microseconds=number), by="system", subject=f"s{number}",
                       service="s", facts={"n": number, "place": "灣仔"})  # fmt: skip


def sealed(rounds: int = 3, each: int = 5) -> dict[str, Any]:
    """A journal of several checkpoints; answers what an auditor is given."""
    for number in range(rounds):
        write(each, number * each)
        assert sealing.seal(at=AT) == each
    return {"key": signer.verifier_key(), "log": str(settings.PRAYA.data_dir / "checkpoints.log")}


def seal() -> int:
    """Seal what waits."""
    return sealing.seal(at=AT)


def seal_again() -> str:
    """Write one more and seal; answers what the sealer says against it."""
    write(1, 2000)
    try:
        sealing.seal(at=AT)
    except sealing.Rewritten as problem:
        return str(problem)
    return ""


def forged_frontier(size: int) -> str:
    """The frontier of the tree over the rows as they are now."""
    tree = Tree()
    for row in JournalEntry.objects.filter(position__lte=size).order_by("position"):
        facts = (row.seq, stamp(row.at), row.event, row.service, row.subject, row.actor, row.facts)
        tree.append(entry_leaf(*facts))
    return ",".join(base64.b64encode(node).decode() for node in tree.frontier)


def unsealed(count: int) -> None:
    """Facts that are not sealed yet."""
    write(count, 1000)


def a_transaction_held_open() -> dict[str, Any]:
    """An entry with a lower number commits after higher ones were written, sealed and read."""
    read: list[int] = []
    reader = folds.Fold(
        "reader",
        frozenset({"slow", "thing_done"}),
        lambda facts: read.extend(fact.seq for fact in facts),
        read.clear,
    )
    reading, writing = os.pipe()
    done_reading, done_writing = os.pipe()
    connection.close()
    child = os.fork()
    if child == 0:
        with transaction.atomic():
            journal.record(event="slow", at=AT, by="system", subject="slow")
            os.write(writing, b"x")
            os.read(done_reading, 1)
        connection.close()
        os._exit(0)
    os.read(reading, 1)
    write(5)
    placed_while_open = sealing.seal(at=AT)
    folds.follow(reader)
    seen_while_open = list(read)
    os.write(done_writing, b"x")
    os.waitpid(child, 0)
    write(2, 5)
    sealing.seal(at=AT)
    folds.follow(reader)
    rows = list(JournalEntry.objects.order_by("position").values_list("position", "seq", "event"))
    return {
        "placed_while_open": placed_while_open,
        "seen_while_open": seen_while_open,
        "read": read,
        "positions": [position for position, _, _ in rows],
        "sequence": [seq for _, seq, _ in rows],
        "slow": next(seq for _, seq, event in rows if event == "slow"),
        "key": signer.verifier_key(),
    }


def sealers_at_once(writers: int, sealers: int) -> dict[str, Any]:
    """Some write while others seal."""
    sealed(1, 1)

    def live(number: int) -> str:
        if number < writers:
            write(20, number * 100)
            return "wrote"
        for _ in range(15):
            sealing.seal(at=AT)
        return "sealed"

    answers = at_once(writers + sealers, live)
    sealing.seal(at=AT)
    positions = list(JournalEntry.objects.order_by("position").values_list("position", flat=True))
    return {"answers": answers, "positions": positions, "key": signer.verifier_key()}


def workers_at_once(workers: int, effects: int) -> dict[str, Any]:
    """Several workers do what waits; each effect appends one line to a file."""
    log = settings.PRAYA.data_dir / "effects.log"
    with transaction.atomic():
        for number in range(effects):
            outbox.send(kind="line", subject=f"e{number}", at=AT)
            outbox.send(kind="line", subject=f"e{number}", at=AT)

    def do(subject: str, ref: str, at: datetime) -> None:
        with log.open("a") as file:
            file.write(f"{subject} {ref}\n")

    def live(_: int) -> int:
        done = 0
        while worked := outbox.work({"line": outbox.Kind(do)}, at=AT).done:
            done += worked
        return done

    answers = at_once(workers, live)
    lines = log.read_text().splitlines()
    states = sorted(Effect.objects.values_list("state", flat=True))
    return {"answers": answers, "lines": len(lines), "different": len(set(lines)), "states": states}


def periodic_at_once(workers: int) -> dict[str, Any]:
    """Several workers ask whether the same job is due, twice."""
    every = timedelta(minutes=1)

    def told(after: timedelta) -> dict[str, int]:
        return at_once(workers, lambda _: str(parts.claim("job", every=every, at=AT + after) is None))

    return {
        "first": told(timedelta(0)),
        "early": told(timedelta(seconds=59)),
        "second": told(timedelta(seconds=61)),
        "after a clock that was ahead": told(timedelta(days=-365)),
    }


def seal_secrets(count: int) -> dict[str, Any]:
    """Secrets of several people, to be opened again later by another process."""
    made = {}
    for number in range(count):
        vault.new_key(f"person-{number}")
        made[f"person-{number}"] = vault.seal(
            f"secret {number}".encode(), subject=f"person-{number}", place="t.c", row=str(number)
        ).hex()
    return {"sealed": made, "index": vault.blind_index("p", "value"), "key": signer.verifier_key()}


def open_secrets(sealed: dict[str, str]) -> dict[str, Any]:
    """Open them; answers what each says, or why not."""
    said = {}
    for person, data in sealed.items():
        try:
            number = person.removeprefix("person-")
            said[person] = vault.unseal(bytes.fromhex(data), subject=person, place="t.c", row=number).decode()
        except (vault.Forgotten, vault.Tampered) as problem:
            said[person] = type(problem).__name__
    return {"said": said, "index": vault.blind_index("p", "value"), "key": signer.verifier_key()}


def rotate() -> int:
    """Wrap every key with the current master key."""
    return vault.rotate()


def forget(subject: str) -> None:
    """Erase a person."""
    vault.forget(subject)
