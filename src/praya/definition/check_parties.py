"""What must hold of those who take part: they exist, they read what there is, and ask nothing twice."""

from collections.abc import Iterator

from praya.definition import sizes
from praya.definition.check_several import several
from praya.definition.parties import ITEM, Party
from praya.definition.questions import DerivedQuestion, Question, RepeatQuestion
from praya.definition.service import Service
from praya.definition.source import Said, unknown
from praya.kernel.expression import Expression

Path = tuple[str | int, ...]
Found = Iterator[tuple[Path, Said]]
# What stands after `parties.doctor.`.
WORDS = {"state", "answers", "each", "all", "waiting", "given", "declined", "lapsed"}
# Addresses of the section's other pages.
TAKEN = {"begin", "check", "decline"}


def parties(service: Service) -> Found:
    """Every problem of the parties."""
    for party in service.parties.values():
        path: Path = ("parties", party.name)
        if not party.on_opening and party.name not in service.flow.invited:
            yield path, Said("never-reached", f"'{party.name}' is never invited: no action or state says so")
        yield from several(service, party, path)
        yield from _holder(service, party, path)
        yield from _sees(service, party, path)
        yield from _form(service, party, path)
    for state in service.flow.states.values():
        if state.when_given and not service.parties:
            yield (
                ("flow", "states", state.name, "when_given"),
                Said("not-possible", "nobody gives anything: the service has no 'parties'"),
            )
    asked: list[tuple[Path, Question]] = [(("form",), question) for question in service.questions.values()]
    in_actions = (question for action in service.flow.actions for question in action.ask)
    asked += [(("flow",), question) for question in in_actions if not isinstance(question, DerivedQuestion)]
    for where, question in asked:
        if question.shown_to_applicant:
            said = f"'{question.name}' needs no 'shown_to_applicant': it is for questions of a party"
            yield where, Said("not-possible", f"{said}, and for derived answers of an action")


def _holder(service: Service, party: Party, path: Path) -> Found:
    if party.holder and (service.subject is None or service.subject.who != "anyone"):
        said = "there is no other holder: only a service with {subject: {who: anyone}} asks the holder of the entry"
        yield (*path, "holder"), Said("not-possible", said)
    if party.holder and (party.several or party.called):
        said = "the holder is one person whom the register knows; take 'several' and 'called' out"
        yield (*path, "holder"), Said("not-possible", said)


def _sees(service: Service, party: Party, path: Path) -> Found:
    repeat = service.questions.get(party.repeat or "")
    inner = {q.name: q for q in repeat.questions} if isinstance(repeat, RepeatQuestion) else {}
    for index, name in enumerate(party.sees):
        here = (*path, "sees", index)
        of_item = name.startswith(ITEM)
        known: dict[str, Question] = {f"{ITEM}{n}": q for n, q in inner.items()} if of_item else {**service.questions}
        if of_item and party.several is None:
            yield here, Said("not-possible", f"there is no item: '{party.name}' has no 'several'")
        elif "." in name and not of_item:
            yield from ((here, said) for said in _sees_of_another(service, party, name))
        elif name not in known:
            yield here, unknown("question", name, known)


def _sees_of_another(service: Service, party: Party, name: str) -> Iterator[Said]:
    other, _, question = name.partition(".")
    others = {one.name: one for one in service.parties.values() if one is not party}
    if other not in others:
        yield unknown("other party", other, others)
    elif others[other].several:
        yield Said("not-possible", f"'{other}' is several: what each of them gave is for officers")
    elif question not in others[other].questions:
        yield unknown(f"question of '{other}'", question, others[other].questions)


def _form(service: Service, party: Party, path: Path) -> Found:
    pages: set[str] = set()
    names: set[str] = set()
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
            if question.name in service.questions:
                said = f"the applicant is asked a question called '{question.name}' too; give this one another name"
                yield (*here, "questions", question.name), Said("named-twice", said)
            names.add(question.name)


def deeper(service: Service, expression: Expression) -> Iterator[Said]:
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
