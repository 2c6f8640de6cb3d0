"""How text that somebody typed is read: one way at every door, whether page, API, story or desk.

What a person wrote is kept as it was written, but for the folding that each function here names. What cannot be kept
is refused (`NotText`) and never dropped. The decision "reading text" in docs/decisions says why.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate

import idna
from wcwidth import iter_graphemes

from praya.kernel.text import simplified

ELLIPSIS = "…"
# C0 and C1 but tab and line ends; what turns the direction of the text around it; halves of characters; the sign of
# bytes that were no text (U+FFFD); and what Unicode will never give to a character.
_NOT_TEXT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffd-\uffff"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_LINE_END = re.compile("\r\n|[\r\u2028\u2029]")
# Nothing of these is seen, and no letter joins by them: zero-width space, word joiner, byte order mark.
_NOTHING = "\u200b\u2060\ufeff"
# Letters by their category that show nothing: Hangul fillers and the empty Braille pattern.
_LOOKS_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u180e\u034f")
# Composed form would put another letter in the place of these; a name is written with the one that was typed.
_COMPATIBILITY_IDEOGRAPHS = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")
# The dots that people type between the parts of a Chinese name.
_DOTS = re.compile("\\s*[.·‧•・．･∙⋅●]\\s*")
NAME_DOT = "·"
_ACCENTS = re.compile("[\u0300-\u036f]")
# Letters that look like others: Cyrillic and Greek as Latin, katakana as the Chinese letters of the same strokes.
_ALIKE = str.maketrans(
    "авекмнорстухѕіјԛԝԁһӏ" + "αβεζηικμνορτυχ" + "ıɡłøđ" + "ロエカニハタトオ",
    "abekmhopctyxsijqwdhl" + "abezhikmnoptyx" + "iglod" + "口工力二八夕卜才",
)
# Within what has digits in it, such as a number plate or a reference.
_ALIKE_AMONG_DIGITS = str.maketrans("oil", "011")


class NotText(ValueError):
    """What was typed holds a character that is refused at every door; `character` names it, such as U+202E."""

    def __init__(self, character: str) -> None:
        super().__init__(character)
        self.character = character


def refused_character(text: str) -> str:
    """The first character of a text that is refused, as `U+202E`; empty when there is none."""
    found = _NOT_TEXT.search(text)
    return f"U+{ord(found[0]):04X}" if found else ""


def insist_on_text(text: str) -> str:
    """The text itself. Raises NotText."""
    character = refused_character(text)
    if character:
        raise NotText(character)
    return text


def line(text: str) -> str:
    """One line as it is kept: in composed form, one space between words, none at the ends.

    Empty when nothing of it can be seen. Raises NotText.
    """
    return _seen(" ".join(_composed(insist_on_text(text)).split()))


def lines(text: str) -> str:
    """Several lines as they are kept: in composed form, each ended by a line feed, no blanks at the ends of the whole.

    Empty when nothing of it can be seen. Raises NotText.
    """
    return _seen(_composed(_LINE_END.sub("\n", insist_on_text(text))))


def compact(text: str) -> str:
    """What is typed of a number, a date, a telephone, a reference or a code: narrow, without what cannot be seen.

    The marks of direction that telephones put around a number fall away. Spaces are plain ones. Raises NotText.
    """
    narrow = unicodedata.normalize("NFKC", insist_on_text(_DIRECTION.sub("", text)))
    return " ".join("".join(c for c in narrow if not _unseen(c)).split())


def dotted(name: str) -> str:
    """A Chinese name with one kind of dot between its parts."""
    return _DOTS.sub(NAME_DOT, name)


def matching(text: str) -> str:
    """The form by which two spellings of one thing are the same, for limits and the finding of doubles; never shown.

    Letters large and small, wide and narrow, with and without accents, Traditional and Simplified, and those that look
    alike in other alphabets are one; spaces, dots, hyphens and other marks do not count.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", plain)).translate(_ALIKE)
    plain = unicodedata.normalize("NFC", plain)
    found = "".join(c if c < "\u2e80" else simplified(c) for c in plain if _counts(c))
    if any("0" <= c <= "9" for c in found):
        found = found.translate(_ALIKE_AMONG_DIGITS)
    return found or " ".join(plain.split())


