"""What changed in a case: between what was handed in before and after an action, and between two applications."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition.questions import Question
from praya.definition.service import Service
from praya.journey import case_context, load
from praya.journey.chapter import Picture
from praya.kernel.crypto import vault
from praya.web import answers, display, who
from praya.web.desk import history, reach
from praya.web.desk.changes import changed_rows
from praya.web.words import translator

MOST_BYTES = 20 * 1024 * 1024
"""The size of files that are read to tell whether two of one name are the same; beyond it they count as different."""


@require_safe
@who.open_to("officer")
@reach.of_case
def show(request: HttpRequest, desk_case: reach.Reach, *, lang: str) -> HttpResponseBase:
    """A change of the case (`version`), or its difference from an earlier application of the same person (`with`)."""
    case = desk_case.case
    if not desk_case.owns:
        raise Http404(case.ref)
    other, number = request.GET.get("with", "")[:20], request.GET.get("version", "")[:15]
    offered = offered_for(desk_case, lang)
    chosen = next(
        (one for one in offered if (one["ref"] == other if other else one["number"] == number or not number)), None
    )
    if chosen is None:
        raise Http404(case.ref)
    by = f"officer:{desk_case.officer.ref}"
    try:
        if chosen["ref"]:
            differences = _between_cases(desk_case, chosen["ref"], lang)
            cases.note_read(ref=chosen["ref"], service=case.service, by=by, at=desk_case.at, what="comparison")
        else:
            differences = _of_change(desk_case, int(chosen["number"]), chosen["action"], lang)
        cases.note_read(ref=case.ref, service=case.service, by=by, at=desk_case.at, what="comparison")
    except vault.Forgotten:
        differences = [], 0
    return reach.page(
        request, "desk/comparison.html", lang, desk_case.officer, "",
        case=case,
        base=f"/{lang}/desk/cases/{case.ref}",
        service_title=desk_case.service.title.in_(lang),
        offered=[{**one, "current": one is chosen} for one in offered],
        chosen=chosen,
        rows=differences[0],
        unchanged=differences[1],
    )  # fmt: skip


def offered_for(desk_case: reach.Reach, lang: str) -> list[dict[str, Any]]:
    """What the case can be compared with, the newest first: its own changes, then earlier applications.

    An earlier application that the officer may not see is left out.
    """
    case, pack, t = desk_case.case, desk_case.pack, translator(lang)
    base = f"/{lang}/desk/cases/{case.ref}/changes"
    versions = cases.versions_of(case.ref)
    refs = {one.actor.removeprefix("officer:") for one in versions if one.actor.startswith("officer:")}
    names, actions = identity.officer_names(refs), {one.name: one for one in desk_case.service.flow.actions}
    offered = [
        {
            "ref": "",
            "number": str(one.number),
            "action": one.action,
            "url": f"{base}?version={one.number}",
            "title": actions[one.action].label.in_(lang) if one.action in actions else t("desk.step_moved"),
            "hint": t(
                "desk.change_by", who=history.actor_name(one.actor, names, pack, lang),
                at=display.moment_words(one.at, pack, lang),
            ),
        }
        for one in versions
    ]  # fmt: skip
    earlier = cases.earlier_of(case)
    visible = cases.visible_refs([one.ref for one in earlier], within=desk_case.within)
    return offered + [
        {
            "ref": one.ref,
            "number": "",
            "action": "",
            "url": f"{base}?with={one.ref}",
            "title": t("desk.change_application", ref=one.ref),
            "hint": display.day_words(one.opened_at, pack, lang),
        }
        for one in earlier
        if one.ref in visible
    ]


def _of_change(desk_case: reach.Reach, number: int, action: str, lang: str) -> tuple[list[dict[str, Any]], int]:
    """The rows of a change: only what the action asks, since others may have answered something else meanwhile."""
    case, service = desk_case.case, desk_case.service
    before, now = cases.version_contents(case.ref, number)
    asked: dict[str, Question] = {
        question.name: question for one in service.flow.actions if one.name == action for question in one.ask
    }
    files = answers.files_of(case.ref, f"/{lang}/desk/cases/{case.ref}")
    sides = [
        ([q for name, q in asked.items() if name in version], version,
         answers.with_entries(files, service, version, lang))
        for version in (before, now)
    ]  # fmt: skip
    return changed_rows(sides[0], sides[1], lang, same=_same_files(case.ref, case.ref))


def _between_cases(desk_case: reach.Reach, other: str, lang: str) -> tuple[list[dict[str, Any]], int]:
    """The rows of an earlier application and this one: what their forms asked."""
    today = desk_case.pack.calendar.day_of(desk_case.at)
    sides = []
    for case in (cases.case(other), desk_case.case):
        service = load.compiled(case.service, case.version)
        picture = case_context.of_case(case, service, desk_case.pack, today=today)
        if picture.person is None:
            raise vault.Forgotten(case.ref)
        files = answers.files_of(case.ref, f"/{lang}/desk/cases/{case.ref}")
        sides.append(
            (
                _asked_questions(service, picture),
                picture.answers,
                answers.with_entries(files, service, picture.raw, lang),
            )
        )
    return changed_rows(sides[0], sides[1], lang, same=_same_files(other, desk_case.case.ref))


def _asked_questions(service: Service, picture: Picture) -> list[Question]:
    pages = [page for page in service.form if page.when is None or page.when.holds(picture.context)]
    return [question for page in pages for question in forms.asked_parts(page.questions, picture.context)]


def _same_files(before: str, now: str) -> Mapping[str, str]:
    """For each file of one case the first file of another, or of the same case, that has the same name and content."""
    kinds: dict[tuple[str, int], list[str]] = {}
    left = MOST_BYTES
    known: dict[str, str] = {}
    read: dict[str, bytes] = {}

    def content(ref: str, case_ref: str, size: int) -> bytes:
        nonlocal left
        if ref not in read:
            left -= size
            read[ref] = forms.open_upload(ref, case_ref=case_ref)[1] if left >= 0 else ref.encode()
        return read[ref]

    for upload in forms.uploads_of_case(now):
        kinds.setdefault((upload.name, upload.size), []).append(upload.ref)
    for upload in forms.uploads_of_case(before):
        for ref in kinds.get((upload.name, upload.size), ()):
            try:
                if ref == upload.ref or content(ref, now, upload.size) == content(upload.ref, before, upload.size):
                    known[upload.ref] = ref
                    break
            except forms.NoUpload:
                # A file that is not scanned yet, or was refused, is not opened: it counts as another one.
                continue
    return known
