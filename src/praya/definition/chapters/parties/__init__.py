"""Parties: people beside the applicant and officers who take part in a case, and the sections that they fill."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from praya.definition import sizes
from praya.definition.chapter import Chapter, Problems, Scope, Whole, Words
from praya.definition.chapters.parties.reference import NAMES, REFERENCE
from praya.definition.check_several import several
from praya.definition.form import Page, seeing
from praya.definition.model import Keyed, Model, Name, Path, Several, Slug
from praya.definition.questions import AnyQuestion, DerivedQuestion, Question, RepeatQuestion, reads_of
from praya.definition.reasoning import Node, Reads, in_order
from praya.definition.rows import Rows, rows_of, with_rows
from praya.definition.source import Message, not_asked, unknown
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression
from praya.kernel.text import Text

ITEM, FINDINGS = "item.", "findings."
OF_CASE = frozenset(
    {"case", "parameters", "today", "url", "reason", "booking", "record", "entry", "publication", "fees"}
)
"""What a letter to a party may say beside what the party sees: the case itself, and what came of it."""
OF_PEOPLE = frozenset(
    {"answers", "item", "findings", "parties", "reviews", "conditions", "decisions", "lookups", "applicant"}
)
"""What was told by people, and what follows from it: a party reads of it what it sees, also an equal one."""
WORDS = {"state", "answers", "each", "all", "waiting", "given", "declined", "lapsed"}
"""What stands after `parties.doctor.`."""
TAKEN = {"begin", "check", "decline"}
"""Addresses of the section's other pages."""
Seen = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]*\.)?[a-z][a-z0-9_]*$", max_length=81)]
"""A question of the applicant's; `item.` and one of the repeat of which each item is a party; a party, `.`, its own."""


class Party(Several):
    """A person whom the applicant names and who fills a section: a doctor, a guardian, an employer."""

    name: Name
    label: Text
    says: Text | None = None
    email: Expression | None = None
    holder: bool = False
    called: Expression | None = None
    when: Expression | None = None
    sees: tuple[Seen, ...] = ()
    within: Length | None = None
    on_opening: bool = True
    form: tuple[Page, ...] = ()
    asks: tuple[Slug, ...] = ()
    equal: bool = False

    @model_validator(mode="after")
    def _is_somebody(self) -> "Party":
        if not self.form and not self.asks:
            raise ValueError("a party is asked something: 'form', its pages, or 'asks', pages of the applicant's form")
        if self.equal and (self.holder or self.several):
            raise ValueError("an equal party is one person by their address; take 'holder' and 'several' out")
        if (self.email is None) != self.holder:
            raise ValueError("say who it is: 'email', or 'holder: true' for the present holder of the entry")
        return self

    @cached_property
    def questions(self) -> dict[str, AnyQuestion]:
        """The questions of the section by name, without those inside repeats."""
        return {question.name: question for page in self.form for question in page.questions}

    @cached_property
    def sees_answers(self) -> tuple[str, ...]:
        """The applicant's answers that the party may read."""
        return tuple(name for name in self.sees if "." not in name)

    @cached_property
    def sees_of_item(self) -> tuple[str, ...]:
        """The answers in the item for which the party is invited that it may read."""
        return tuple(name.removeprefix(ITEM) for name in self.sees if name.startswith(ITEM))

    @cached_property
    def sees_findings(self) -> tuple[str, ...]:
        """The findings of officers that the party may read, once they exist."""
        return tuple(name.removeprefix(FINDINGS) for name in self.sees if name.startswith(FINDINGS))

    @cached_property
    def sees_of_others(self) -> tuple[tuple[str, str], ...]:
        """The answers of other parties that the party may read: pairs of party and question."""
        named = (name for name in self.sees if "." in name and not name.startswith((ITEM, FINDINGS)))
        pairs = (name.partition(".") for name in named)
        return tuple((party, question) for party, _, question in pairs)

    @cached_property
    def reads(self) -> Reads:
        """What each derived answer of the section reads."""
        return reads_of(self.questions.values())

    @cached_property
    def worked_out(self) -> tuple[Node, ...]:
        """The derived answers of the section, each after those that it reads."""
        return in_order(with_rows(self.reads, self.rows))

    @cached_property
    def rows(self) -> dict[str, Rows]:
        """The values that are computed for each item of a repeat of the section, by repeat."""
        return rows_of(self.questions.values(), {})


