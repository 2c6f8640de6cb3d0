"""Identifiers, such as identity card numbers, whose form and check digit a pack describes as data."""

import re
import unicodedata
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from praya.definition.model import Model
from praya.kernel import functions, reading
from praya.kernel.text import Text


class WeightedCheck(Model):
    """A check digit by weights: the weighted sum of all characters must be a multiple of `modulus`.

    Digits count as themselves, letters from `letter_a` on (A), and the body is filled on the left with the
    value `fill` up to the number of weights. The value 10 of the last character is written `ten`.
    """

    kind: Literal["weighted"]
    weights: tuple[int, ...] = Field(min_length=2, max_length=40)
    modulus: int = Field(ge=2, le=97)
    letter_a: int = 10
    fill: int = 0
    ten: str = "A"

    def holds(self, characters: str) -> bool:
        """Whether the check digit, the last character, is right."""
        last = 10 if characters[-1] == self.ten else _value(characters[-1], self.letter_a)
        values = [_value(c, self.letter_a) for c in characters[:-1]] + [last]
        if len(values) > len(self.weights):
            return False
        values = [self.fill] * (len(self.weights) - len(values)) + values
        return sum(w * v for w, v in zip(self.weights, values, strict=True)) % self.modulus == 0


class Scheme(Model):
    """A scheme of identifiers, such as the identity card's."""

    label: Text
    example: str
    pattern: str = Field(max_length=200)
    groups: str = "{}"
    check: WeightedCheck | None = None
    personal: bool = False

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        # Read by RE2, whose time grows with the length of what was typed only.
        functions.pattern(pattern)
        return pattern

    @model_validator(mode="after")
    def _fits_its_example(self) -> Self:
        read = self.written(self.example)
        if not self.fits(read):
            raise ValueError(
                f"the 'pattern' never matches the 'example', which is read as '{read}': answers are read in capitals, "
                "without spaces, hyphens and other signs, so the pattern may have none but the brackets of 'groups'"
            )
        return self

    def written(self, typed: str) -> str:
        """Normalise an identifier: capitals, no spaces, brackets and hyphens in their places."""
        # Other characters are kept, so that the form is refused instead of silently corrected.
        compact = "".join(c for c in reading.compact(typed).upper() if unicodedata.category(c)[0] not in "ZPS")
        if "({})" in self.groups and len(compact) > 1:
            return f"{compact[:-1]}({compact[-1]})"
        return compact

    def fits(self, value: str) -> bool:
        """Whether it has the form of the scheme."""
        return len(value) <= 60 and functions.pattern(self.pattern).fullmatch(value) is not None

    def checks(self, value: str) -> bool:
        """Whether its check digit is right; true where the scheme has none."""
        return self.check is None or self.check.holds(re.sub(r"[^A-Z0-9]", "", value))


def _value(character: str, letter_a: int) -> int:
    return int(character) if character.isdigit() else ord(character) - ord("A") + letter_a