class NotAnAddress(ValueError):
    """It is no e-mail address to which letters can be sent; `code` says why.

    `not_an_email`, or `email_other_letters`: the part before the @ holds letters that only some mail servers take.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]")


def email_address(typed: str) -> str:
    """An e-mail address as it is kept: narrow, a domain in other letters as mail servers know it (IDNA, `xn--`).

    Raises NotText, NotAnAddress.
    """
    local, at, domain = compact(typed).replace("。", ".").rpartition("@")
    if not at or not local or len(local) > 64:
        raise NotAnAddress("not_an_email")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except UnicodeError:
            raise NotAnAddress("not_an_email") from None
    if not local.isascii() and _DOMAIN.fullmatch(domain) and "@" not in local and " " not in local:
        raise NotAnAddress("email_other_letters")
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain) or len(local) + len(domain) > 253:
        raise NotAnAddress("not_an_email")
    return f"{local}@{domain}"


def email_shown(address: str) -> str:
    """An address as people read it: a domain in its own letters."""
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{idna.decode(domain)}" if "xn--" in domain.lower() else address
    except UnicodeError:
        return address


def shortened(text: str, most: int, *, ellipsis: str = ELLIPSIS) -> str:
    """The text, of at most `most` code points: what is too long ends in an ellipsis, and no character is split."""
    # What lies behind the cut is not looked at.
    return text if len(text) <= most else fitting(text[: most + 1], lambda some: len(some) <= most, ellipsis=ellipsis)


def fitting(text: str, fits: Callable[[str], bool], *, ellipsis: str = ELLIPSIS) -> str:
    """The text, shortened to what `fits`; what is too long ends in an ellipsis, and no character is split."""
    if fits(text):
        return text
    ends = [0, *accumulate(len(one) for one in iter_graphemes(text))]
    enough = bisect_left(ends, True, key=lambda end: not fits(text[:end].rstrip() + ellipsis))
    return text[: ends[max(enough - 1, 0)]].rstrip() + ellipsis


def together(texts: Sequence[str], fits: Callable[[Sequence[str]], bool], *, least: int = 40) -> list[str]:
    """The texts, the longest of them shortened to one length until all fit together; none to less than `least`."""
    if fits(texts):
        return list(texts)
    longest = max(map(len, texts), default=0)
    lengths = range(longest, least, -1)
    at = bisect_left(lengths, True, key=lambda most: fits([shortened(text, most) for text in texts]))
    most = lengths[at] if at < len(lengths) else least
    return [shortened(text, most) for text in texts]


def _composed(text: str) -> str:
    parts = _COMPATIBILITY_IDEOGRAPHS.split(text)
    return "".join(part if at % 2 else unicodedata.normalize("NFC", part) for at, part in enumerate(parts))


def _seen(text: str) -> str:
    before = ""
    while before != text:
        before, text = text, text.strip().strip(_NOTHING)
    return "" if all(c.isspace() or c in _LOOKS_BLANK or _unseen(c) for c in text) else text


def without_controls(text: str) -> str:
    """The text with a space in the place of each character that is refused at every door."""
    return _NOT_TEXT.sub(" ", text)


def _unseen(c: str) -> bool:
    """Whether a character shows nothing by itself: a joiner, a mark of direction, a selector of a variant."""
    return unicodedata.category(c) == "Cf" or "\ufe00" <= c <= "\ufe0f" or "\U000e0100" <= c <= "\U000e01ef"


def _counts(c: str) -> bool:
    kind = unicodedata.category(c)
    return not (kind[0] in "ZP" or kind in {"Cf", "Cc", "Sk"} or _unseen(c) or c in _LOOKS_BLANK or c in "−ー￣|")