class OfService(Model):
    """The parties of a service."""

    parties: Annotated[dict[str, Party], Keyed] = {}

    @model_validator(mode="before")
    @classmethod
    def _asks_alike(cls, data: Any) -> Any:
        """Insert the pages of the form that a party has to answer before its own; and what pages it sees ask."""
        parties, form = (data.get("parties"), data.get("form")) if isinstance(data, dict) else (None, None)
        if not isinstance(parties, dict) or not isinstance(form, list | tuple):
            return data
        return {**data, "parties": {name: seeing(_with_pages(party, form), form) for name, party in parties.items()}}


def _with_pages(party: Any, form: Iterable[Any]) -> Any:
    asks = party.get("asks") if isinstance(party, dict) else None
    if not isinstance(asks, list | tuple):
        return party
    # A stored definition already contains these pages.
    own = [page for page in party.get("form") or () if not isinstance(page, dict) or page.get("page") not in asks]
    alike = [page for page in form if isinstance(page, dict) and page.get("page") in asks]
    return {**party, "form": [*alike, *own]}


class OfEffects(Model):
    """The parties whom effects invite."""

    invite: tuple[Name, ...] = ()


class OfExpect(Model):
    """What an example expects of parties."""

    parties: dict[str, Literal["none", "waiting", "given", "declined", "lapsed"]] | None = None


class OfStep(Model):
    """What a party does in a story."""

    party: Name | None = None
    number: int = Field(1, ge=1, le=100)
    declines: str | None = None


def problems(whole: Whole) -> Problems:
    """Check parties, what they see, their sections, and what effects and expressions say of them."""
    service = whole.service
    invited = {name for _, effects in whole.effects for name in effects.invite}
    for party in service.parties.values():
        path: Path = ("parties", party.name)
        if not party.on_opening and party.name not in invited:
            yield path, Message("never-reached", f"'{party.name}' is never invited: no action or state says so")
        start = service.flow.states.get(service.flow.start)
        if party.on_opening and start is not None and start.final:
            message = (
                f"'{party.name}' cannot be invited: the first state, '{start.name}', is final, so the case ends at once"
            )
            yield path, Message("final-state", message)
        yield from several(service, party, path)
        yield from _holder(service, party, path)
        yield from _sees(service, party, path)
        yield from _form(service, party, path)
    for path, effects in whole.effects:
        for index, name in enumerate(effects.invite):
            if name not in service.parties:
                yield (*path, "invite", index), unknown("party", name, service.parties)
    for state in service.flow.states.values():
        if state.when_given and not service.parties:
            message = "nobody gives anything: the service has no 'parties'"
            yield ("flow", "states", state.name, "when_given"), Message("not-possible", message)
    for path, expression in whole.expressions:
        yield from ((path, message) for message in _deeper(service, expression))
    yield from _shown_to_applicant(service)


def _shown_to_applicant(service: Any) -> Problems:
    for question in service.questions.values():
        if question.shown_to_applicant:
            message = (
                f"'{question.name}' needs no 'shown_to_applicant': it is for questions of a party or of an officer"
            )
            yield ("form",), Message("not-possible", message)
    for state in service.flow.states.values():
        for action in state.actions.values():
            why = "applicants know what they answer" if action.by == "applicant" else ""
            why = why or ("findings of several reviewers stay apart" if action.reviewers > 1 else "")
            for question in action.ask if why else ():
                worked_out = isinstance(question, DerivedQuestion)
                if question.shown_to_applicant and not (worked_out and action.by == "applicant"):
                    message = f"'{question.name}' cannot be 'shown_to_applicant': {why}"
                    where = ("flow", "states", state.name, "actions", action.name, "ask", question.name)
                    yield where, Message("not-possible", message)


def _holder(service: Any, party: Party, path: Path) -> Problems:
    if party.holder and (service.subject is None or service.subject.who != "anyone"):
        message = "there is no other holder: only a service with {subject: {who: anyone}} asks the holder of the entry"
        yield (*path, "holder"), Message("not-possible", message)
    if party.holder and (party.several or party.called):
        message = "the holder is one person whom the register knows; take 'several' and 'called' out"
        yield (*path, "holder"), Message("not-possible", message)


