"""Amounts of money in cents."""

from dataclasses import dataclass

from praya.kernel.number import Number, exact, rounded

SYMBOL = {"HKD": "HK$"}
# What is written behind an amount in Chinese.
UNIT = {"HKD": "元"}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency (ISO 4217), counted in cents."""

    cents: int
    currency: str = "HKD"

    @classmethod
    def of(cls, amount: Number, currency: str = "HKD") -> "Money":
        """The amount given in whole units; halves of a cent round away from zero."""
        return cls(int(exact(rounded(amount, 2)) * 100), currency)

    def shown(self, language: str = "en") -> str:
        """The amount as people write it: HK$10,000 or HK$12.50; in Chinese 10,000元 or 12.50元."""
        units, cents = divmod(abs(self.cents), 100)
        sign = "-" if self.cents < 0 else ""
        number = f"{units:,}.{cents:02d}" if cents else f"{units:,}"
        if language.startswith("zh") and self.currency in UNIT:
            return f"{sign}{number}{UNIT[self.currency]}"
        return f"{sign}{symbol(self.currency)}{number}"


def symbol(currency: str) -> str:
    """The symbol of a currency, which is written before the amount."""
    return SYMBOL.get(currency, currency + " ")
