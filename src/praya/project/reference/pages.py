"""The pages of docs/reference, as text by file name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from praya.definition.questions import MESSAGES
from praya.definition.source import catalogue, read
from praya.kernel import jsontext
from praya.project.reference import installation, vocabulary
from praya.project.reference.markdown import block, code, one_line, page, table
from praya.project.reference.schema import service_schema

HERE = Path(__file__).parent
# The parts on each page; all others are on the page of the service.
ON_PAGE = {
    "examples.md": ("Example", "Held", "GivenEntry", "Seat", "Step", "Reply", "Expect"),
    "pack.md": (
        "Pack",
        "Department",
        "PackRole",
        "Community",
        "Topic",
        "LifeEvent",
        "Season",
        "Alert",
        "Days",
        "Holiday",
        "Map",
        "Land",
        "Spot",
        "Scheme",
        "WeightedCheck",
    ),
    "questions.md": (
        "Question",
        "Rule",
        *(k.__name__ for k in vocabulary.question_types().values()),
        "Option",
        *(k.__name__ for k in vocabulary.content_types().values()),
    ),
}


def pages(glossary: Path, *, commands: Any) -> dict[str, str]:
    """Every generated page.

    `glossary` is the file of the words in three languages, `commands` are argparse's subparsers. Django must be ready.
    """
    return {
        "README.md": _contents(),
        "language.md": _language(),
        "questions.md": _questions(),
        "expressions.md": _expressions(),
        "examples.md": _parts_page("examples.md", "Examples", _EXAMPLES),
        "pack.md": _parts_page("pack.md", "The pack", _PACK),
        "errors.md": _errors(),
        "problems.md": _problems(),
        "glossary.md": _glossary(glossary),
        "settings.md": installation.settings(),
        "commands.md": installation.commands(commands),
        "routes.md": installation.routes(),
        "service.schema.json": jsontext.dumps(service_schema(), indent=1) + "\n",
    }


def _contents() -> str:
    rows = [
        ("[language.md](language.md)", "every word of `service.yaml`"),
        ("[questions.md](questions.md)", "the types of questions, their words, and how answers are kept"),
        ("[expressions.md](expressions.md)", "conditions and amounts"),
        ("[examples.md](examples.md)", "stories that test a service"),
        ("[pack.md](pack.md)", "a territory: departments, topics, calendar, identifiers, lists"),
        ("[errors.md](errors.md)", "what people read when an answer cannot be taken, with the codes"),
        ("[problems.md](problems.md)", "what `praya check` says of a definition, and how each is mended"),
        ("[service.schema.json](service.schema.json)", "the JSON Schema of `service.yaml`, for editors"),
        ("[commands.md](commands.md)", "every command of `praya`"),
        ("[settings.md](settings.md)", "every setting of an installation"),
        ("[routes.md](routes.md)", "every address, and who may use it"),
        ("[glossary.md](glossary.md)", "one word for each thing, in three languages"),
    ]
    return page(
        "Reference", "Made from the code, so that it cannot lag behind.", table(["page", "what it holds"], rows)
    )


_LANGUAGE = """A service is one file, `services/<name>/service.yaml`, in YAML 1.2. It holds words of this page only;
`praya check` says which word is wrong, where, and which was probably meant.

- **Texts** stand in each language of the pack: `{en: Apply, zh-hant: 申請}`. Simplified Chinese is drafted from
  Traditional where it is left out.
- **Names** of questions, parameters, conditions, decisions, lookups, parties, panels, criteria, fees and facts are
  small letters, digits and underscores; names of services, pages, states, actions, records, registers and notices
  have hyphens instead. In expressions a state's name has underscores for its hyphens: `judged.first_round`.
- **Lengths of time** are a number and minutes, hours, days, working days, weeks, months or years: `10 working days`.
- **Expressions** have [a page of their own](expressions.md).
- **By name** means: each name is the key, `{received: {...}, approved: {...}}`.
- Put in quotes what YAML would read otherwise: texts with `: ` or `{`, times such as `"09:00"`, expressions that begin
  with `!`, and between `{` and `}` those with a comma or brackets: `{when: "answers.kind in ['a', 'b']", to: vetting}`.
- **Shared parts** stand in the pack's `shared/` folder, each a name and its part, and are put in their place by
  `use: shared/applicant.yaml#hkid`. What is written beside `use` goes before the shared words, word by word. In a list,
  a part that is a list becomes its items. A shared part may use others. When it changes, give each service that uses it
  a new version.
