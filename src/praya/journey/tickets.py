"""Tickets: the pseudonyms of cases in what is drawn or ranked."""

import hashlib


def ticket(ref: str) -> str:
    """The ticket of a case: its pseudonym in a published draw."""
    return hashlib.sha256(ref.encode()).hexdigest()[:16]
