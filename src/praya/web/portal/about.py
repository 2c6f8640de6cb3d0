"""The cases about a person's own case, as its applicant sees them: their state, and what their definitions show."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.definition.chapters.matters import seen_names
from praya.definition.questions import Question
from praya.definition.service import Service
from praya.journey import acting, case_context, load, lookups, matters
from praya.web import display
from praya.web.words import translator

KIND = {"granted": "good", "completed": "good", "refused": "bad", "withdrawn": "neutral", "lapsed": "neutral"}


def rows(own: cases.Case, lang: str, *, at: datetime) -> list[dict[str, Any]]:
    """A row for each case about this one whose service shows something to whom it is about, the oldest first."""
    cells, t, pack = [], translator(lang), load.pack()
    for number, case in enumerate(_shown(own), 1):
        service = load.compiled(case.service, case.version)
        by = acting.respondent(own.person_ref)
        cells.append(
            {
                "title": f"{service.title.in_(lang)}{t('kit.bracketed', words=t('portal.about_number', n=number))}",
                "number": t("portal.about_number", n=number),
                "state": service.flow.states[case.state].label.in_(lang),
                "kind": KIND.get(case.result, "waiting"),
                "opened": display.day_words(case.opened_at, pack, lang),
                "says": service.respondent.says.in_(lang) if service.respondent and service.respondent.says else "",
                "rows": seen(case, service, lang),
                "actions": [
                    {
                        "label": action.label.in_(lang),
                        "url": f"/{lang}/cases/{own.ref}/about/{case.ref}/do/{action.name}",
                    }
                    for action in acting.open_actions(case, by, at=at)
                ],
            }
        )
    return cells


def case_about(own: cases.Case, ref: str) -> cases.Case | None:
    """The case with this reference, if it is about the person's own and shows them something."""
    about = next((case for case in _shown(own) if case.ref == ref), None)
    return cases.case(about.ref) if about else None


def _shown(own: cases.Case) -> list[cases.Case]:
    service = load.compiled(own.service, own.version)
    made = matters.about(own) if service.publishes or service.registers else []
    ordered = sorted(made, key=lambda case: (case.opened_at, case.ref))
    return [case for case in ordered if load.compiled(case.service, case.version).respondent is not None]


def seen(case: cases.Case, service: Service, lang: str) -> list[dict[str, Any]]:
    """What the respondent sees of a case: the answers and findings that its definition names, and nothing else."""
    answers, findings = seen_names(service)
    pack = load.pack()
    picture = case_context.of_case(case, service, pack, today=pack.calendar.day_of(case.opened_at))
    names = {upload.ref: upload.name for upload in forms.uploads_of_case(case.ref)}
    names |= lookups.names(service, {name: picture.answers.get(name) for name in answers}, lang)
    questions: Mapping[str, Question] = service.questions
    named = [(question, picture.answers.get(name)) for name, question in questions.items() if name in answers]
    named += [(q, picture.findings.get(name)) for name, q in service.flow.action_questions.items() if name in findings]
    return [
        {"key": question.label.in_(lang), "value": display.answer_words(question, value, lang, names)}
        for question, value in named
        if value is not None
    ]
