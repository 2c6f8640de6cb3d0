"""Can I use this? Rules of eligibility applied to a few answers of somebody who is not signed in; nothing is kept."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from praya.blocks.forms import api as forms
from praya.definition.expression_context import facts
from praya.definition.form import Eligibility, Page
from praya.definition.questions import Asking, Refusal
from praya.definition.reasoning import rests_on
from praya.definition.service import Service
from praya.journey import draft_progress, load
from praya.web import pages, rate_limits, who
from praya.web.fields import State

PLAIN = frozenset({"choice", "choices", "yes-no", "number", "date", "month", "money"})
"""Types of questions that can be asked of a stranger: none is a name, a number of a document or a file."""
READ = frozenset({"answers", "parameters", "conditions", "decisions", "today"})
"""Whatever a rule may read to be applied here: no person, entry, look-up or booking."""


def asked(service: Service) -> tuple[Page, ...]:
    """The pages of the questions on which rules rest that can be applied to a stranger; none where there is no rule."""
    names: set[str] = set()
    for rule in service.eligibility:
        behind = _behind(service, rule)
        if behind and all(service.questions[name].type_name in PLAIN for name in behind):
            names |= behind
    return tuple(
        Page.model_construct(
            page=page.page, title=None, guidance=None, when=page.when,
            content=tuple(question for question in page.questions if question.name in names),
        )
        for page in service.form
        if any(question.name in names for question in page.questions)
    )  # fmt: skip


def _behind(service: Service, rule: Eligibility) -> set[str]:
    """The questions on whose answers a rule rests, with those that decide whether they are asked.

    Empty for a rule that reads anything else than answers and the law.
    """
    if any(root not in READ for root, *_ in rests_on(rule.unless.paths, service.reads)):
        return set()
    found: set[str] = set()
    todo = service.answers_behind(rule.unless)
    while todo:
        found |= todo
        conditions = [
            when
            for page in service.form
            for question in page.questions
            if question.name in todo
            for when in (page.when, question.when)
            if when is not None
        ]
        todo = {name for when in conditions for name in service.answers_behind(when)} - found
    return found if found <= service.questions.keys() else set()


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("anyone")
def can_use(request: HttpRequest, *, lang: str, service: str) -> HttpResponse:
    """The questions, and what follows from the answers."""
    territory, at = load.territory(), who.now()
    definition = load.definition(pages.value_or_404(lang, territory.offered, service))
    form = asked(definition)
    if not form:
        raise Http404(service)
    today = territory.pack.calendar.day_of(at)
    known = partial(facts, definition, today=today)
    posted = {name: list(values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
    found: draft_progress.ShutOut | None = None
    refusals: list[Refusal] = []
    answers: dict[str, Any] = {}
    shown, again = form, True
    if request.method == "POST":
        rate_limits.count("can_use", rate_limits.address(request))
        answers, refusals, again = _read(form, posted, known, today)
        wrong = {refusal.question for refusal in refusals}
        missing = {name for name in definition.questions if answers.get(name) is None} | wrong
        if not refusals:
            found = draft_progress.shut_out(definition, answers, missing, known, today)
    context = known(answers)
    shown = tuple(page for page in form if page.when is None or page.when.holds(context))
    content = [question for page in shown for question in forms.asked_parts(page.questions, context)]
    state = State(lang, posted, refusals, context=context)
    return pages.page(
        request,
        "portal/can_use.html",
        lang,
        422 if refusals else 200,
        service=definition,
        department=territory.pack.departments[definition.department],
        content=content,
        state=state,
        errors=state.summary,
        refused=found.rule.refuse if found else None,
        why=found.why(lang) if found else (),
        fine=request.method == "POST" and not refusals and not again and found is None,
        more=request.method == "POST" and not refusals and again and found is None,
        base=f"/{lang}/services/{service}",
    )


def _read(
    form: tuple[Page, ...], posted: Mapping[str, list[str]], known: Any, today: date
) -> tuple[dict[str, Any], list[Refusal], bool]:
    """The answers that were sent, the reasons against them, and whether they make more be asked."""
    answers: dict[str, Any] = {}
    refusals: list[Refusal] = []
    more = False
    for page in form:
        if page.when is not None and not page.when.holds(known(answers)):
            continue
        read = forms.read_page(page, posted, answers, context=known, asking=lambda given: Asking(today, known(given)))
        answers |= read.answers
        refusals += read.refusals
        more = more or read.newly_asked
    return answers, refusals, more