def _sees(service: Any, party: Party, path: Path) -> Problems:
    repeat = service.questions.get(party.repeat or "")
    inner = {q.name: q for q in repeat.questions} if isinstance(repeat, RepeatQuestion) else {}
    for index, name in enumerate(party.sees):
        here = (*path, "sees", index)
        of_item = name.startswith(ITEM)
        known: dict[str, Question] = {f"{ITEM}{n}": q for n, q in inner.items()} if of_item else {**service.questions}
        if of_item and party.several is None:
            yield here, Message("not-possible", f"there is no item: '{party.name}' has no 'several'")
        elif name.startswith(FINDINGS):
            if name.removeprefix(FINDINGS) not in service.flow.action_questions:
                yield here, unknown("question of an action", name.removeprefix(FINDINGS), service.flow.action_questions)
        elif "." in name and not of_item:
            yield from ((here, message) for message in _sees_of_another(service, party, name))
        elif name not in known:
            yield here, unknown("question or page", name, {*known, *service.pages})


def _sees_of_another(service: Any, party: Party, name: str) -> Iterator[Message]:
    other, _, question = name.partition(".")
    others = {one.name: one for one in service.parties.values() if one is not party}
    if other not in others:
        yield unknown("other party", other, others)
    elif others[other].several:
        yield Message("not-possible", f"'{other}' is several: what each of them gave is for officers")
    elif question not in others[other].questions:
        yield unknown(f"question of '{other}'", question, others[other].questions)


def _form(service: Any, party: Party, path: Path) -> Problems:
    pages: set[str] = set()
    names: set[str] = set()
    for index, name in enumerate(party.asks):
        if name not in service.pages:
            yield (*path, "asks", index), unknown("page", name, service.pages)
    alike = {question.name for page in service.form if page.page in party.asks for question in page.questions}
    for name in sorted(alike & set(party.sees_answers)):
        message = f"'{party.name}' is asked '{name}' too and cannot see the applicant's answer beside its own"
        yield (*path, "sees", party.sees.index(name)), Message("not-possible", message)
    for index, page in enumerate(party.form):
        here = (*path, "form", index)
        if page.page in pages:
            yield (*here, "page"), Message("named-twice", f"two pages are called '{page.page}'")
        if page.page in TAKEN:
            message = f"a page cannot be called '{page.page}': the section has one of that name"
            yield (*here, "page"), Message("named-twice", message)
        pages.add(page.page)
        for message in sizes.too_large(page.questions):
            yield (*here, "page"), message
        for question in page.questions:
            if question.name in names:
                message = f"two questions are called '{question.name}'"
                yield (*here, "questions", question.name), Message("named-twice", message)
            if question.name in service.questions and question.name not in alike:
                message = f"the applicant is asked a question called '{question.name}' too; give this one another name"
                yield (*here, "questions", question.name), Message("named-twice", message)
            names.add(question.name)


def _deeper(service: Any, expression: Expression) -> Iterator[Message]:
    """Yield a problem for each name after `parties.` that does not exist."""
    for names in expression.deepest:
        root, name, word, answer = (*names, "", "", "")[:4]
        party = service.parties.get(name) if root == "parties" else None
        if party is None or not word:
            continue
        if word not in WORDS:
            yield unknown(f"word after 'parties.{name}.'", word, WORDS)
        elif word == "answers" and answer and answer not in party.questions:
            yield unknown(f"question of '{name}'", answer, party.questions)
        elif word == "answers" and party.several:
            yield Message(
                "not-possible", f"'{name}' is several; answers are in parties.{name}.each.map(p, p.answers.x)"
            )


