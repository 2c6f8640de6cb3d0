"""Checks of effects that make entries and records in the same moment: none contradicts another or is ignored."""

from typing import Any

from praya.definition.chapter import Problems, Whole
from praya.definition.model import Path
from praya.definition.row_lists import unfiltered
from praya.definition.source import Message


def made_together(whole: Whole) -> Problems:
    """Check the entries that effects make against records and changes of entries at the same place.

    Of one place, entries are changed first, then a record is issued, and then an entry is made.
    """
    service = whole.service
    for path, effects in whole.effects:
        register = service.registers.get(effects.register_in)
        if register is None:
            continue
        yield from _issued_too(service, effects, path)
        for word in ("renew", "amend", "transfer"):
            if service.subject is None and getattr(effects, word) == register.name:
                message = (
                    f"the entry in '{register.name}' is made here, after '{word}', which acts on one that is there"
                )
                yield (*path, word), _not(f"{message}; take one of the two out")
        if register.is_filled:
            message = f"the facts of '{register.name}' have no 'value', so an entry that a case makes would say nothing"
            yield (*path, "register"), _not(f"{message}; give them one, or let a file fill the register")
        entered = service.flow.states.get(getattr(effects, "to", None) or "")
        if entered is not None and entered.register_in == register.name:
            message = f"'{entered.name}', to which this leads, enters it in '{register.name}' too; an entry is made"
            yield (*path, "register"), _not(f"{message} once, so take one of the two out")


def _issued_too(service: Any, effects: Any, path: Path) -> Problems:
    """Check a record that is issued where an entry is made: before it, and for the same items."""
    record, register = service.records.get(effects.issue), service.registers[effects.register_in]
    if record is None:
        return
    read = [fact.value for fact in record.facts.values()]
    read += [expression for expression in (record.valid_until, record.several) if expression is not None]
    if service.subject is None and any("entry" in expression.names for expression in read):
        message = f"the record '{record.name}' reads 'entry', and is issued before the entry in '{register.name}' is"
        yield (*path, "issue"), _not(f"{message} made here; let an earlier state or the action make the entry")
    lists = [unfiltered(one.several).source for one in (record, register) if one.several is not None]
    if len(set(lists)) > 1:
        message = f"there is a record for each of {lists[0]}, and an entry for each of {lists[1]}; a record certifies"
        yield (*path, "issue"), _not(f"{message} the entry of its own item, so name one list")


def _not(message: str) -> Message:
    return Message("not-possible", message)
