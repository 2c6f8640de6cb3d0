"""Questions about a person: name, identifier, telephone, e-mail, address."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise, takewhile
from typing import Any, ClassVar, Literal

import phonenumbers
from pydantic import ValidationInfo, model_validator

from praya.definition.identifiers import Scheme
from praya.definition.own_words import WORDS
from praya.definition.questions.choices import Option
from praya.definition.questions.question import (
    Asking,
    Look,
    Posted,
    Question,
    Refusal,
    Unreadable,
    first,
    parts_read,
    parts_taken,
)
from praya.kernel.expression import nearest
from praya.kernel.reading import (
    NotAnAddress,
    NotText,
    compact,
    dotted,
    email_address,
    email_shown,
    lines,
    refused_character,
)
from praya.kernel.text import Text

# Ideographs with all present and future extensions, compatibility ideographs, radicals and strokes, descriptions of
# characters without a code (U+2FF0), the private areas of older Hong Kong characters, and variation selectors.
_CHINESE = re.compile(
    "[\u2e80-\u2fff\u3005-\u3007\u303e\u31c0-\u31ef\u3400-\u9fff\uf900-\ufaff\ue000-\uf8ff\ufe00-\ufe0f"
    "\U00020000-\U0003ffff\U000f0000-\U0010ffff\U000e0100-\U000e01ef\u200b-\u200d\u2060· ]+"
)
_NAME_PARTS = ("family", "given", "chinese")
_PHONE_SIGNS = re.compile(r"(?:tel:)?[+0-9 ().,/\-–—‐‑−~;=]*", re.IGNORECASE)
_ADDRESS_PARTS = ("unit", "building", "street", "district")
_ABROAD_PARTS = ("abroad", "country")
LONGEST_ABROAD = 300
ABROAD = "abroad"
"""Where figures count an address outside the territory."""


class PersonNameQuestion(Question):
    """A person's name as on the identity document; the answer is {family, given, chinese}.

    English or Chinese may be missing, but not both; many people have only a family name or only a given name.
    """

    codes: ClassVar[tuple[str, ...]] = ("name_incomplete", "not_chinese", "too_long")
    type: Literal["person-name"]

    def posted(self, form: Posted, at: str) -> dict[str, str] | None:
        return _with_dots(parts_read(form, at, _NAME_PARTS)) or None

    def taken(self, value: Any) -> Any:
        return _with_dots(parts_taken(value))

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        parts = value if isinstance(value, dict) else {}
        if not set(parts) <= set(_NAME_PARTS) or not all(isinstance(v, str) for v in parts.values()):
            yield self.refuse(at, "wrong_kind")
        elif not any(parts.values()):
            yield self.refuse(at, "name_incomplete")
        elif parts.get("chinese") and not _CHINESE.fullmatch(parts["chinese"]):
            yield self.refuse(f"{at}-chinese", "not_chinese")
        elif any(len(part) > 100 for part in parts.values()):
            yield self.refuse(at, "too_long", max=100, count=max(map(len, parts.values())))

    def of_whole(self, name: str) -> dict[str, str] | None:
        """The parts of a name that is one text; None if it does not show which part is which.

        A Chinese name is one part; a family name before the given name is written in capitals (CHAN Tai Man).
        """
        if _CHINESE.fullmatch(name):
            return {"chinese": name}
        family = list(takewhile(str.isupper, name.split()))
        given = name.split()[len(family) :]
        return {"family": " ".join(family), "given": " ".join(given)} if family and given else None

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
    """An identifier of a scheme that the pack describes, such as an identity card number."""

    codes: ClassVar[tuple[str, ...]] = ("not_an_identifier", "wrong_check_digit")
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
        return self._written(compact(first(form, at))) or None

    def taken(self, value: Any) -> Any:
        return self._written(compact(value)) if isinstance(value, str) and not refused_character(value) else value

    def _written(self, typed: str) -> str:
        return self.described.written(typed) if self.described else typed

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

    codes: ClassVar[tuple[str, ...]] = ("not_a_phone", "phone_extension")
    type: Literal["phone"]
    region: str = "HK"

    @model_validator(mode="before")
    @classmethod
    def _from_pack(cls, data: Any, info: ValidationInfo) -> Any:
        region = (info.context or {}).get("region")
        return {"region": region, **data} if isinstance(data, dict) and region is not None else data

    def posted(self, form: Posted, at: str) -> str | None:
        typed = compact(first(form, at))
        return self._international(typed) if typed else None

    def taken(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            typed = compact(value)
            return self._international(typed) if typed else ""
        except (Unreadable, NotText):
            return value

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        try:
            number = self._international(value) if isinstance(value, str) else ""
            possible = value == number and phonenumbers.is_valid_number(phonenumbers.parse(number, None))
        except Unreadable as unreadable:
            yield self.refuse(at, unreadable.code, **unreadable.values)
        except phonenumbers.NumberParseException:
            yield self.refuse(at, "not_a_phone", example=_phone_example(self.region))
        else:
            if not possible:
                yield self.refuse(at, "not_a_phone", example=_phone_example(self.region))

    def _international(self, typed: str) -> str:
        """The number as E.164. Raises Unreadable if part of the typed text is not part of a number."""
        wrong = Unreadable("not_a_phone", example=_phone_example(self.region))
        try:
            number = phonenumbers.parse(typed, self.region)
        except phonenumbers.NumberParseException:
            raise wrong from None
        if number.extension:
            raise Unreadable("phone_extension", extension=number.extension, example=_phone_example(self.region))
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        national = phonenumbers.national_significant_number(number)
        digits = re.sub(r"\D", "", typed)
        # The parser ignores text around a number: another number, a name, letters for digits.
        if not _PHONE_SIGNS.fullmatch(typed) or not digits.endswith(national) or len(digits) > len(written) + 5:
            raise wrong
        return written

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\+[1-9]\d{6,14}$"}

    def shown(self, value: Any, language: str) -> str:
        number = phonenumbers.parse(value, None)
        home = phonenumbers.region_code_for_number(number) == self.region
        style = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
        return phonenumbers.format_number(number, style)


class EmailQuestion(Question):
    """An e-mail address."""

    codes: ClassVar[tuple[str, ...]] = ("not_an_email", "email_other_letters", "own_address", "too_long")
    type: Literal["email"]

    def posted(self, form: Posted, at: str) -> str | None:
        return self._address(first(form, at)) or None

    def taken(self, value: Any) -> Any:
        return self._address(value) if isinstance(value, str) and not refused_character(value) else value

    @staticmethod
    def _address(typed: str) -> str:
        """The normalised address. An invalid one is returned as it is, and refused later."""
        try:
            return email_address(typed)
        except NotAnAddress:
            return compact(typed)

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        try:
            right = isinstance(value, str) and email_address(value) == value
        except NotAnAddress as wrong:
            yield self.refuse(at, wrong.code)
        else:
            if not right:
                yield self.refuse(at, "not_an_email")

    def known(self, value: Any, look: Look | None = None) -> Any:
        """In lower case, as identity stores addresses: CHAN@example.com is the same person."""
        return value.lower() if isinstance(value, str) else value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "email", "maxLength": 254}

    def shown(self, value: Any, language: str) -> str:
        return email_shown(str(value))


class AddressQuestion(Question):
    """A postal address in the territory; the answer is {unit, building, street, district}.

    With `abroad` it may be one elsewhere instead: {abroad, country}, the lines as they stand on an envelope.
    """

    codes: ClassVar[tuple[str, ...]] = (
        "no_street",
        "too_long",
        "no_district",
        "two_addresses",
        "no_lines_abroad",
        "no_country",
    )
    type: Literal["address"]
    districts: tuple[Option, ...] = ()
    abroad: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_pack(cls, data: Any, info: ValidationInfo) -> Any:
        lists = (info.context or {}).get("lists")
        if lists is None or not isinstance(data, dict) or "districts" in data:
            return data
        return {**data, "districts": lists.get("districts", ())}

    def posted(self, form: Posted, at: str) -> dict[str, Any] | None:
        if not self.abroad:
            return parts_read(form, at, _ADDRESS_PARTS) or None
        address = parts_read(form, at, (*_ADDRESS_PARTS, "country"))
        try:
            elsewhere = lines(first(form, f"{at}-abroad"))
        except NotText as wrong:
            raise Unreadable("control_character", part="abroad", character=wrong.character) from None
        return {**address, "abroad": elsewhere} if elsewhere else address or None

    def taken(self, value: Any) -> Any:
        read = parts_taken(value)
        if isinstance(read, dict) and isinstance(value.get("abroad"), str) and not refused_character(value["abroad"]):
            return {**read, "abroad": lines(value["abroad"])}
        return read

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        parts = value if isinstance(value, dict) else {}
        known = {*_ADDRESS_PARTS, *(_ABROAD_PARTS if self.abroad else ())}
        if not parts or not set(parts) <= known or not all(isinstance(v, str) for v in parts.values()):
            yield self.refuse(at, "wrong_kind")
            return
        if parts.keys() & {*_ABROAD_PARTS}:
            yield from self._refused_abroad(parts, at)
            return
        if not parts.get("street"):
            yield self.refuse(f"{at}-street", "no_street")
        if any(len(part) > 120 for part in parts.values()):
            yield self.refuse(at, "too_long", max=120, count=max(map(len, parts.values())))
        if self.districts and not any(o.value == parts.get("district") for o in self.districts):
            yield self.refuse(f"{at}-district", "no_district")

    def _refused_abroad(self, parts: Mapping[str, str], at: str) -> Iterator[Refusal]:
        if parts.keys() & {*_ADDRESS_PARTS}:
            yield self.refuse(at, "two_addresses")
        if not parts.get("abroad"):
            yield self.refuse(f"{at}-abroad", "no_lines_abroad")
        if not parts.get("country"):
            yield self.refuse(f"{at}-country", "no_country")
        for part, most in (("abroad", LONGEST_ABROAD), ("country", 60)):
            if len(parts.get(part, "")) > most:
                yield self.refuse(f"{at}-{part}", "too_long", max=most, count=len(parts[part]))

    def json_schema(self) -> dict[str, Any]:
        part: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 120}
        district = {"type": "string", "enum": [o.value for o in self.districts]} if self.districts else part
        here = {
            "type": "object",
            "required": ["street", "district"] if self.districts else ["street"],
            "additionalProperties": False,
            "properties": {**dict.fromkeys(_ADDRESS_PARTS, part), "district": district},
        }
        if not self.abroad:
            return here
        elsewhere = {"abroad": {**part, "maxLength": LONGEST_ABROAD}, "country": {**part, "maxLength": 60}}
        return {"oneOf": [here, {
            "type": "object", "required": [*_ABROAD_PARTS], "additionalProperties": False, "properties": elsewhere,
        }]}  # fmt: skip

    def shown(self, value: Any, language: str) -> str:
        if value.get("country"):
            return ", ".join([*str(value.get("abroad", "")).split("\n"), value["country"]])
        known = (o.label.in_(language) for o in self.districts if o.value == value.get("district"))
        district = next(known, value.get("district", ""))
        parts = [value.get("unit"), value.get("building"), value.get("street"), district]
        if language.startswith("zh") and any(_is_chinese(part) for part in parts[:3] if part):
            return _joined([part for part in reversed(parts) if part])
        return ", ".join(part for part in parts if part)

    def part_shown(self, value: Any, part: str, language: str) -> str | None:
        if part != "district" or not self.districts:
            return None
        return next((o.label.in_(language) for o in self.districts if o.value == value.get(part)), "")

    @property
    def cells(self) -> Mapping[str, Text]:
        labels: dict[str, Text] = {district.value: district.label for district in self.districts}
        return {**labels, ABROAD: WORDS["abroad"]} if self.abroad and labels else labels

    def cell(self, value: Any) -> str:
        return ABROAD if value.get("country") else str(value.get("district", ""))


def _is_chinese(text: str) -> bool:
    return any("\u3400" <= c <= "\u9fff" or c >= "\U00020000" for c in text)


def _joined(parts: list[str]) -> str:
    """A Chinese address on one line, from the district to the unit, without separators; spaces around Latin words."""
    out = parts[0]
    for before, part in pairwise(parts):
        out += part if _is_chinese(before) and _is_chinese(part) else f" {part}"
    return out


def _with_dots(name: Any) -> Any:
    """The name with a uniform dot between the parts of its Chinese form."""
    if not isinstance(name, dict) or not isinstance(name.get("chinese"), str):
        return name
    return {**name, "chinese": dotted(name["chinese"])}


def _phone_example(region: str) -> str:
    # Most people give a mobile number, and one of a land line would look wrong under such a question.
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL) if number else "+852 5123 4567"
