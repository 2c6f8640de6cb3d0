"""Parties: who takes part in a case beside applicant and officers, what they may read, which section they fill."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from praya.definition import sizes
from praya.definition.chapter import Chapter, Found, Scope, Whole, Words
from praya.definition.check_several import several
from praya.definition.form import Page
from praya.definition.model import Keyed, Model, Name, Path, Several, Slug
from praya.definition.questions import AnyQuestion, DerivedQuestion, Question, RepeatQuestion, reads_of
from praya.definition.reasoning import Node, Reads, in_order
from praya.definition.rows import Rows, rows_of, with_rows
from praya.definition.source import Said, not_asked, unknown
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression
from praya.kernel.text import Text

ITEM, FINDINGS = "item.", "findings."
OF_CASE = frozenset(
    {"case", "parameters", "today", "url", "reason", "booking", "record", "entry", "publication", "fees"}
)
"""What a letter to a party may say beside what the party sees: the case itself, and what came of it."""
WORDS = {"state", "answers", "each", "all", "waiting", "given", "declined", "lapsed"}
"""What stands after `parties.doctor.`."""
TAKEN = {"begin", "check", "decline"}
"""Addresses of the section's other pages."""
Seen = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]*\.)?[a-z][a-z0-9_]*$", max_length=81)]
"""A question of the applicant's; `item.` and one of the repeat of which each item is a party; a party, `.`, its own."""


class Party(Several):
    """Somebody whom the applicant names and who fills a section of their own: a doctor, a guardian, an employer."""

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
        """The questions of the section by name, repeats not opened."""
        return {question.name: question for page in self.form for question in page.questions}

    @cached_property
    def sees_answers(self) -> tuple[str, ...]:
        """The applicant's answers that it may read."""
        return tuple(name for name in self.sees if "." not in name)

    @cached_property
    def sees_of_item(self) -> tuple[str, ...]:
        """What it may read of the item for which it is invited."""
        return tuple(name.removeprefix(ITEM) for name in self.sees if name.startswith(ITEM))

    @cached_property
    def sees_findings(self) -> tuple[str, ...]:
        """What officers found that it may read, once it was found."""
        return tuple(name.removeprefix(FINDINGS) for name in self.sees if name.startswith(FINDINGS))

    @cached_property
    def sees_of_others(self) -> tuple[tuple[str, str], ...]:
        """What it may read of what other parties gave: the party and its question."""
        named = (name for name in self.sees if "." in name and not name.startswith((ITEM, FINDINGS)))
        pairs = (name.partition(".") for name in named)
        return tuple((party, question) for party, _, question in pairs)

    @cached_property
    def reads(self) -> Reads:
        """What each derived answer of the section reads."""
        return reads_of(self.questions.values())

    @cached_property
    def worked_out(self) -> tuple[Node, ...]:
        """The derived answers of the section, each after what it reads."""
        return in_order(with_rows(self.reads, self.rows))

    @cached_property
    def rows(self) -> dict[str, Rows]:
        """What is worked out for each item of a repeat of the section, by the repeat."""
        return rows_of(self.questions.values(), {})


class OfService(Model):
    """The parties of a service."""

    parties: Annotated[dict[str, Party], Keyed] = {}

    @model_validator(mode="before")
    @classmethod
    def _asks_alike(cls, data: Any) -> Any:
        """Put the pages of the form that a party is asked too before its own."""
        parties, form = (data.get("parties"), data.get("form")) if isinstance(data, dict) else (None, None)
        if not isinstance(parties, dict) or not isinstance(form, list | tuple):
            return data
        return {**data, "parties": {name: _with_pages(party, form) for name, party in parties.items()}}


def _with_pages(party: Any, form: Iterable[Any]) -> Any:
    asks = party.get("asks") if isinstance(party, dict) else None
    if not isinstance(asks, list | tuple):
        return party
    # A definition that was kept holds the pages already.
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


def problems(whole: Whole) -> Found:
    """Check parties, what they see, their sections, and what effects and expressions say of them."""
    service = whole.service
    invited = {name for _, effects in whole.effects for name in effects.invite}
    for party in service.parties.values():
        path: Path = ("parties", party.name)
        if not party.on_opening and party.name not in invited:
            yield path, Said("never-reached", f"'{party.name}' is never invited: no action or state says so")
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
            said = "nobody gives anything: the service has no 'parties'"
            yield ("flow", "states", state.name, "when_given"), Said("not-possible", said)
    for path, expression in whole.expressions:
        yield from ((path, said) for said in _deeper(service, expression))
    yield from _shown_to_applicant(service)


def _shown_to_applicant(service: Any) -> Found:
    asked: list[tuple[Path, Question]] = [(("form",), question) for question in service.questions.values()]
    in_actions = (question for action in service.flow.actions for question in action.ask)
    asked += [(("flow",), question) for question in in_actions if not isinstance(question, DerivedQuestion)]
    for where, question in asked:
        if question.shown_to_applicant:
            said = f"'{question.name}' needs no 'shown_to_applicant': it is for questions of a party"
            yield where, Said("not-possible", f"{said}, and for derived answers of an action")


