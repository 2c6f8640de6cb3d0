"""What may be sent, and how long it is: pure decisions."""

import re
from datetime import timedelta

SUBJECT_LENGTH = 200
BODY_LENGTH = 20_000
SEGMENTS = 10
CODE_LIFE = timedelta(minutes=15)
"""A code that could not be sent for so long is of no use to anybody any more."""

# GSM 03.38 (3GPP TS 23.038, 6.2.1): what fits in seven bits, and what needs an escape before it.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("\f^{}\\[~]|€")

_EMAIL = re.compile(r"[^\s@,;:<>()\"\\\x00-\x1f\x7f]{1,64}@[^\s@,;:<>()\"\\\x00-\x1f\x7f]{1,253}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_BODY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def segments(text: str) -> int:
    """How many messages an SMS is charged as: 160 septets or 70 UTF-16 units alone, 153 or 67 when joined."""
    if all(c in _BASIC or c in _ESCAPED for c in text):
        sizes, alone, joined = [2 if c in _ESCAPED else 1 for c in text], 160, 153
    else:
        sizes, alone, joined = [2 if ord(c) > 0xFFFF else 1 for c in text], 70, 67
    if sum(sizes) <= alone:
        return 1
    # An escape or a surrogate pair is never split between two messages.
    count, room = 1, joined
    for size in sizes:
        if size > room:
            count, room = count + 1, joined
        room -= size
    return count


def why_not_content(subject: str, body: str) -> str | None:
    """Why a message with this content cannot be sent, as a code; None when it can."""
    if not subject.strip() or len(subject) > SUBJECT_LENGTH:
        return "subject_length"
    if _CONTROL.search(subject):
        # A line break in a subject is how headers are smuggled into a message.
        return "subject_control_character"
    if len(body) > BODY_LENGTH:
        return "body_length"
    if _CONTROL_IN_BODY.search(body):
        return "body_control_character"
    return None


def why_not_email(address: str) -> str | None:
    """Why nothing can be sent to this e-mail address; None when it can."""
    return None if _EMAIL.fullmatch(address) else "email_address"


def why_not_sms(phone: str, text: str) -> str | None:
    """Why this text cannot be sent to this number (E.164); None when it can."""
    if not _PHONE.fullmatch(phone):
        return "phone_number"
    if not text.strip() or _CONTROL_IN_BODY.search(text):
        return "sms_text"
    return None if segments(text) <= SEGMENTS else "sms_length"
