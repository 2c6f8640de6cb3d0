"""Exact decimal numbers, never binary fractions.

Outside expressions a whole number is an `int` and any other a `Decimal`. Inside an expression a number is an exact
fraction, so that 100 / 3 * 3 is 100; a result without a finite decimal form is rounded to `DIGITS` digits.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

Number = int | Decimal
DIGITS = 28
# The most bits of a numerator or denominator: more than any amount needs, few enough to compute quickly.
MOST_BITS = 512
# A fraction with a longer denominator, such as the sum of a hundred quotients, is rounded to this many decimals.
_FINEST = 10**60
_ROUNDING = Context(prec=DIGITS, rounding=ROUND_HALF_UP)


class TooLarge(ArithmeticError):
    """A number exceeds MOST_BITS."""


def is_number(value: Any) -> bool:
    """Whether a value is a number; true and false are not."""
    return isinstance(value, int | Decimal | Fraction | float) and not isinstance(value, bool)


def plain(value: Any) -> Number:
    """Convert a number, or the text of one, to an int if it is whole, else to a Decimal without trailing zeros.

    Raises ValueError for anything that is not a finite number, and beyond MOST_BITS.
    """
    if type(value) is int:
        return value
    if isinstance(value, Fraction):
        if value.denominator == 1:
            return value.numerator
        decimal = _ROUNDING.divide(Decimal(value.numerator), Decimal(value.denominator))
    else:
        try:
            decimal = value if isinstance(value, Decimal) else Decimal(str(value))
        except ArithmeticError:
            raise ValueError(value) from None
    if not decimal.is_finite() or not -MOST_BITS < decimal.adjusted() < MOST_BITS:
        if decimal == 0:
            return 0
        raise ValueError(value)
    text = format(decimal, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return Decimal(text) if "." in text else int(text)


def written(value: Any) -> str:
    """The decimal digits of a number, as `plain` gives them, without an exponent."""
    return format(Decimal(plain(value)), "f")


def grouped(value: Any) -> str:
    """The decimal digits of a number with commas between thousands."""
    return format(Decimal(plain(value)), ",f")


def exact(value: Any) -> int | Fraction:
    """Convert a number to the exact form used in expressions. Raises TooLarge."""
    if type(value) is int or type(value) is Fraction:
        return within(value)
    number = Decimal(str(value)) if isinstance(value, float) else value
    if isinstance(number, Decimal) and not (number.is_finite() and -MOST_BITS < number.adjusted() < MOST_BITS):
        if number == 0:
            return 0
        raise TooLarge
    return within(Fraction(number))


def within(number: int | Fraction) -> int | Fraction:
    """Return the number; one with too long a denominator is rounded to 60 decimals. Raises TooLarge."""
    if _too_long(number) and number.denominator > _FINEST and abs(Fraction(number)) > Fraction(1, 10**DIGITS):
        number = Fraction(round(number * _FINEST), _FINEST)
    if _too_long(number):
        raise TooLarge
    return number


def _too_long(number: int | Fraction) -> bool:
    return max(number.numerator.bit_length(), number.denominator.bit_length()) > MOST_BITS


def rounded(value: Any, decimals: Any = 0, way: str = ROUND_HALF_UP) -> Number:
    """Round to `decimals`, halves away from zero; a negative number rounds to tens, hundreds. Raises TooLarge."""
    if abs(decimals) > DIGITS:
        raise TooLarge
    if type(value) is int and decimals >= 0:
        return plain(within(value))
    unit = Fraction(10) ** -int(decimals)
    scaled = Fraction(exact(value)) / unit
    if way == ROUND_CEILING:
        whole = -(-scaled.numerator // scaled.denominator)
    elif way == ROUND_FLOOR:
        whole = scaled.numerator // scaled.denominator
    else:
        whole = int(abs(scaled) + Fraction(1, 2)) * (-1 if scaled < 0 else 1)
    return plain(whole * unit)
