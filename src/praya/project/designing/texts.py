"""Checks of texts: length on a telephone, reading level, personal data, what to bring."""

import pathlib
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from praya.definition.check import PLACEHOLDER, questions_of
from praya.definition.model import leaves
from praya.definition.pack import Pack
from praya.definition.questions import IdentifierQuestion, LongTextQuestion, Question, TextQuestion
from praya.definition.service import Service
from praya.definition.source import Message, read
from praya.kernel.expression import Expression
from praya.kernel.syntax import Choice, Node, Reckoned, named, of_each
from praya.kernel.text import Text

Path = tuple[str | int, ...]
Advices = Iterator[tuple[Path, Message]]
# At 360 pixels a question of this many letters takes three lines, a button two.
LABEL, BUTTON = 90, 40
SEGMENTS = 2
WORDS_IN_SENTENCE, HAN_IN_SENTENCE = 30, 70
LIX, LIX_WORDS = 60, 30
_TO_THE_APPLICANT = re.compile(r"\byou(?:rs?)?\b|[\u4f60\u60a8]|\u95a3\u4e0b", re.IGNORECASE)
_HAN = re.compile(r"[\u3400-\u9fff]")
_SENTENCES = re.compile(r"[.!?](?:\s|$)|[。！？；]|\n\s*\n")
_GSM = re.compile(r"[\n\r !-Z_a-z\u00a1\u00a3-\u00a5\u00a7\u00bf\u00c4-\u00c7\u00c9\u00d1\u00d6\u00d8\u00dc\u00df\u00e0"
                  r"\u00e4-\u00e9\u00ec\u00f1\u00f2\u00f6\u00f8\u00f9\u00fc]*")  # fmt: skip
# What a subject holds, and ten text messages of Chinese.
SUBJECT, SMS = 200, 670
# The placeholder for an expression in a text message, whose value is unknown.
_FILLED = "x" * 12


def warnings(service: Service, pack: Pack) -> Advices:
    """Every warning about the texts of a service."""
    yield from _lengths(service)
    yield from _answers_in_short_texts(service)
    for path, text in texts(service, ()):
        for language, words in text.written.items():
            for sentence in hard(words, language):
                yield (*path, language), sentence
    for path, question in questions_of(service):
        scheme = pack.identifiers.get(question.scheme) if isinstance(question, IdentifierQuestion) else None
        asks = question.type_name in {"person-name", "phone", "email"} or (scheme is not None and scheme.personal)
        if asks and not question.personal:
            yield path, Message("not-personal", f"'{question.name}' asks about a person; say 'personal: true'")
    yield from _spoken_to_the_applicant(service)
    if not service.needs:
        yield (), Message("no-needs", "nobody is told what to have at hand before they begin: add 'needs'")


def _spoken_to_the_applicant(service: Service) -> Advices:
    """Labels of states that officers would read as if they were meant."""
    for state in service.flow.states.values():
        for language, words in state.label.written.items() if state.officer_label is None else ():
            if _TO_THE_APPLICANT.search(words):
                sentence = f"officers read '{words}' as if they were meant; add 'officer_label' with their own words"
                yield ("flow", "states", state.name, "label", language), Message("applicants-voice", sentence)


def texts(value: Any, path: Path) -> list[tuple[Path, Text]]:
    """Every text that is written here, with its path in the file."""
    return leaves(value, Text, path, written=True)


def _lengths(service: Service) -> Advices:
    for path, question in questions_of(service):
        yield from _long(question.label, (*path, "label"), "question", LABEL)
    for state in service.flow.states.values():
        for action in state.actions.values():
            path = ("flow", "states", state.name, "actions", action.name, "label")
            yield from _long(action.label, path, "button", BUTTON)
    for notice in service.notices.values():
        for language, words in notice.sms.written.items() if notice.sms else ():
            count, most = segments(PLACEHOLDER.sub(_FILLED, words))
            if count > SEGMENTS:
                sentence = f"is about {count} text messages long; {SEGMENTS} hold {most} characters of this writing"
                yield ("notices", notice.name, "sms", language), Message("long-text", sentence)


def _answers_in_short_texts(service: Service) -> Advices:
    """Answers in subjects and text messages that may be too long for them and would be shortened."""
    for notice in service.notices.values():
        for word, text in (("subject", notice.subject), ("sms", notice.sms)):
            for language, words in text.written.items() if text else ():
                sources = [source.strip() for source in PLACEHOLDER.findall(words)]
                lengths = {source: _longest(source, service) for source in sources}
                length = len(PLACEHOLDER.sub("", words)) + sum(lengths[source] for source in sources)
                # A Chinese character makes a text message one of 67 characters.
                most = SUBJECT if word == "subject" else SMS
                if length > most and lengths:
                    source = max(lengths, key=lambda one: lengths[one])
                    sentence = f"'{source}' can be {lengths[source]:,} characters long, and {most} fit here in all"
                    yield (
                        ("notices", notice.name, word, language),
                        Message("may-not-fit", f"{sentence}: it may be shortened"),
                    )


