"""Numbers as people write them: decimal and exact, never binary fractions.

A number outside an expression is an `int` where it is whole and a `Decimal` where it is not. Inside an expression it is
an exact ratio of whole numbers, so that 100 / 3 * 3 is 100; one without an end is rounded to `DIGITS` when it leaves.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

Number = int | Decimal
DIGITS = 28
# So many binary digits above and below the line: more than any amount has, and few enough to compute with at once.
MOST_BITS = 512
# A ratio with more below the line, such as the sum of a hundred unlike quotients, is rounded to so many decimals.
_FINEST = 10**60
_ROUNDING = Context(prec=DIGITS, rounding=ROUND_HALF_UP)


class TooLarge(ArithmeticError):
    """A number with more digits than are computed with."""


def is_number(value: Any) -> bool:
    """Whether it is a number; true and false are none."""
    return isinstance(value, int | Decimal | Fraction | float) and not isinstance(value, bool)


def plain(value: Any) -> Number:
    """A number, or the text of one: whole where it is whole, otherwise a decimal without noughts at its end.

    Raises ValueError for what is no number or not finite, and for more digits than are computed with.
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
    """The number in digits, as `plain` has it and without an exponent."""
    return format(Decimal(plain(value)), "f")


def grouped(value: Any) -> str:
    """The number as people read it, with commas between the thousands."""
    return format(Decimal(plain(value)), ",f")


def exact(value: Any) -> int | Fraction:
    """A number as an expression computes with it. Raises TooLarge."""
    if type(value) is int or type(value) is Fraction:
        return within(value)
    number = Decimal(str(value)) if isinstance(value, float) else value
    if isinstance(number, Decimal) and not (number.is_finite() and -MOST_BITS < number.adjusted() < MOST_BITS):
        if number == 0:
            return 0
        raise TooLarge
    return within(Fraction(number))


def within(number: int | Fraction) -> int | Fraction:
    """The same number; far behind the decimal point it is rounded. Raises TooLarge."""
    if _too_long(number) and number.denominator > _FINEST and abs(Fraction(number)) > Fraction(1, 10**DIGITS):
        number = Fraction(round(number * _FINEST), _FINEST)
    if _too_long(number):
        raise TooLarge
    return number


def _too_long(number: int | Fraction) -> bool:
    return max(number.numerator.bit_length(), number.denominator.bit_length()) > MOST_BITS


def rounded(value: Any, decimals: Any = 0, way: str = ROUND_HALF_UP) -> Number:
    """To so many decimals, a half away from zero as people round; below 0 to tens, hundreds. Raises TooLarge."""
    if abs(decimals) > DIGITS:
        raise TooLarge
    unit = Fraction(10) ** -int(decimals)
    scaled = Fraction(exact(value)) / unit
    if way == ROUND_CEILING:
        whole = -(-scaled.numerator // scaled.denominator)
    elif way == ROUND_FLOOR:
        whole = scaled.numerator // scaled.denominator
    else:
        whole = int(abs(scaled) + Fraction(1, 2)) * (-1 if scaled < 0 else 1)
    return plain(whole * unit)