def _holder(service: Any, party: Party, path: Path) -> Found:
    if party.holder and (service.subject is None or service.subject.who != "anyone"):
        said = "there is no other holder: only a service with {subject: {who: anyone}} asks the holder of the entry"
        yield (*path, "holder"), Said("not-possible", said)
    if party.holder and (party.several or party.called):
        said = "the holder is one person whom the register knows; take 'several' and 'called' out"
        yield (*path, "holder"), Said("not-possible", said)


def _sees(service: Any, party: Party, path: Path) -> Found:
    repeat = service.questions.get(party.repeat or "")
    inner = {q.name: q for q in repeat.questions} if isinstance(repeat, RepeatQuestion) else {}
    for index, name in enumerate(party.sees):
        here = (*path, "sees", index)
        of_item = name.startswith(ITEM)
        known: dict[str, Question] = {f"{ITEM}{n}": q for n, q in inner.items()} if of_item else {**service.questions}
        if of_item and party.several is None:
            yield here, Said("not-possible", f"there is no item: '{party.name}' has no 'several'")
        elif name.startswith(FINDINGS):
            if name.removeprefix(FINDINGS) not in service.flow.asked:
                yield here, unknown("question of an action", name.removeprefix(FINDINGS), service.flow.asked)
        elif "." in name and not of_item:
            yield from ((here, said) for said in _sees_of_another(service, party, name))
        elif name not in known:
            yield here, unknown("question", name, known)


def _sees_of_another(service: Any, party: Party, name: str) -> Iterator[Said]:
    other, _, question = name.partition(".")
    others = {one.name: one for one in service.parties.values() if one is not party}
    if other not in others:
        yield unknown("other party", other, others)
    elif others[other].several:
        yield Said("not-possible", f"'{other}' is several: what each of them gave is for officers")
    elif question not in others[other].questions:
        yield unknown(f"question of '{other}'", question, others[other].questions)


def _form(service: Any, party: Party, path: Path) -> Found:
    pages: set[str] = set()
    names: set[str] = set()
    for index, name in enumerate(party.asks):
        if name not in service.pages:
            yield (*path, "asks", index), unknown("page", name, service.pages)
    alike = {question.name for page in service.form if page.page in party.asks for question in page.questions}
    for name in sorted(alike & set(party.sees_answers)):
        said = f"'{party.name}' is asked '{name}' too and cannot see the applicant's answer beside its own"
        yield (*path, "sees", party.sees.index(name)), Said("not-possible", said)
    for index, page in enumerate(party.form):
        here = (*path, "form", index)
        if page.page in pages:
            yield (*here, "page"), Said("named-twice", f"two pages are called '{page.page}'")
        if page.page in TAKEN:
            said = f"a page cannot be called '{page.page}': the section has one of that name"
            yield (*here, "page"), Said("named-twice", said)
        pages.add(page.page)
        for said in sizes.too_large(page.questions):
            yield (*here, "page"), said
        for question in page.questions:
            if question.name in names:
                said = f"two questions are called '{question.name}'"
                yield (*here, "questions", question.name), Said("named-twice", said)
            if question.name in service.questions and question.name not in alike:
                said = f"the applicant is asked a question called '{question.name}' too; give this one another name"
                yield (*here, "questions", question.name), Said("named-twice", said)
            names.add(question.name)


def _deeper(service: Any, expression: Expression) -> Iterator[Said]:
    """What is wrong behind `parties.`: a word or an answer of a party that there is not."""
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
            yield Said("not-possible", f"'{name}' is several; answers are in parties.{name}.each.map(p, p.answers.x)")


def unseen(party: Party, expression: Expression) -> Iterator[Said]:
    """What an expression reads that the party does not see, and a text for the party must not say."""
    for names in expression.deepest:
        root, name, word, answer = (*names, "", "", "")[:4]
        seen = root in OF_CASE
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
            said = (
                f"'{party.name}' does not see '{'.'.join(names)}', so nothing sent to it says so; add it to its 'sees'"
            )
            if root not in {"answers", "item", "findings", "parties"}:
                said = f"a letter to a party does not say '{root}' (known: {', '.join(sorted(OF_CASE))}, what it sees)"
            yield Said("not-possible", said)


def story_problems(service: Any, expect: OfExpect, path: Path) -> Found:
    """Check that an example expects something of parties that there are."""
    for name in expect.parties or {}:
        if name not in service.parties:
            yield (*path, "parties", name), unknown("party", name, service.parties)


def step_problems(service: Any, step: Any, path: Path) -> Found:
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
        yield path, Said("not-possible", "a step has one of 'do' (an action), 'reply' (a department) and 'party'")
        return
    for name in step.answers:
        if name not in party.questions:
            yield (*path, "answers", name), not_asked(f"'{party.name}'", name, party.questions)


