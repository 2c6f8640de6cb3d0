"""Reading of typed text, in the same way for pages, API, stories and desk.

Text is stored as it was typed, except for the normalisation that each function documents. Characters that cannot be
stored are refused (`NotText`), never removed silently. docs/decisions/0021-reading-text.md gives the reasons.
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
# Refused: C0 and C1 controls except tab and line ends; characters that change the direction of surrounding text;
# surrogates; the replacement character (U+FFFD); and Unicode noncharacters.
_NOT_TEXT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffd-\uffff"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
# Marks that telephones and address books put around a number. U+202E (override) is never among them.
_DIRECTION = re.compile("[\u202a-\u202d\u2066-\u2069]")
_LINE_END = re.compile("\r\n|[\r\u2028\u2029]")
# Invisible characters that do not affect the joining of letters: zero-width space, word joiner, byte order mark.
_NOTHING = "\u200b\u2060\ufeff"
# Letters by category, but blank: Hangul fillers, the empty Braille pattern, an empty note head.
_LOOKS_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u180e\u034f\U0001d159")
# Combining marks, which are not readable alone.
_MARKS = frozenset({"Mn", "Me"})
# NFC would replace these by other letters, but a name must keep the letter that was typed.
_COMPATIBILITY_IDEOGRAPHS = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")
# The dots that people type between the parts of a Chinese name.
_DOTS = re.compile("\\s*[.·‧•・．･∙⋅●]\\s*")
NAME_DOT = "·"
# The same without the full stop, which is common in other texts.
_NAME_DOTS = str.maketrans(dict.fromkeys("‧•・･∙⋅●", NAME_DOT))
_FRACTION = re.compile("(?<=[0-9])/(?=[0-9])")
_ACCENTS = re.compile("[\u0300-\u036f]")
# Look-alike letters: Cyrillic and Greek to Latin, katakana to the Chinese characters of the same shape.
_ALIKE = str.maketrans(
    "авекмнорстухѕіјԛԝԁһӏ" + "αβεζηικμνορτυχ" + "ıɡłøđ" + "ロエカニハタトオ",
    "abekmhopctyxsijqwdhl" + "abezhikmnoptyx" + "iglod" + "口工力二八夕卜才",
)
# Only in text with digits, such as a number plate or a reference.
_ALIKE_AMONG_DIGITS = str.maketrans("oil", "011")


class NotText(ValueError):
    """The text contains a refused character; `character` is its code point, such as U+202E."""

    def __init__(self, character: str) -> None:
        super().__init__(character)
        self.character = character


def refused_character(text: str) -> str:
    """The first refused character of a text, as `U+202E`; empty when there is none."""
    match = _NOT_TEXT.search(text)
    return f"U+{ord(match[0]):04X}" if match else ""


def insist_on_text(text: str) -> str:
    """Return the text if it has no refused character. Raises NotText."""
    character = refused_character(text)
    if character:
        raise NotText(character)
    return text


def line(text: str) -> str:
    """Normalise one line: NFC, one space between words, none at the ends.

    Empty when no character is visible. Raises NotText.
    """
    return _seen(" ".join(_composed(insist_on_text(text)).split()))


def lines(text: str) -> str:
    """Normalise several lines: NFC, ended by line feeds, no white space at the ends of the whole text.

    Empty when no character is visible. Raises NotText.
    """
    return _seen(_composed(_LINE_END.sub("\n", insist_on_text(text))))


def compact(text: str) -> str:
    """Normalise a number, date, telephone number, reference or code: half-width, without invisible characters.

    Direction marks, which telephones put around a number, are removed. Spaces become plain spaces, and digits of any
    script 0 to 9. Raises NotText.
    """
    narrow = (_narrow(c) for c in insist_on_text(_DIRECTION.sub("", text)))
    seen = "".join(c for c in narrow if not _shows_nothing(c) and c not in _LOOKS_BLANK)
    return _seen(" ".join(_composed(seen).split()))


def dotted(name: str) -> str:
    """A Chinese name with the same dot (·) between all its parts."""
    return _DOTS.sub(NAME_DOT, name)


def matching(text: str) -> str:
    """A form that is equal for different spellings of the same thing, for limits and duplicates. It is never displayed.

    It ignores case, width, accents, the Chinese script, look-alike letters of other alphabets, spaces and punctuation;
    in an e-mail address only case and width.
    """
    try:
        return email_address(text).lower()
    except (NotAnAddress, NotText):
        pass
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", plain)).translate(_ALIKE)
    # Flat 1/2 is not flat 12.
    plain = _FRACTION.sub("\u2044", unicodedata.normalize("NFC", plain))
    folded = "".join(c if c < "\u2e80" else simplified(c) for c in plain if _counts(c))
    if any("0" <= c <= "9" for c in folded):
        folded = folded.translate(_ALIKE_AMONG_DIGITS)
    return folded or " ".join(plain.split())


def searchable(text: str) -> str:
    """The form of text for searching, which ignores width, case and the Chinese script.

    Each character is simplified by itself. In a phrase it might become a different one (乾 in 乾隆), and then a part
    of a text would not match the whole.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(_searched_letter(c) for c in plain.translate(_NAME_DOTS))


def _searched_letter(letter: str) -> str:
    if _shows_nothing(letter):
        # A joiner or variation selector changes the appearance of a letter only.
        return ""
    if unicodedata.category(letter) in {"Cc", "Zs", "Zl", "Zp"}:
        return " "
    return letter if letter < "\u2e80" else simplified(letter)


class NotANumber(ValueError):
    """Not a number, or ambiguous: a comma or point may separate thousands or decimals. `readings` then has both."""

    def __init__(self, *readings: str) -> None:
        super().__init__("two numbers" if readings else "no number")
        self.readings = readings


