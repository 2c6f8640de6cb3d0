"""Questions about a person and where to find them: name, identifier, telephone, e-mail, address."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Literal

import phonenumbers
from pydantic import ValidationInfo, model_validator

from praya.definition.identifiers import Scheme
from praya.definition.questions.asked import Asking, Look, Posted, Question, Refusal, Unreadable, first
from praya.definition.questions.choices import Option
from praya.kernel.expression import nearest
from praya.kernel.text import Text

_CHINESE = re.compile(r"^[\u3400-\u9fff\U00020000-\U000323af·．・\s]+$")
_NAME_PARTS = ("family", "given", "chinese")
_ADDRESS_PARTS = ("unit", "building", "street", "district")
_EMAIL = re.compile(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$")


class PersonNameQuestion(Question):
    """A person's name as on the identity document; the answer is {family, given, chinese}.

    English or Chinese may be missing, not both; many people have one of family and given name only.
    """

    type: Literal["person-name"]

    def posted(self, form: Posted, at: str) -> dict[str, str] | None:
        parts = {part: re.sub(r"\s+", " ", first(form, f"{at}-{part}")).strip() for part in _NAME_PARTS}
        return {part: typed for part, typed in parts.items() if typed} or None

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        parts = value if isinstance(value, dict) else {}
        if not set(parts) <= set(_NAME_PARTS) or not all(isinstance(v, str) for v in parts.values()):
            yield self.refuse(at, "wrong_kind")
        elif not any(parts.values()):
            yield self.refuse(at, "name_incomplete")
        elif parts.get("chinese") and not _CHINESE.match(parts["chinese"]):
            yield self.refuse(f"{at}-chinese", "not_chinese")
        elif any(len(part) > 100 for part in parts.values()):
            yield self.refuse(at, "too_long", max=100, count=max(map(len, parts.values())))

    def json_schema(self) -> dict[str, Any]:
        part = {"type": "string", "minLength": 1, "maxLength": 100}
        return {
            "type": "object",
            "properties": dict.fromkeys(_NAME_PARTS, part),
            "additionalProperties": False,
            "minProperties": 1,
        }

    def shown(self, value: Any, language: str) -> str:
        parts = [" ".join(value[p] for p in ("family", "given") if value.get(p)), value.get("chinese")]
        if language.startswith("zh"):
            parts.reverse()
        return " ".join(part for part in parts if part)


class IdentifierQuestion(Question):
    """A number that somebody issued, of a scheme that the pack describes, such as an identity card number."""

    type: Literal["identifier"]
    scheme: str
    described: Scheme | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_pack(cls, data: Any, info: ValidationInfo) -> Any:
        schemes = (info.context or {}).get("identifiers")
        if schemes is None or not isinstance(data, dict) or not isinstance(data.get("scheme"), str):
            return data
        if data["scheme"] not in schemes:
            near = nearest(data["scheme"], list(schemes))
            raise ValueError(f"the pack has no identifier scheme '{data['scheme']}'{near}")
        return {**data, "described": schemes[data["scheme"]]}

    def posted(self, form: Posted, at: str) -> str | None:
        typed = first(form, at).strip()
        return (self.described.written(typed) if self.described else typed) or None

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if self.described is None:
            return
        if not isinstance(value, str) or not self.described.fits(value):
            yield self.refuse(at, "not_an_identifier", example=self.described.example)
        elif not self.described.checks(value):
            yield self.refuse(at, "wrong_check_digit")

    def json_schema(self) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": self.described.pattern if self.described else ".*",
            "maxLength": 60,
        }


class PhoneQuestion(Question):
    """A telephone number; the answer is E.164, such as +85221234567."""

    type: Literal["phone"]
    region: str = "HK"

    @model_validator(mode="before")
    @classmethod
    def _from_pack(cls, data: Any, info: ValidationInfo) -> Any:
        region = (info.context or {}).get("region")
        return {"region": region, **data} if isinstance(data, dict) and region is not None else data

    def posted(self, form: Posted, at: str) -> str | None:
        typed = first(form, at).strip()
        if not typed:
            return None
        try:
            number = phonenumbers.parse(typed, self.region)
        except phonenumbers.NumberParseException:
            raise Unreadable("not_a_phone", example=_phone_example(self.region)) from None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        try:
            possible = isinstance(value, str) and phonenumbers.is_valid_number(phonenumbers.parse(value, None))
        except phonenumbers.NumberParseException:
            possible = False
        if not possible:
            yield self.refuse(at, "not_a_phone", example=_phone_example(self.region))

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\+[1-9]\d{6,14}$"}

    def shown(self, value: Any, language: str) -> str:
        number = phonenumbers.parse(value, None)
        home = phonenumbers.region_code_for_number(number) == self.region
        style = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
        return phonenumbers.format_number(number, style)


class EmailQuestion(Question):
    """An e-mail address."""

    type: Literal["email"]

    def posted(self, form: Posted, at: str) -> str | None:
        return first(form, at).strip().replace("＠", "@") or None

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if not is_email(value):
            yield self.refuse(at, "not_an_email")

    def known(self, value: Any, look: Look | None = None) -> Any:
        """In small letters, as identity keeps addresses: CHAN@example.com is no second person."""
        return value.lower() if isinstance(value, str) else value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "email", "maxLength": 254}


class AddressQuestion(Question):
    """A postal address in the territory; the answer is {unit, building, street, district}."""

    type: Literal["address"]
    districts: tuple[Option, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_pack(cls, data: Any, info: ValidationInfo) -> Any:
        lists = (info.context or {}).get("lists")
        if lists is None or not isinstance(data, dict) or "districts" in data:
            return data
        return {**data, "districts": lists.get("districts", ())}

    def posted(self, form: Posted, at: str) -> dict[str, Any] | None:
        parts = {part: re.sub(r"\s+", " ", first(form, f"{at}-{part}")).strip() for part in _ADDRESS_PARTS}
        return {part: typed for part, typed in parts.items() if typed} or None

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        parts = value if isinstance(value, dict) else {}
        if not parts or not set(parts) <= set(_ADDRESS_PARTS) or not all(isinstance(v, str) for v in parts.values()):
            yield self.refuse(at, "wrong_kind")
            return
        if not parts.get("street"):
            yield self.refuse(f"{at}-street", "no_street")
        if any(len(part) > 120 for part in parts.values()):
            yield self.refuse(at, "too_long", max=120, count=max(map(len, parts.values())))
        if self.districts and not any(o.value == parts.get("district") for o in self.districts):
            yield self.refuse(f"{at}-district", "no_district")

    def json_schema(self) -> dict[str, Any]:
        part: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 120}
        district = {"type": "string", "enum": [o.value for o in self.districts]} if self.districts else part
        return {
            "type": "object",
            "required": ["street", "district"] if self.districts else ["street"],
            "additionalProperties": False,
            "properties": {**dict.fromkeys(_ADDRESS_PARTS, part), "district": district},
        }

    def shown(self, value: Any, language: str) -> str:
        known = (o.label.in_(language) for o in self.districts if o.value == value.get("district"))
        district = next(known, value.get("district", ""))
        parts = [value.get("unit"), value.get("building"), value.get("street"), district]
        if language.startswith("zh") and any(_is_chinese(part) for part in parts[:3] if part):
            return _joined([part for part in reversed(parts) if part])
        return ", ".join(part for part in parts if part)

    @property
    def cells(self) -> Mapping[str, Text]:
        return {district.value: district.label for district in self.districts}

    def cell(self, value: Any) -> str:
        return str(value.get("district", ""))


def _is_chinese(text: str) -> bool:
    return any("\u3400" <= c <= "\u9fff" or c >= "\U00020000" for c in text)


def _joined(parts: list[str]) -> str:
    """As an envelope has it in Chinese: from the district to the unit without a mark; a space beside Latin words."""
    out = parts[0]
    for before, part in pairwise(parts):
        out += part if _is_chinese(before) and _is_chinese(part) else f" {part}"
    return out


def is_email(value: Any) -> bool:
    """Whether it can be an e-mail address (RFC 5321 lengths, no quoted local part, no IP literal)."""
    return isinstance(value, str) and len(value) <= 254 and _EMAIL.fullmatch(value) is not None


def _phone_example(region: str) -> str:
    number = phonenumbers.example_number(region)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL) if number else "+852 2123 4567"
