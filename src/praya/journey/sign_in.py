"""Signing in: a code by e-mail, and what somebody is told of their account, for residents and officers alike."""

from datetime import datetime
from typing import Literal

from django.conf import settings

from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.journey import load
from praya.journey.own_words import WORDS
from praya.kernel.ids import opaque

News = Literal[
    "new_device", "passkey_added", "passkey_waits", "passkey_removed", "identity_proven", "guardian_approved"
]


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


def tell(holder: str, news: News, *, at: datetime) -> None:
    """Tell somebody of what happened to their account: a resident by inbox and e-mail, an officer by e-mail."""
    kind, _, ref = holder.partition(":")
    if kind == "officer":
        officer = identity.officer(ref)
        language = load.pack().languages[0]
        subject, body = _said(news, language, page="desk/passkeys")
        notices.send_memo(email=officer.email, language=language, subject=subject, body=body, at=at)
        return
    person = identity.person(ref)
    subject, body = _said(news, person.language, page="passkeys")
    letter = notices.Letter(
        person_ref=ref, case_ref="", service="", name=f"account_{news}", language=person.language, subject=subject,
        body=body, email_to=person.email, channels=("inbox", "email"), once_key=opaque(),
    )  # fmt: skip
    notices.send(letter, at=at)


def _said(news: News, language: str, *, page: str) -> tuple[str, str]:
    page = {"new_device": "sessions", "identity_proven": "identity", "guardian_approved": "identity"}.get(news, page)
    said = {"url": f"{settings.PRAYA.base_url}/{language}/{page}", "days": str(identity.WAITING_PERIOD.days)}
    return WORDS[f"{news}_subject"].in_(language), WORDS[f"{news}_body"].in_(language).format(**said)
