"""Find a word, a name, a code or a phrase in the whole reference."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from praya.definition.questions import MESSAGES
from praya.definition.source import catalogue, read
from praya.project.reference import pages, vocabulary
from praya.project.reference.markdown import one_line


@dataclass(frozen=True, slots=True)
class ReferenceEntry:
    """An entry of the reference: its name, the part that it belongs to, its sentence, an example, its place."""

    name: str
    of: str
    sentence: str
    example: str
    place: str


def entries() -> Iterator[ReferenceEntry]:
    """Everything that the reference explains, in its order."""
    elsewhere = {part: page for page, parts in pages.ON_PAGE.items() for part in parts}
    types = {kind.__name__: word for word, kind in vocabulary.question_types().items()}
    types |= {kind.__name__: word for word, kind in vocabulary.content_types().items()}
    for name, part in vocabulary.parts().items():
        page = elsewhere.get(name, "language.md")
        heading = types.get(name, name)
        yield ReferenceEntry(heading, "", " ".join((part.__doc__ or "").split()), "", f"{page}#{heading.lower()}")
        for word in vocabulary.words(part):
            example = one_line({word.name: word.example})
            yield ReferenceEntry(word.name, heading, word.sentence, example, f"{page}#{heading.lower()}")
    sections = read(pages.HERE / "expressions.yaml").data
    for name, (sentence, where) in vocabulary.names().items():
        yield ReferenceEntry(name, f"expressions, {where}", sentence, "", "expressions.md")
    for example, value, sentence in sections["examples"]:
        yield ReferenceEntry(example, "expressions", sentence, f"{example}  gives  {one_line(value)}", "expressions.md")
    for code, problem in catalogue().items():
        yield ReferenceEntry(code, "praya check", f"{problem['means']} {problem['mend']}", "", f"problems.md#{code}")
    for code, message in MESSAGES.items():
        yield ReferenceEntry(code, "what people read", message.in_("en"), "", "errors.md")
    for code, told_by in pages.BESIDE_ANSWERS.items():
        yield ReferenceEntry(code, "examples", told_by, "", "errors.md")


@cache
def synonyms() -> dict[str, list[str]]:
    """Synonyms that offices use, in lower case, each with the names of the entries that explain it."""
    written = read(pages.HERE / "synonyms.yaml").data
    return {phrase.strip(): names for phrases, names in written.items() for phrase in phrases.split(",")}


def find(asked: str) -> list[ReferenceEntry]:
    """The entries with that name, else with that synonym, followed by those that have it in their name or text.

    For `booking.first_date`, which is no entry's name, the entry `first_date` of `booking` comes first.
    """
    wanted = asked.strip().casefold()
    if not wanted:
        return []
    known = list(entries())
    named = [one for one in known if one.name.casefold() == wanted or f"{one.of}.{one.name}".casefold() == wanted]
    if named:
        return named
    meant = synonyms().get(wanted) or synonyms().get(wanted.removesuffix("s")) or synonyms().get(f"{wanted}s") or []
    called = [one for name in meant for one in known if name in {one.name, f"{one.of}.{one.name}"}]
    within = called + [one for one in known if wanted in one.name.casefold() and one not in called]
    parts = wanted.split()
    spoken = [
        one
        for one in known
        if one not in within and all(part in f"{one.name} {one.of} {one.sentence}".casefold() for part in parts)
    ]
    root = wanted.partition(".")[0] if "." in wanted else ""
    rooted = [one for one in known if one.name == root and one.of.startswith("expressions, ")]
    return rooted + within + [one for one in spoken if one not in rooted]
