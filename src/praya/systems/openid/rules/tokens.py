"""What a code, a refresh token and an access token say, and what the state of a grant makes of them.

Each token names its grant and carries a code of authentication, so that no token is stored anywhere. A grant stores
how often it was refreshed. A refresh token of an earlier round was used before: whoever holds it copied it, and the
whole family ends by one change of one row, however long the family is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest

CODE_LIFE = timedelta(seconds=60)
ACCESS_LIFE = timedelta(minutes=5)
ID_TOKEN_LIFE = timedelta(minutes=5)
PUSHED_LIFE = timedelta(seconds=60)
"""How long a pushed request waits for the browser."""
ASKED_LIFE = timedelta(minutes=30)
"""How long a person has to sign in and to agree."""
IDLE_LIFE = timedelta(days=30)
"""How long an unused refresh token lives."""
GRANT_LIFE = timedelta(days=180)
"""How long a grant lives, however often it is refreshed."""
Seal = Callable[[str, str], str]
"""A purpose and a text -> the code of authentication of the text, of 32 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says: the grant, the round of refreshing, and until when an access token is good."""

    kind: str
    grant: str
    round: int = 0
    expires_at: datetime | None = None


def code(grant: str, seal: Seal) -> str:
    """The authorization code of a grant."""
    return _written("pc", grant, seal)


def refresh_token(grant: str, round_: int, seal: Seal) -> str:
    """The refresh token of a round."""
    return _written("pr", f"{grant}.{round_}", seal)


def access_token(grant: str, round_: int, expires_at: datetime, seal: Seal) -> str:
    """An access token of a round."""
    return _written("pa", f"{grant}.{round_}.{int(expires_at.timestamp())}", seal)


def _written(kind: str, text: str, seal: Seal) -> str:
    return f"{kind}_{text}.{seal(f'openid.{kind}', text)}"


def read(token: str, seal: Seal) -> Token | None:
    """What a token says; None when it is none of ours, or was changed."""
    if len(token) > 120 or not token.isascii():
        return None
    kind, _, rest = token.partition("_")
    text, _, code_ = rest.rpartition(".")
    # A parser that accepts what `_written` would not have written would give one token several texts.
    if kind not in {"pc", "pr", "pa"} or not compare_digest(seal(f"openid.{kind}", text), code_):
        return None
    grant, *numbers = text.split(".")
    if len(numbers) != {"pc": 0, "pr": 1, "pa": 2}[kind]:
        return None
    expires_at = datetime.fromtimestamp(int(numbers[1]), UTC) if kind == "pa" else None
    return Token(
        {"pc": "code", "pr": "refresh", "pa": "access"}[kind], grant, int(numbers[0]) if numbers else 0, expires_at
    )
