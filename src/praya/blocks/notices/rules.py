"""Rules for messages: valid addresses, permitted characters, lengths. Pure."""

import re
from dataclasses import dataclass
from datetime import timedelta

from praya.kernel.reading import ELLIPSIS, fitting, shortened

SUBJECT_LENGTH = 200
BODY_LENGTH = 20_000
SEGMENTS = 10
CODE_LIFE = timedelta(minutes=15)
"""A code older than this is not sent: it is of no use any more."""

# GSM 03.38 (3GPP TS 23.038, 6.2.1): characters of seven bits, and those that need an escape before them.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("\f^{}\\[~]|€")

_EMAIL = re.compile(r"[^\s@,;:<>()\"\\\x00-\x1f\x7f]{1,64}@[^\s@,;:<>()\"\\\x00-\x1f\x7f]{1,253}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_IN_BODY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Written:
    """A message in sendable form, and the names of the parts that were shortened."""

    subject: str
    body: str
    sms: str
    shortened: tuple[str, ...] = ()


def written(subject: str, body: str, sms: str, *, otherwise: str) -> Written:
    """Make a message sendable, whatever text from people it contains.

    A subject becomes one line, because a line end in it would allow header injection. An empty subject is replaced by
    `otherwise`, an empty text message by the subject. Texts that are too long are shortened and end in an ellipsis.
    """
    line = _one_line(subject) or _one_line(otherwise)
    texts = {"subject": line, "body": _CONTROL_IN_BODY.sub(" ", body.replace("\r\n", "\n"))}
    texts["sms"] = _CONTROL_IN_BODY.sub(" ", sms.replace("\r\n", "\n")).strip() or line
    fitted = {
        "subject": shortened(texts["subject"], SUBJECT_LENGTH),
        "body": shortened(texts["body"], BODY_LENGTH),
        "sms": _few_segments(texts["sms"]),
    }
    return Written(**fitted, shortened=tuple(part for part, text in texts.items() if fitted[part] != text))


def _one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def _few_segments(text: str) -> str:
    # The character "…" is not in GSM 03.38: it would turn the message into Unicode, with less than half the capacity.
    ellipsis = "..." if _is_gsm(text) else ELLIPSIS
    return fitting(text[: SEGMENTS * 153 + 1], lambda some: segments(some) <= SEGMENTS, ellipsis=ellipsis)


def _is_gsm(text: str) -> bool:
    return all(c in _BASIC or c in _ESCAPED for c in text)


def segments(text: str) -> int:
    """The number of SMS segments: one holds 160 septets or 70 UTF-16 units, each of several 153 or 67."""
    if _is_gsm(text):
        sizes, alone, joined = [2 if c in _ESCAPED else 1 for c in text], 160, 153
    else:
        sizes, alone, joined = [2 if ord(c) > 0xFFFF else 1 for c in text], 70, 67
    if sum(sizes) <= alone:
        return 1
    # An escape or a surrogate pair is never split between two segments.
    count, room = 1, joined
    for size in sizes:
        if size > room:
            count, room = count + 1, joined
        room -= size
    return count


def why_not_email(address: str) -> str | None:
    """The failure code of an invalid e-mail address; None for a valid one."""
    return None if _EMAIL.fullmatch(address) else "email_address"


def why_not_phone(phone: str) -> str | None:
    """The failure code of an invalid telephone number (E.164); None for a valid one."""
    return None if _PHONE.fullmatch(phone) else "phone_number"
