"""Signing in: a code by e-mail, for residents and officers alike."""

from datetime import datetime

from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.journey.own_words import WORDS


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
        subject=WORDS["code_subject"].in_(language),
        body=WORDS["code_body"].in_(language).replace("{code}", asked.code),
        at=at,
    )
    return asked.challenge
