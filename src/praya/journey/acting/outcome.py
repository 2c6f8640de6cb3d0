"""The effects of an action, a state or a timer: on the case, and on other cases that read the same register entry."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.registers import api as registers
from praya.definition.flow import Effects, State
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.definition.settling import action_settles, settles
from praya.journey import entries, load, matters, stocks
from praya.journey.acting.deadlines import set_timers_anew
from praya.journey.acting.refusals import EntryChanged
from praya.journey.effects import carry_out


def entry_changed(case: cases.Case) -> bool:
    """Whether an action or a timer is barred, because another case has changed the entry since it was handed in."""
    service = load.compiled(case.service, case.version)
    state = service.flow.states[case.state]
    rests = any(action_settles(service, action) for action in state.actions.values())
    rests = rests or any(settles(service, timer) for timer in state.timers)
    return rests and entries.as_handed_in(case, service)[1]


def changes_entry(effects: Effects) -> bool:
    """Whether effects change an entry that another case may read."""
    return bool(effects.renew or effects.amend or effects.transfer)


def apply_effects(
    effects: Effects, case: cases.Case, service: Service, pack: Pack, *, at: datetime, **how: Any
) -> None:
    """Carry out the effects, and work out again the timers of other cases that read an entry which they change.

    Raises EntryChanged when the effects rest on the entry as it was handed in, and another case has changed it since.
    """
    if settles(service, effects):
        if case.subject_ref:
            registers.lock(case.subject_ref)
        if entries.as_handed_in(case, service)[1]:
            raise EntryChanged(case.ref)
    found = carry_out(effects, case, service, pack, at=at, **how)
    if isinstance(effects, State):
        stocks.entered(case, service, at=at)
    if effects.matter_does is not None:
        matter = matters.matter_of(case)
        if matter is not None:
            what, mark = effects.matter_does, str(how["mark"])
            cases.send_errands([matter.ref], cause=case.ref, what=what, at=at, mark=mark)
    changed = entries.all_of_case(case.ref, case.subject_ref, service) if changes_entry(effects) else []
    _set_timers_of_others([*changed, *map(registers.entry, found)], case, pack, at)


def _set_timers_of_others(changed: list[registers.Entry], case: cases.Case, pack: Pack, at: datetime) -> None:
    """Work out again the timers of the cases that made these entries, or are about them."""
    made_by = [entry.case_ref for entry in changed]
    about = [other.ref for other in cases.about([entry.ref for entry in changed])] if changed else []
    for ref in dict.fromkeys(ref for ref in (*made_by, *about) if ref and ref != case.ref):
        cases.lock(ref)
        with suppress(cases.NoCase):
            other = cases.case(ref)
            set_timers_anew(other, load.compiled(other.service, other.version), pack, at=at)
