"""Amounts of money in cents."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

SYMBOL = {"HKD": "HK$"}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency (ISO 4217), counted in cents."""

    cents: int
    currency: str = "HKD"

    @classmethod
    def of(cls, amount: float | int | Decimal | str, currency: str = "HKD") -> "Money":
        """The amount given in whole units; halves of a cent round up."""
        cents = (Decimal(str(amount)) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        return cls(int(cents), currency)

    def shown(self) -> str:
        """As people write it: HK$10,000 or HK$12.50."""
        units, cents = divmod(abs(self.cents), 100)
        sign = "-" if self.cents < 0 else ""
        tail = f".{cents:02d}" if cents else ""
        return f"{sign}{symbol(self.currency)}{units:,}{tail}"


def symbol(currency: str) -> str:
    """What stands before an amount."""
    return SYMBOL.get(currency, currency + " ")
