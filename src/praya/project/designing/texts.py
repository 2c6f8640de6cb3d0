"""What people read, and whether they will: length on a telephone, reading level, what is personal, what to bring."""

import re
from collections.abc import Iterator
from typing import Any

from praya.definition.check import PLACEHOLDER, questions_of
from praya.definition.model import leaves
from praya.definition.pack import Pack
from praya.definition.questions import IdentifierQuestion
from praya.definition.service import Service
from praya.definition.source import Said
from praya.kernel.text import Text

Path = tuple[str | int, ...]
Found = Iterator[tuple[Path, Said]]
# At 360 pixels a question of this many letters takes three lines, a button two.
LABEL, BUTTON = 90, 40
SEGMENTS = 2
WORDS_IN_SENTENCE, HAN_IN_SENTENCE = 35, 90
LIX, LIX_WORDS = 60, 30
_HAN = re.compile(r"[\u3400-\u9fff]")
_SENTENCES = re.compile(r"[.!?](?:\s|$)|[。！？；]|\n\s*\n")
_GSM = re.compile(r"[\n\r !-Z_a-z\u00a1\u00a3-\u00a5\u00a7\u00bf\u00c4-\u00c7\u00c9\u00d1\u00d6\u00d8\u00dc\u00df\u00e0"
                  r"\u00e4-\u00e9\u00ec\u00f1\u00f2\u00f6\u00f8\u00f9\u00fc]*")  # fmt: skip
# What stands for an expression in a text message while its value is not known.
_FILLED = "x" * 12


def warnings(service: Service, pack: Pack) -> Found:
    """Every doubt about the words of a service."""
    yield from _lengths(service)
    for path, text in texts(service, ()):
        for language, words in text.written.items():
            for said in _hard(words):
                yield (*path, language), said
    for path, question in questions_of(service):
        scheme = pack.identifiers.get(question.scheme) if isinstance(question, IdentifierQuestion) else None
        asks = question.type_name in {"person-name", "phone", "email"} or (scheme is not None and scheme.personal)
        if asks and not question.personal:
            yield path, Said("not-personal", f"'{question.name}' asks about a person; say 'personal: true'")
    if not service.needs:
        yield (), Said("no-needs", "nobody is told what to have at hand before they begin: add 'needs'")


def texts(value: Any, path: Path) -> Iterator[tuple[Path, Text]]:
    """Every text that is written here, with its path in the file."""
    return leaves(value, Text, path, written=True)


def _lengths(service: Service) -> Found:
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
                said = f"is about {count} text messages long; {SEGMENTS} hold {most} characters of this writing"
                yield ("notices", notice.name, "sms", language), Said("long-text", said)


def _long(text: Text, path: Path, what: str, most: int) -> Found:
    for language, words in text.written.items():
        # A Chinese character is as wide as two letters.
        width = len(words) + len(_HAN.findall(words))
        if width > most:
            said = f"is too long for a {what} on a telephone: {width} letters wide; at most {most}"
            yield (*path, language), Said("long-text", said)


def segments(words: str) -> tuple[int, int]:
    """How many text messages it takes, and how many characters `SEGMENTS` of them hold: GSM 7-bit, or UCS-2."""
    if _GSM.fullmatch(words):
        return (1 if len(words) <= 160 else -(-len(words) // 153)), 153 * SEGMENTS
    units = len(words.encode("utf-16-le")) // 2
    return (1 if units <= 70 else -(-units // 67)), 67 * SEGMENTS


def _hard(words: str) -> Iterator[Said]:
    """Sentences that are too long; of a longer text in letters its LIX: words a sentence, share of long words."""
    sentences = [sentence for sentence in _SENTENCES.split(words) if sentence.strip()]
    for sentence in sentences:
        han, letters = len(_HAN.findall(sentence)), re.findall(r"[^\W\d_]+", _HAN.sub(" ", sentence))
        if han > HAN_IN_SENTENCE or len(letters) > WORDS_IN_SENTENCE:
            length = f"{han} characters" if han > HAN_IN_SENTENCE else f"{len(letters)} words"
            begin = " ".join(sentence.split())[:30]
            yield Said("hard-to-read", f"the sentence '{begin}…' is {length} long; make two of it")
    found = re.findall(r"[^\W\d_]+", words)
    if len(found) >= LIX_WORDS and not _HAN.search(words):
        lix = len(found) / len(sentences) + 100 * sum(len(word) > 6 for word in found) / len(found)
        if lix > LIX:
            said = f"is hard to read (LIX {lix:.0f}; up to {LIX} is taken): use shorter sentences and shorter words"
            yield Said("hard-to-read", said)
