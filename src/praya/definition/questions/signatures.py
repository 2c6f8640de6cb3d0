"""Signatures: a name typed under a declaration, stored with the moment and a digest of what was signed."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, ClassVar, Literal

from praya.definition.own_words import WORDS
from praya.definition.questions.dates import shown_date
from praya.definition.questions.question import Asking, Look, Posted, Question, Refusal, Whole, first, parts_taken
from praya.kernel import jsontext
from praya.kernel.reading import line
from praya.kernel.text import Text

LONGEST = 100
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}")


def digest(answers: Mapping[str, Any]) -> str:
    """The SHA-256 of canonical answers, wherever they are stored."""
    return sha256(jsontext.dumps(answers, sort_keys=True).encode()).hexdigest()


class SignatureQuestion(Question):
    """The person types their full name under a declaration; the answer is {name, at, digest}.

    The platform adds the moment and the SHA-256 of every answer before the question. When one of them is changed later,
    the signature is void and the person signs again. `assurance: {sign: 1}` sets the required assurance level of the
    signer.
    """

    codes: ClassVar[tuple[str, ...]] = ("not_signed", "too_long", "signature_void")
    type: Literal["signature"]
    says: Text

    @property
    def missing_code(self) -> str:
        return "not_signed"

    def posted(self, form: Posted, at: str) -> dict[str, str] | None:
        name = line(first(form, at))
        return {"name": name} if name else None

    def taken(self, value: Any) -> Any:
        return parts_taken(value)

    def settled(self, value: Any, asking: Asking) -> Any:
        if not isinstance(value, dict) or asking.digest is None or asking.now is None:
            return value
        at = asking.now.isoformat(timespec="seconds")
        return {"name": value.get("name"), "at": at, "digest": asking.digest(self.name)}

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        parts = value if isinstance(value, dict) else {}
        name, seal = parts.get("name"), parts.get("digest")
        whole = set(parts) == {"name"} or (set(parts) == {"name", "at", "digest"} and _is_moment(parts["at"]))
        if not whole or not isinstance(name, str) or (seal is not None and not _is_digest(seal)):
            yield self.refuse(at, "wrong_kind")
        elif len(name.strip()) < 2:
            yield self.refuse(at, "not_signed")
        elif len(name) > LONGEST:
            yield self.refuse(at, "too_long", max=LONGEST, count=len(name))
        elif asking.digest is not None and seal != asking.digest(self.name):
            yield self.refuse(at, "signature_void")

    def json_schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string", "minLength": 2, "maxLength": LONGEST},
                "at": {"type": "string", "pattern": f"^{_MOMENT.pattern}$"},
                "digest": {"type": "string", "pattern": f"^{_DIGEST.pattern}$"},
            },
        }

    def shown(self, value: Any, language: str) -> str:
        if not value.get("at"):
            return str(value["name"])
        day = shown_date(_moment(value["at"]).date(), language)
        return WORDS["signed"].in_(language).format(name=value["name"], day=day)

    def known(self, value: Any, look: Look | None = None) -> Any:
        if not isinstance(value, dict):
            return None
        moment = value.get("at")
        at = _moment(str(moment)).astimezone(UTC) if _is_moment(moment) else None
        return Whole({"name": value.get("name"), "at": at}, self, value)


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _is_moment(value: Any) -> bool:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return False
    try:
        _moment(value)
    except ValueError:
        return False
    return True
