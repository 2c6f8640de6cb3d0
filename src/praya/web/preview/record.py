"""The story of what was just done in the preview, kept where `praya play --record` finds it."""

import os
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.parties import api as parties
from praya.definition.pack import Pack
from praya.definition.questions import DerivedQuestion, FileQuestion, Question
from praya.definition.service import Service
from praya.journey import load
from praya.kernel import jsontext
from praya.web.preview import stage
from praya.web.preview.values import Seen

_kept_at: list[Path] = []


def keep_at(path: Path) -> None:
    """Where the story is kept from now on; what was told there before is forgotten."""
    _kept_at[:] = [path]
    path.unlink(missing_ok=True)


def note(seen: Seen, *, at: datetime) -> None:
    """Tell the story of this draft or case anew, after something was done with it."""
    pack = load.pack()
    doing = stage.doing
    before = doing.story if doing.ref == seen.ref else {}
    story = _of_case(seen.ref, pack, before) if seen.kind == "case" else _of_draft(seen, pack, at)
    stage.doing = stage.Doing(seen.kind, seen.ref, seen.person_ref, story)
    if _kept_at:
        draft = _kept_at[0].with_suffix(".new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(jsontext.dumps(story, default=_plain))
        draft.replace(_kept_at[0])


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _of_draft(seen: Seen, pack: Pack, at: datetime) -> dict[str, Any]:
    draft = forms.draft(seen.ref, person_ref=seen.person_ref)
    names = {u.ref: u.name for u in forms.uploads(draft.ref, person_ref=draft.person_ref)}
    return {
        "starts": at.astimezone(pack.calendar.zone).isoformat(timespec="seconds"),
        "language": draft.language,
        "answers": _said(seen.service.questions.values(), draft.answers, names),
        **_booked(draft.booking_ref),
    }


def _of_case(ref: str, pack: Pack, before: dict[str, Any]) -> dict[str, Any]:
    case = cases.case(ref)
    service = load.compiled(case.service, case.version)
    content = cases.content(ref)
    names = {upload.ref: upload.name for upload in forms.uploads_of_case(ref, with_parts=True)}
    told, known = _steps(case, service, content.findings, names, pack), before.get("steps", [])
    return {
        "starts": case.opened_at.astimezone(pack.calendar.zone).isoformat(timespec="seconds"),
        "language": case.language,
        "answers": _said(service.questions.values(), content.answers, names),
        **_booked(case.booking_ref),
        # What was found at an earlier step may have been found otherwise since: each step keeps what it said.
        "steps": [*known, *told[len(known) :]],
    }


def _booked(ref: str) -> dict[str, Any]:
    if not ref:
        return {}
    seats = [
        {"visit": v.visit, "place": v.place, "day": v.day.isoformat(), **({"time": v.clock} if v.clock else {})}
        for v in bookings.booking(ref).visits
    ]
    return {"book": seats} if seats else {}


def _steps(
    case: cases.Case, service: Service, findings: dict[str, Any], names: dict[str, str], pack: Pack
) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    state, last = service.flow.start, pack.calendar.day_of(case.opened_at)
    for step in cases.history(case.ref):
        if step.kind in {"given", "declined"}:
            found: dict[str, Any] | None = _of_party(step, case.ref, service, names)
        else:
            found = _step(step, service, state, findings, names, timed=bool(told) or step.kind != "opened")
        state = step.to_state or state
        if found is None:
            continue
        day = pack.calendar.day_of(step.at)
        days = (day - last).days
        if days <= 0 and set(found) == {"by"}:
            continue  # the case went on by itself at once: nobody did anything, and no time passed
        after = {"after": f"{days} day{'' if days == 1 else 's'}"} if days > 0 else {}
        told.append({**after, **found})
        last = max(day, last)
    return told


def _of_party(step: cases.Step, case_ref: str, service: Service, names: dict[str, str]) -> dict[str, Any]:
    """What a party did: the last word of whoever it was."""
    party = service.parties[step.action]
    theirs = [
        one for one in parties.of_case(case_ref) if (one.party, f"person:{one.person_ref}") == (party.name, step.actor)
    ]
    one = next((one for one in reversed(theirs) if one.state == step.kind), None)
    told: dict[str, Any] = {"party": party.name}
    if one is not None and one.number > 1:
        told["number"] = one.number
    if step.kind == "declined":
        return told | {"declines": parties.reasons(case_ref).get(one.ref, "") if one else ""}
    given = parties.given(case_ref).get(one.ref, {}) if one else {}
    return told | {"answers": _said(party.questions.values(), given, names)}


def _step(
    step: cases.Step, service: Service, state: str, findings: dict[str, Any], names: dict[str, str], *, timed: bool
) -> dict[str, Any] | None:
    if step.kind == "replied":
        comment = {"comment": step.text} if step.text else {}
        return {"by": step.department, "reply": {"result": step.action, **comment}}
    if step.kind not in {"moved", "acted"}:
        return None
    if not step.action:
        return {"by": "system"} if timed else None
    here = service.flow.states.get(state)
    action = here.actions.get(step.action) if here else None
    if action is None:
        return None
    told: dict[str, Any] = {"by": action.by, "do": action.name}
    asked = _said(action.ask, findings, names)
    if asked:
        told["answers"] = asked
    if step.text:
        told["reason"] = step.text
    return told


def _said(asked: Iterable[Question], answers: Mapping[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """The answers as a story has them: files by their names, and nothing that is worked out."""
    return {
        q.name: [names.get(ref, ref) for ref in value] if isinstance(q, FileQuestion) else value
        for q in asked
        if not isinstance(q, DerivedQuestion) and (value := answers.get(q.name)) is not None
    }
