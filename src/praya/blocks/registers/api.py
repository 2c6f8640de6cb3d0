"""The interface of registers: an entry records what was granted, to whom and for which period, and every change of it.

Public facts are public by law and stored as plain text. All others are encrypted with the holder's key and searched by
keyed hashes. The journal contains references only.
"""

from praya.blocks.registers.changes import (
    amend,
    enter,
    forget_holder,
    hashed_key,
    is_entered,
    lock,
    renew,
    respell,
    set_reminder,
    strike,
    strike_entry,
    transfer,
    write_keys,
)
from praya.blocks.registers.keys import FARTHEST, Finding, Search, alike, is_between
from praya.blocks.registers.reading import (
    all_entries,
    as_it_was,
    earlier,
    entries,
    entries_of_several,
    entry,
    first_reminder,
    inside,
    matching,
    note_read,
    of_case,
    of_holder,
    own,
    reads,
    to_remind,
)
from praya.blocks.registers.rules import NotEnterable, Value
from praya.blocks.registers.store import NotUnique
from praya.blocks.registers.values import Earlier, Entry, Inside, NewEntry, NoEntry, Page, State, value_text

__all__ = [
    "FARTHEST", "Earlier", "Entry", "Finding", "Inside", "NewEntry", "NoEntry", "NotEnterable", "NotUnique", "Page",
    "Search", "State", "Value", "alike", "all_entries", "amend", "as_it_was", "earlier", "enter", "entries",
    "entries_of_several", "entry", "first_reminder", "forget_holder", "hashed_key", "inside", "is_between",
    "is_entered", "lock", "matching", "note_read", "of_case", "of_holder", "own", "reads", "renew", "respell",
    "set_reminder", "strike", "strike_entry", "to_remind", "transfer", "value_text", "write_keys",
]  # fmt: skip
