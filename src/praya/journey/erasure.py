"""Erasing a person everywhere: what they told is unreadable, what must stay names them no more."""

from collections.abc import Iterable
from datetime import datetime

from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.journey import case_search
from praya.kernel import plug
from praya.kernel.crypto import vault


def erase(*, person_ref: str, at: datetime, by: str) -> bool:
    """Erase a person; False when that was done before. Raises identity.NoPerson."""
    erased = identity.erase(person_ref=person_ref, at=at, by=by)
    registers.forget_holder(holder_ref=person_ref)
    case_search.forget_person(person_ref)
    forms.erase_uploads(person_ref=person_ref)
    for store in plug.stores():
        if store.erase:
            plug.value(store.erase)(person_ref)
    return erased


def erase_again(subjects: Iterable[str], *, at: datetime, by: str) -> int:
    """Erase whom an older state of the database has brought back; answers how many those were."""
    count = 0
    for subject in sorted(subjects):
        try:
            count += erase(person_ref=subject, at=at, by=by)
        except identity.NoPerson:
            count += vault.forget(subject)
    return count