- Aliases (`*name`) and merges (`<<`) are not taken."""

_EXAMPLES = """A story in `services/<name>/examples/<story>.yaml`: somebody applies with these answers, then this
happens, and this must come of it. Stories are the tests of a service (`praya play`), the proof at the gate
(`praya publish`), and some are the sample cases of the demonstration. What `expect` does not name is not looked at."""

_PACK = """A territory is a folder: `pack.yaml`, `lists/<name>.yaml` (each a list of [options](questions.md#option)),
`shared/<name>.yaml` (parts that several services [share](language.md)), `services/`,
and `sample/` with invented people for the demonstration. A list that a service uses is part of its
definition: when a list changes, give each service that uses it a new version."""


def _language() -> str:
    elsewhere = {name for names in ON_PAGE.values() for name in names}
    parts = [part for name, part in vocabulary.parts().items() if name not in elsewhere]
    return page("The language of a service", _LANGUAGE, *(_part(part, "language.md") for part in parts))


def _parts_page(name: str, title: str, opening: str) -> str:
    parts = vocabulary.parts()
    return page(title, opening, *(_part(parts[part], name) for part in ON_PAGE[name]))


def _part(part: Any, here: str, *, heading: str = "") -> str:
    shared = ""
    if part.__name__ in {"State", "Action", "Timer"}:
        shared = "\n\nAlso every word of [Effects](#effects)."
    return f"## {heading or part.__name__}\n\n{part.__doc__}{shared}\n\n{_words(part, here)}"


def _words(part: Any, here: str) -> str:
    rows = [
        (
            code(word.name),
            _linked(word.kind, here),
            "**required**" if word.required else code(word.default),
            word.sentence,
            code(f"{word.name}: {one_line(word.example)}"),
        )
        for word in vocabulary.words(part)
    ]
    return table(["word", "value", "default", "what it says", "example"], rows) if rows else ""


def _linked(kind: str, here: str) -> str:
    """Links to parts on other pages."""
    for name in vocabulary.parts():
        home = next((file for file, names in ON_PAGE.items() if name in names), "language.md")
        if home != here:
            kind = kind.replace(f"(#{name.lower()})", f"({home}#{name.lower()})")
    if "question" in kind and "[" not in kind:
        kind = kind.replace("questions", "question", 1).replace(
            "question", f"[questions]({'' if here == 'questions.md' else 'questions.md'}#question)", 1
        )
    return kind


def type_examples() -> dict[str, Any]:
    """For each question type a question and an answer as it is kept."""
    return dict(read(HERE / "answers.yaml").data)


_CONTENT = """## What is only read

Among the questions of a page, a repeat or an action may stand words that nobody answers. They need no name, and are in
no answers, schema or figures."""


_READING = """## How answers are read

On a page, over the API and in a story the same words are the same answer, or the same refusal.

- **Kept as typed**: every letter that there is, also of older Hong Kong names (private areas,
  extensions that are newer than the server), joiners and selectors of a variant. Nothing is dropped and
  nothing is cut.
- **Folded**: blanks at the ends go, several blanks in one line are one space, line ends are line feeds,
  and a letter with an accent that is typed as two is one (Unicode NFC; compatibility ideographs stay).
  The dots of a Chinese name are `·`.
- **Refused by name** (`control_character`): control characters, what turns the direction of the text
  around it, halves of characters, and the sign of text that arrived broken (U+FFFD). Around a telephone
  number the marks that telephones put there fall away.
- **Empty**: what shows nothing, such as a space of no width or a Hangul filler, is no answer.
- **Numbers**: wide digits and signs, `,` or a space between thousands, `$500`, `HKD 500`, `500元`, `.5`,
  `−5`. What can be read in two ways, such as `12,50` or an amount of `1.250`, is refused with both
  (`two_numbers`).
- **Telephones** are kept whole: an extension, or words beside the number, are refused.
- **Times and dates**: `9:30 p.m.`, `下午3時30分`, `3點半`; `2026年`, `11月`, `Nov`, and a whole date in one box
  where only one reading is possible, such as `2026年11月29日` or `29 Nov 2026`.
- **E-mail**: wide letters and `。` are read; a domain in other letters is kept as mail servers know it
  (`xn--`) and shown as it was typed. Before the @ there are ASCII letters only, because mail with
  others does not arrive everywhere (`email_other_letters`).
- **Identifiers and references** are found with small or wide letters, blanks, any hyphen and full
  stops.

What is *counted* by a limit, or booked once for each (`once_per`), is compared in a stronger form that
is never shown: without accents, spaces, dots and hyphens, small and wide letters as one, Traditional
and Simplified as one, and letters that look alike in other alphabets as one."""


def _questions() -> str:
    parts = vocabulary.parts()
    opening = (
        "A question is written as its name followed by its words: `shop_name: {type: text, label: {...}}`. Its answer "
        "is `answers.shop_name`. Below, each type shows a whole question and an answer as it is kept: that is how "
        "examples and the API write it."
    )
    listed = ", ".join(f"[{word}](#{word})" for word in vocabulary.question_types())
    sections = [_part(parts["Question"], "questions.md"), _part(parts["Rule"], "questions.md")]
    for word, kind in vocabulary.question_types().items():
        question, answer = type_examples()[word]
        shown = block({"questions": [{f"my_{word.replace('-', '_')}": question}]})
        sections.append(
            f"## {word}\n\n{kind.__doc__}\n\n{_words(kind, 'questions.md')}\n\n```yaml question\n{shown}\n```\n\n"
            f"Kept as {code(one_line({'my_' + word.replace('-', '_'): answer}))}"
        )
    sections.append(_part(parts["Option"], "questions.md"))
    sections.append(_CONTENT)
    for word, told_as in vocabulary.content_types().items():
        example = block({"questions": [{"type": word, **{w.name: w.example for w in vocabulary.words(told_as)}}]})
        sections.append(
            f"### {word}\n\n{told_as.__doc__}\n\n{_words(told_as, 'questions.md')}\n\n```yaml question\n{example}\n```"
        )
    return page("Questions", opening, f"The types: {listed}.", _READING, *sections)


def _expressions() -> str:
    sections = read(HERE / "expressions.yaml").data
    names = [(code(name), *sentences) for name, sentences in vocabulary.names().items()]
    rows = [(code(source), sentence, code(_spoken(value))) for source, value, sentence in sections["examples"]]
    facts = one_line(sections["facts"])
    return page(
        "Expressions",
        sections["about"],
        "## What it can name",
        table(["name", "what it is", "where"], names),
        "## What it can do",
        f"With these facts: {code(facts)}",
        table(["expression", "what it says", "here"], rows),
        *(f"## {heading}\n\n{sentences.strip()}" for heading, sentences in sections["rules"].items()),
    )


def _spoken(value: Any) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


BESIDE_ANSWERS = {
    "refused": "`expect: {refused: true}`: a rule of eligibility does not hold",
    "SlotTaken": "`errors: {booking: SlotTaken}`: the session is full",
    "NoSession": "`errors: {booking: NoSession}`: there is no such session, or it may not be booked now",
    "LimitReached": "`errors: {limits: LimitReached}`: more is asked than is left of one of the `limits`",
    "HeldAlready": "`errors: {booking: HeldAlready}`: who may have one booking has one (`once_per`)",
    "Closed": "`errors: {open: Closed}`: the service takes no applications then (`open`)",
    "NoSubject": "`errors: {subject: NoSubject}`: the entry is not in force, or is not the applicant's",
    "TooEarly": "`errors: {subject: TooEarly}`: the service opens later (`subject.open_before`)",
    "BookingClosed": "`errors: {booking: BookingClosed}`: booking is not open for this person now",
    "NotMovable": "`errors: {booking: NotMovable}`: it is too late to move the booking, or not allowed now",
    "not_allowed": "`errors: {action: not_allowed}`: the action is not offered to this role now",
    "already_entered": "`errors: {action: already_entered}`: a live entry has the same `unique` facts",
    "not_asked": "`errors: {reply: not_asked}`: this department was not asked, or has replied",
    "not_given": "`errors: {judge: not_given}`: the entry was not given to so many members, or one has a conflict",
    "not_open": "`errors: {judge: not_open}`: judging is over",
    "not_invited": "`errors: {party: not_invited}`: nobody was invited as this party",
    "not_waiting": "`errors: {party: not_waiting}`: this party has given or declined, or its time is over",
    "missing": "`errors: {reason: missing}`: the action needs its reason",
}
"""What an example expects when something else than an answer cannot be taken: its code, and what it says."""


def _errors() -> str:
    codes = [(code(name), text.in_("en"), text.in_("zh-hant")) for name, text in MESSAGES.items()]
    return page(
        "Errors",
        "When an answer cannot be taken, the person reads a sentence, and examples and the API give its code. The name "
        "before the code is the question's; inside a repeat it is `companions.0.name`, and a part of an address or a "
        "name follows after a hyphen: `address-street`.",
        table(["code", "English", "Chinese"], codes),
        "## Beside answers",
        table(["code", "in an example", ""], [(name, sentence, "") for name, sentence in BESIDE_ANSWERS.items()]),
    )


def _problems() -> str:
    rows = [
        f"## {name}\n\n{problem['means']}\n\n**How to mend it.** {problem['mend']}\n\n"
        f"*{problem.get('level', 'error').title()}.*"
        for name, problem in catalogue().items()
    ]
    return page(
        "Problems",
        "`praya check` says every problem of a definition at once: the file, line and column, the part, what is wrong "
        "and the nearest word that could be meant. Each has a code, which stays the same; with `--json` an editor gets "
        "the code, the words that are expected, how to mend it and a link to its place here. A warning does not stop "
        "anything; with `--strict` it does.",
        *rows,
    )


def _glossary(path: Path) -> str:
    words = read(path).data
    rows = [(w["en"], w["zh-hant"], w["zh-hans"], w["says"]) for w in _in_order(words)]
    return page(
        "Glossary",
        "One word for each thing, in code, pages and letters.",
        table(["English", "繁體中文", "简体中文", "what it is"], rows),
    )


def _in_order(words: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    yield from sorted(words, key=lambda word: word["en"].lower())