def unseen(party: Party, expression: Expression) -> Iterator[Message]:
    """Yield a problem for each name in an expression of a text for the party that the party may not read."""
    for names in expression.deepest:
        root, name, word, answer = (*names, "", "", "")[:4]
        seen = root in OF_CASE or (party.equal and root not in OF_PEOPLE)
        if root == "answers":
            seen = name in party.sees_answers
        elif root == "item":
            seen = name in party.sees_of_item
        elif root == "findings":
            seen = name in party.sees_findings
        elif root == "parties" and name == party.name:
            seen = word in {"state", "answers"} and not party.several
        elif root == "parties":
            seen = word == "answers" and (name, answer) in party.sees_of_others
        if not seen:
            message = (
                f"'{party.name}' does not see '{'.'.join(names)}', so nothing sent to it says so; add it to its 'sees'"
            )
            if root not in {"answers", "item", "findings", "parties"}:
                message = (
                    f"a letter to a party does not say '{root}' (known: {', '.join(sorted(OF_CASE))}, what it sees)"
                )
            yield Message("not-possible", message)


def is_for_whole_case(expression: Expression) -> bool:
    """Whether an expression of a letter is read by the applicant, and by equal parties once they have given, alone."""
    return any(names[0] not in OF_CASE | OF_PEOPLE for names in expression.deepest)


def story_problems(service: Any, expect: OfExpect, path: Path) -> Problems:
    """Check that the parties in an example's expectation exist."""
    for name in expect.parties or {}:
        if name not in service.parties:
            yield (*path, "parties", name), unknown("party", name, service.parties)


def step_problems(service: Any, step: Any, path: Path) -> Problems:
    """Check a step in which a party gives its section or declines."""
    if not path or step.party is None or step.applies is not None:
        return
    party = service.parties.get(step.party)
    if party is None:
        yield (*path, "party"), unknown("party", str(step.party), service.parties)
        return
    if step.do is not None and party.equal:
        by_applicant = {action.name: action for action in service.flow.actions if action.by == "applicant"}
        if step.do not in by_applicant:
            yield (*path, "do"), unknown("action of the applicant", step.do, by_applicant)
        return
    if step.do is not None or step.reply is not None:
        yield path, Message("not-possible", "a step has one of 'do' (an action), 'reply' (a department) and 'party'")
        return
    for name in step.answers:
        if name not in party.questions:
            yield (*path, "answers", name), not_asked(f"'{party.name}'", name, party.questions)


def members(service: Any) -> dict[str, set[str]]:
    """The names after `parties.` in expressions."""
    return {"parties": set(service.parties)}


def before_case(_service: Any, path: Path) -> bool:
    """Whether the expression at a path is evaluated before a case exists: a party's address depends on answers only."""
    return path[0] == "parties"


def scope(service: Any, path: Path) -> Scope | None:
    """Expressions in a party's section can read what the party may see, its own answers, and parameters of the law."""
    if path[0] != "parties" or path[2] != "form":
        return None
    party = service.parties[str(path[1])]
    known = frozenset({"answers", "item", "parameters", "today"})
    return Scope(known, {"answers": {*party.sees_answers, *party.questions}})


def sections(service: Any) -> Iterator[tuple[Path, Party]]:
    """Yield the sections of the parties, each with its path."""
    for party in service.parties.values():
        yield ("parties", party.name), party


def shapes(service: Any) -> Mapping[str, Any]:
    """The structure of `parties` in expressions, for loops over the answers of several people of one party."""
    parties = service.parties.items()
    return {
        "parties": {
            name: {
                "each": [{"state": None, "answers": tuple(party.questions.values())}],
                "answers": () if party.several else tuple(party.questions.values()),
            }
            for name, party in parties
        }
    }


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The parties in a definition's JSON, by name, without their questions, which are compared separately."""
    return {
        "party": {
            name: {word: value for word, value in party.items() if word not in {"form", "name"}}
            for name, party in data["parties"].items()
        }
    }


CHAPTER = Chapter(
    name="parties",
    service=(Words(model=OfService, at=16),),
    effects=(Words(model=OfEffects, at=70),),
    expect=(Words(model=OfExpect, at=34),),
    steps=(Words(model=OfStep, at=10),),
    parts=(Party,),
    problems=problems,
    story_problems=story_problems,
    step_problems=step_problems,
    errors=("not_invited", "not_waiting"),
    members=members,
    before_case=before_case,
    scope=scope,
    sections=sections,
    shapes=shapes,
    differences=differences,
    reference=REFERENCE,
    names=NAMES,
)
