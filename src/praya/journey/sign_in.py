"""Signing in: a code by e-mail, for residents and officers alike."""

from datetime import datetime

from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.kernel.text import Text

SUBJECT = Text({"en": "Your sign-in code", "zh-hant": "你的登入驗證碼"})
BODY = Text(
    {
        "en": "{code} is your code to sign in. It works once, for 10 minutes.\n\n"
        "Nobody from the government will ever ask you for it. If you did not ask for it, you need do nothing.",
        "zh-hant": "你的登入驗證碼是 {code}，10 分鐘內有效，只可使用一次。\n\n"
        "政府人員不會向你索取驗證碼。如你並無要求驗證碼，無須理會本電郵。",
    }
)


def ask_code(
    *,
    email: str,
    language: str,
    for_officer: bool,
    at: datetime,
    browser: frozenset[str] = frozenset(),
    network: str = "",
) -> str:
    """Send a code to the address; answers the challenge. Raises identity.TooManyCodes, identity.NotAnAddress."""
    asked = identity.ask_code(
        email=email, language=language, at=at, for_officer=for_officer, browser=browser, network=network
    )
    notices.send_code(
        email=email,
        language=language,
        subject=SUBJECT.in_(language),
        body=BODY.in_(language).replace("{code}", asked.code),
        at=at,
    )
    return asked.challenge