def _longest(source: str, service: Service) -> int:
    """The most characters that an expression of typed answers can give; 0 for an expression of others."""
    return _longest_of(Expression(source).node, service)


def _longest_of(node: Node, service: Service) -> int:
    if isinstance(node, Choice):
        return max(_longest_of(node.one, service), _longest_of(node.other, service))
    if isinstance(node, Reckoned):
        return sum(_longest_of(term, service) for term in node.terms)
    if each := of_each(node):
        repeat = service.questions.get(each[0])
        inner = next((q for q in getattr(repeat, "questions", ()) if q.name == each[1]), None)
        return (_typed(inner) + 2) * getattr(repeat, "max", 1) if inner is not None else 0
    place = named(node)
    return _typed(_question_of(service, *place)) if place and place[0] in {"answers", "findings"} else 0


def _question_of(service: Service, root: str, name: str) -> Question | None:
    return (service.questions if root == "answers" else service.flow.action_questions).get(name)


def _typed(question: Question | None) -> int:
    """The greatest length of an answer that is typed as text."""
    if isinstance(question, TextQuestion | LongTextQuestion):
        return question.max_length
    return {"person-name": 302, "address": 486, "email": 254}.get(question.type_name, 0) if question else 0


def _long(text: Text, path: Path, what: str, most: int) -> Advices:
    for language, words in text.written.items():
        # A Chinese character is as wide as two letters.
        width = len(words) + len(_HAN.findall(words))
        if width > most:
            sentence = f"is too long for a {what} on a telephone: {width} letters wide; at most {most}"
            yield (*path, language), Message("long-text", sentence)


def segments(words: str) -> tuple[int, int]:
    """The number of text messages for a text, and the characters that `SEGMENTS` of them hold (GSM 7-bit or UCS-2)."""
    if _GSM.fullmatch(words):
        return (1 if len(words) <= 160 else -(-len(words) // 153)), 153 * SEGMENTS
    units = len(words.encode("utf-16-le")) // 2
    return (1 if units <= 70 else -(-units // 67)), 67 * SEGMENTS


@cache
def _plain_words() -> tuple[re.Pattern[str], dict[str, str], frozenset[str]]:
    """The pattern of the words of offices, what people say instead of each, and the characters that are only spoken."""
    data = read(pathlib.Path(__file__).with_name("plain_words.yaml")).data
    longest_first = sorted(data["office"], key=len, reverse=True)
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE)
    return pattern, data["office"], frozenset(data["spoken"])


def hard(words: str, language: str) -> Iterator[Message]:
    """What makes a text hard to read in its language.

    Sentences that are too long; longer texts in letters with a high LIX (length of sentences and words); in English
    words of offices; in Chinese characters that are only spoken.
    """
    office, plain, spoken = _plain_words()
    if language == "en":
        for found in dict.fromkeys(word.lower() for word in office.findall(words)):
            yield Message("hard-to-read", f"'{found}' is a word of offices; people say: {plain[found]}")
    if language.startswith("zh") and (only_spoken := sorted(spoken & set(words))):
        yield Message("hard-to-read", f"{''.join(only_spoken)} is spoken Cantonese; write it as written Chinese")
    sentences = [sentence for sentence in _SENTENCES.split(words) if sentence.strip()]
    for sentence in sentences:
        han, letters = len(_HAN.findall(sentence)), re.findall(r"[^\W\d_]+", _HAN.sub(" ", sentence))
        if han > HAN_IN_SENTENCE or len(letters) > WORDS_IN_SENTENCE:
            length = f"{han} characters" if han > HAN_IN_SENTENCE else f"{len(letters)} words"
            begin = " ".join(sentence.split())[:30]
            yield Message("hard-to-read", f"the sentence '{begin}…' is {length} long; make two of it")
    words_of_it = re.findall(r"[^\W\d_]+", words)
    if len(words_of_it) >= LIX_WORDS and not _HAN.search(words):
        lix = len(words_of_it) / len(sentences) + 100 * sum(len(word) > 6 for word in words_of_it) / len(words_of_it)
        if lix > LIX:
            doubt = f"is hard to read (LIX {lix:.0f}; up to {LIX} is taken): use shorter sentences and shorter words"
            yield Message("hard-to-read", doubt)