def members(service: Any) -> dict[str, set[str]]:
    """What stands after `parties.`."""
    return {"parties": set(service.parties)}


def before_case(_service: Any, path: Path) -> bool:
    """Whether it is evaluated before there is a case: whom to invite is worked out from the answers."""
    return path[0] == "parties"


def scope(service: Any, path: Path) -> Scope | None:
    """What a party is asked depends on what it sees and answers, on the law, and on nothing else."""
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
    """What stands behind `parties.`, for loops over what several of one party gave."""
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
    """Answer the parties of a definition's JSON by their names; their questions are told apart elsewhere."""
    return {
        "party": {
            name: {word: value for word, value in party.items() if word not in {"form", "name"}}
            for name, party in data["parties"].items()
        }
    }


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "parties": (
            "Who else takes part, by name: each fills a section of their own and sees nothing else. See Party.",
            {
                "doctor": {
                    "label": {"en": "Doctor", "zh-hant": "醫生"},
                    "email": "answers.doctor_email",
                    "form": [
                        {
                            "page": "fit",
                            "questions": [
                                {
                                    "fit_to_attend": {
                                        "type": "yes-no",
                                        "label": {
                                            "en": "Is the child fit to attend?",
                                            "zh-hant": "該兒童是否適合上學？",
                                        },
                                    }
                                }
                            ],
                        }
                    ],
                }
            },
        ),
    },
    "Party": {
        "name": (
            "Its name; written as the key. Expressions say `parties.doctor`.",
            "doctor",
        ),
        "label": (
            "As what they are asked, for all who read of them.",
            {"en": "Doctor", "zh-hant": "醫生"},
        ),
        "says": (
            "What they are asked for, in the letter and on the page where they begin.",
            {"en": "Please say whether the child is fit to attend.", "zh-hant": "請說明該兒童是否適合上學。"},
        ),
        "email": (
            (
                "An expression for the address that is invited. Only who signs in with it can "
                "open the section; the applicant's own address is not taken."
            ),
            "answers.doctor_email",
        ),
        "holder": (
            (
                "Instead of email: the present holder of the entry that the service is about, by "
                "the address that the register knows. A service that transfers has such a party."
            ),
            True,
        ),
        "called": (
            "An expression for their name, with which the letter begins.",
            "answers.doctor_name",
        ),
        "when": (
            "They are invited only when this holds.",
            "answers.child_age < 18",
        ),
        "several": (
            (
                "A repeat of the applicant's: each of its items is invited. In email, called and "
                "when `item` is the one at hand."
            ),
            "answers.members",
        ),
        "sees": (
            (
                "The applicant's answers that they may read, files among them; with `item.` those of the item "
                "they are, with `findings.` what officers found, and with another party's name what that one gave: "
                "doctor.report. Nothing else, neither on their page nor in letters to them."
            ),
            ["child_name", "school"],
        ),
        "on_opening": (
            "They are invited as soon as the case is opened. With false only where the flow says `invite`.",
            False,
        ),
        "within": (
            "How long the invitation stands. Then it has lapsed.",
            "14 days",
        ),
        "form": (
            (
                "The pages of their section, as in a form. Expressions there see its own answers, "
                "those that it sees, item, parameters and today."
            ),
            [
                {
                    "page": "fit",
                    "questions": [
                        {
                            "fit_to_attend": {
                                "type": "yes-no",
                                "label": {"en": "Is the child fit to attend?", "zh-hant": "該兒童是否適合上學？"},
                            }
                        }
                    ],
                }
            ],
        ),
        "asks": (
            "Pages of the applicant's form that they are asked too, the same of both, before those of `form`.",
            ["about-you"],
        ),
        "equal": (
            (
                "Once they have given their section they take part as the applicant does: they have the page of "
                "the case, do what the applicant may do, and hold its records and entries with the applicant. Of "
                "the applicant's answers they still see what `sees` names."
            ),
            True,
        ),
    },
    "Effects": {
        "invite": (
            (
                "Parties that are asked for their section. Who is waited for gets the letter "
                "again; who has given is asked again only by an action."
            ),
            ["doctor"],
        ),
    },
    "Expect": {
        "parties": (
            "How each party stands: none, waiting, given, declined or lapsed.",
            {"doctor": "given"},
        ),
    },
    "Step": {
        "party": (
            "The party that gives its section, with answers, instead of by and do.",
            "doctor",
        ),
        "number": (
            "Which one of several, counted from 1.",
            2,
        ),
        "declines": (
            "The party says no instead, for this reason.",
            "I do not know this child.",
        ),
    },
}
NAMES = {
    "parties": (
        (
            "Who takes part: `parties.doctor.state` is none, waiting, given, declined or lapsed, "
            "and `parties.doctor.answers.fit` what they gave. Of several, `.all`, `.waiting`, "
            "`.given`, `.declined` and `.lapsed` count, `.each` is a list with state and answers, "
            "and `.state` is waiting, declined or lapsed as long as one of them is."
        ),
        "in flow, records, registers, notices",
    ),
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
