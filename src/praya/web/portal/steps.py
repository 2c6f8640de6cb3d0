"""The steps of a form by name: which are done, at which one somebody is, and which come."""

from typing import Any

from praya.journey import draft_progress
from praya.web.words import translator

CHECK, BOOK = "check", "book"


def of_draft(walk: draft_progress.Walk, here: str, lang: str) -> list[dict[str, Any]]:
    """A step for each page that is asked by what is known now, then the booking and the check of all answers.

    Each has `title`, `state` (done, now, coming) and `url`, which is empty where one cannot go yet.
    """
    t, base = translator(lang), f"/{lang}/{walk.path}"
    done = {page.page for page in walk.pages if walk.done(page)}
    every = len(done) == len(walk.pages)
    steps = [(page.page, page.heading.in_(lang), page.page in done) for page in walk.pages]
    steps += [(BOOK, t("portal.steps_book"), every and bool(walk.draft.booking_ref))] if walk.books else []
    steps += [(CHECK, t("portal.check_title"), False)]
    return [
        {
            "title": title,
            "state": "now" if name == here else "done" if is_done else "coming",
            "url": f"{base}/{name}" if is_done and name != here else "",
        }
        for name, title, is_done in steps
    ]
