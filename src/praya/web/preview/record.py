"""Record the steps of the preview as an example, in the file that `praya play --record` reads."""

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
from praya.web.preview.values import Subject

_kept_at: list[Path] = []


def keep_at(path: Path) -> None:
    """Write the record to this file from now on, and delete its old content."""
    _kept_at[:] = [path]
    path.unlink(missing_ok=True)


def note(subject: Subject, *, at: datetime) -> None:
    """Write the record of this draft or case again, after a step."""
    pack = load.pack()
    doing = stage.doing
    before = doing.story if doing.ref == subject.ref else {}
    story = _of_case(subject.ref, pack, before) if subject.kind == "case" else _of_draft(subject, pack, at)
    stage.doing = stage.Doing(subject.kind, subject.ref, subject.person_ref, story)
    if _kept_at:
        draft = _kept_at[0].with_suffix(".new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(jsontext.dumps(story, default=_plain))
        draft.replace(_kept_at[0])


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _of_draft(subject: Subject, pack: Pack, at: datetime) -> dict[str, Any]:
    draft = forms.draft(subject.ref, person_ref=subject.person_ref)
    names = {u.ref: u.name for u in forms.uploads(draft.ref, person_ref=draft.person_ref)}
    return {
        "starts": at.astimezone(pack.calendar.zone).isoformat(timespec="seconds"),
        "language": draft.language,
        "answers": _answers_by_name(subject.service.questions.values(), draft.answers, names),
        **_booked(draft.booking_ref),
    }


def _of_case(ref: str, pack: Pack, before: dict[str, Any]) -> dict[str, Any]:
    case = cases.case(ref)
    service = load.compiled(case.service, case.version)
    content = cases.content(ref)
    names = {upload.ref: upload.name for upload in forms.uploads_of_case(ref, with_parts=True)}
    steps, known = _steps(case, service, content.findings, names, pack), before.get("steps", [])
    return {
        "starts": case.opened_at.astimezone(pack.calendar.zone).isoformat(timespec="seconds"),
        "language": case.language,
        "answers": _answers_by_name(service.questions.values(), content.answers, names),
        **_booked(case.booking_ref),
        # A later step may have changed a finding: each step keeps the findings that it had.
        "steps": [*known, *steps[len(known) :]],
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
    steps: list[dict[str, Any]] = []
    state, last = service.flow.start, pack.calendar.day_of(case.opened_at)
    for step in cases.history(case.ref):
        if step.kind in {"given", "declined"}:
            entry: dict[str, Any] | None = _of_party(step, case.ref, service, names)
        else:
            entry = _step(step, service, state, findings, names, timed=bool(steps) or step.kind != "opened")
        state = step.to_state or state
        if entry is None:
            continue
        day = pack.calendar.day_of(step.at)
        days = (day - last).days
        if days <= 0 and set(entry) == {"by"}:
            continue  # an automatic transition: nobody acted, and no time passed
        after = {"after": f"{days} day{'' if days == 1 else 's'}"} if days > 0 else {}
        steps.append({**after, **entry})
        last = max(day, last)
    return steps


def _of_party(step: cases.Step, case_ref: str, service: Service, names: dict[str, str]) -> dict[str, Any]:
    """The step of a party: the last thing that it did."""
    party = service.parties[step.action]
    theirs = [
        one for one in parties.of_case(case_ref) if (one.party, f"person:{one.person_ref}") == (party.name, step.actor)
    ]
    one = next((one for one in reversed(theirs) if one.state == step.kind), None)
    entry: dict[str, Any] = {"party": party.name}
    if one is not None and one.number > 1:
        entry["number"] = one.number
    if step.kind == "declined":
        return entry | {"declines": parties.reasons(case_ref).get(one.ref, "") if one else ""}
    given = parties.answers_of_case(case_ref).get(one.ref, {}) if one else {}
    return entry | {"answers": _answers_by_name(party.questions.values(), given, names)}


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
    entry: dict[str, Any] = {"by": action.by, "do": action.name}
    asked = _answers_by_name(action.ask, findings, names)
    if asked:
        entry["answers"] = asked
    if step.text:
        entry["reason"] = step.text
    return entry


def _answers_by_name(asked: Iterable[Question], answers: Mapping[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """The answers in the form of an example: files by name, without derived answers."""
    return {
        q.name: [names.get(ref, ref) for ref in value] if isinstance(q, FileQuestion) else value
        for q in asked
        if not isinstance(q, DerivedQuestion) and (value := answers.get(q.name)) is not None
    }
