"""Proving an identity at a counter: ages, the code, the kinds of documents. Pure."""

from datetime import date, timedelta

DOCUMENTS = ("identity_card", "passport", "travel_document", "other")
YOUNGEST, OF_AGE = 11, 18
CODE_DIGITS, CODE_LIFE = 8, timedelta(minutes=15)


def age(born: date, today: date) -> int:
    """The age in whole years; whoever was born on 29 February is a year older on 1 March of other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def refusal(born: date, today: date, *, guardian: bool) -> str:
    """Why an identity of this date of birth cannot be proven: `not_born`, `too_young`, `guardian`; or empty."""
    if born > today or age(born, today) > 130:
        return "not_born"
    if age(born, today) < YOUNGEST:
        return "too_young"
    return "guardian" if age(born, today) < OF_AGE and not guardian else ""