_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+|(?: [0-9]{3})+)|[0-9]*")
_MINUS = "-\u2212\u2013\u2012\u2010\u2011\ufe63"


def plain_number(typed: str, decimals: int) -> str:
    """A typed number as a plain decimal such as `-1250.5`; empty for an empty text.

    Commas or spaces may separate thousands. `12,50` is ambiguous; so is `1.250`, unless three decimals are permitted.
    Raises NotANumber, NotText.
    """
    text = compact(typed).replace("。", ".").replace("、", ",")
    if not text:
        return ""
    sign = "-" if text[0] in _MINUS else ""
    text = text[1:].strip() if sign else text
    whole, point, rest = text.partition(".")
    if not whole + rest or re.search("[^0-9, ]", whole) or re.search("[^0-9]", rest):
        european = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{3})+),([0-9]+)", text)
        if european:
            raise NotANumber(*(_shown(sign + european[1].replace(".", "") + "." + european[2]),) * 2)
        raise NotANumber
    if not _GROUPED.fullmatch(whole):
        before, comma, after = whole.partition(",")
        if comma and not point and before.isdecimal() and after.isdecimal():
            raise NotANumber(_shown(f"{sign}{before}.{after}"), _shown(f"{sign}{before}{after}"))
        raise NotANumber
    if point and len(rest) == 3 and decimals < 3 and whole.isdecimal() and whole[0] != "0" and len(whole) < 4:
        raise NotANumber(_shown(f"{sign}{whole}.{rest}"), _shown(f"{sign}{whole}{rest}"))
    digits = whole.replace(",", "").replace(" ", "") or "0"
    return f"{sign}{digits}.{rest}" if rest else f"{sign}{digits}"


def _shown(plain: str) -> str:
    whole, point, rest = plain.lstrip("-").partition(".")
    return f"{'-' if plain.startswith('-') else ''}{int(whole):,}{point}{rest}"


class NotAnAddress(ValueError):
    """Not an e-mail address that can receive mail; `code` gives the reason.

    `not_an_email`, or `email_other_letters`: the part before the @ has letters that only some mail servers accept.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]")


def email_address(typed: str) -> str:
    """Normalise an e-mail address: half-width, a domain with non-ASCII letters encoded (IDNA, `xn--`).

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
    """An address for display: its domain in its own letters."""
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{idna.decode(domain)}" if "xn--" in domain.lower() else address
    except UnicodeError:
        return address


def shortened(text: str, most: int, *, ellipsis: str = ELLIPSIS) -> str:
    """Shorten a text to `most` code points, ending in an ellipsis, without splitting a grapheme."""
    # Text after the cut is not examined.
    return text if len(text) <= most else fitting(text[: most + 1], lambda some: len(some) <= most, ellipsis=ellipsis)


def fitting(text: str, fits: Callable[[str], bool], *, ellipsis: str = ELLIPSIS) -> str:
    """Shorten a text until it `fits`, ending in an ellipsis, without splitting a grapheme."""
    if fits(text):
        return text
    ends = [0, *accumulate(len(one) for one in iter_graphemes(text))]
    enough = bisect_left(ends, True, key=lambda end: not fits(text[:end].rstrip() + ellipsis))
    return text[: ends[max(enough - 1, 0)]].rstrip() + ellipsis


def together(texts: Sequence[str], fits: Callable[[Sequence[str]], bool], *, least: int = 40) -> list[str]:
    """Shorten the longest texts to one common length until all fit together, but none below `least`."""
    if fits(texts):
        return list(texts)
    longest = max(map(len, texts), default=0)
    lengths = range(longest, least, -1)
    at = bisect_left(lengths, True, key=lambda most: fits([shortened(text, most) for text in texts]))
    most = lengths[at] if at < len(lengths) else least
    return [shortened(text, most) for text in texts]


# Unicode decompositions to the same character in another width or size, or without a line break.
_SAME_BUT_FOR_WIDTH = ("<wide>", "<narrow>", "<small>", "<noBreak>")


def _narrow(c: str) -> str:
    if c < "\x80":
        return c
    if unicodedata.category(c) == "Nd":
        return str(unicodedata.decimal(c))
    kind, _, other = unicodedata.decomposition(c).partition(" ")
    return chr(int(other, 16)) if kind in _SAME_BUT_FOR_WIDTH else c


def _composed(text: str) -> str:
    parts = _COMPATIBILITY_IDEOGRAPHS.split(text)
    return "".join(part if at % 2 else unicodedata.normalize("NFC", part) for at, part in enumerate(parts))


def _seen(text: str) -> str:
    before = ""
    while before != text:
        before, text = text, text.strip().strip(_NOTHING)
    return "" if all(_says_nothing(c) for c in text) else text


def _says_nothing(c: str) -> bool:
    return c.isspace() or c in _LOOKS_BLANK or _shows_nothing(c) or unicodedata.category(c) in _MARKS


def without_controls(text: str, instead: str = " ") -> str:
    """The text with each refused character replaced by `instead`."""
    return _NOT_TEXT.sub(instead, text)


def _shows_nothing(c: str) -> bool:
    """Whether a character is invisible by itself: a joiner, a direction mark, a variation selector."""
    return unicodedata.category(c) == "Cf" or "\ufe00" <= c <= "\ufe0f" or "\U000e0100" <= c <= "\U000e01ef"


def _counts(c: str) -> bool:
    kind = unicodedata.category(c)
    return not (
        kind[0] in "ZP" or kind in {"Cf", "Cc", "Cs", "Sk"} or _shows_nothing(c) or c in _LOOKS_BLANK or c in "−ー￣|"
    )
