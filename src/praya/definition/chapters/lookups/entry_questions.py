"""Checks of questions that name an entry: what stands in `where` is public, and the register is found by it."""

from typing import Any

from praya.definition.chapter import Problems
from praya.definition.chapters.registers import Register, kind_of
from praya.definition.model import Path, leaves
from praya.definition.questions.entries import EntryQuestion
from praya.definition.source import Message, unknown


def narrowed(service: Any) -> list[tuple[Path, EntryQuestion]]:
    """The questions that offer some entries of a register only, with their paths."""
    return [(path, question) for path, question in leaves(service, EntryQuestion) if question.where]


def of_owner(service: Any, owner: Any) -> Problems:
    """Check the questions about entries of a register of `owner`."""
    for path, question in narrowed(service):
        register = owner.registers.get(question.register_name)
        if (question.service or service.service) == owner.service and register is not None:
            yield from _in_register(owner, register, question, (*path, "where"))


def _in_register(owner: Any, register: Register, question: EntryQuestion, path: Path) -> Problems:
    for name in question.where:
        if name not in register.facts:
            yield (*path, name), unknown("fact of the register", name, register.facts)
            return
        if name not in register.shown:
            message = f"'{name}' is not public: who chooses would learn of an entry that is not offered what it says"
            yield (*path, name), Message("not-possible", message)
        kind = kind_of(owner, register.facts[name])
        if kind not in {"text", "choice", "yes-no"}:
            message = f"'{name}' is a {kind}; entries are offered by a text, a choice or yes-no"
            yield (*path, name), Message("wrong-kind", message)
    if set(question.where) not in [set(group) for group in register.found_by]:
        wanted = ", ".join(question.where)
        wanted = wanted if len(question.where) == 1 else f"[{wanted}]"
        message = f"the register '{register.name}' is not found by it: it needs {{found_by: [{wanted}]}}"
        yield path, Message("not-possible", message)
