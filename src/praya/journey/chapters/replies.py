"""Replies: what expressions and texts see of the answers of departments that were asked."""

from contextlib import suppress
from typing import Any

from praya.blocks.cases import api as cases
from praya.definition.chapters.replies import departments_asked, name_of
from praya.journey.chapter import Chapter, Reading
from praya.journey.own_words import WORDS
from praya.kernel.crypto import vault
from praya.kernel.text import Text


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    """Answer how many replied and how, and of each department its newest reply."""
    # Asked in several rounds, a department's newest answer is its view.
    newest = {name_of(referral.department): referral for referral in reading.case.referrals}
    public, written = departments_asked(reading.service), written_by(reading.case, reading)
    of_each: dict[str, dict[str, Any]] = {}
    texts: dict[str, Text] = {}
    for name in public:
        one = newest.get(name)
        result = one.result if one and one.replied_at else ""
        words = written.get(name, "") if result else ""
        lines = [line.strip() for line in words.splitlines() if line.strip()] if result == "conditions" else []
        of_each[name] = {"result": result or None, "comment": words or None, "conditions": lines}
        if result:
            texts[f"replies.{name}.result"] = WORDS[f"reply_{result.replace('-', '_')}"]
            texts[f"replies.{name}.conditions"] = Text({"en": "\n".join(lines)})
    conditions = [line for one in of_each.values() for line in one["conditions"]]
    texts["replies.conditions"] = Text({"en": "\n".join(conditions)})
    counts = {
        "open": sum(r.replied_at is None for r in newest.values()),
        "adverse": sum(r.result == "objection" for r in newest.values()),
        "all": sum(not r.arbiter for r in newest.values()),
        "refused": sum(r.result == cases.NOT_OURS for r in newest.values()),
        "assumed": sum(r.result == cases.ASSUMED for r in newest.values()),
        "conditions": conditions,
    }
    return {"replies": {**of_each, **counts}}, texts


def written_by(case: cases.Case, reading: Reading) -> dict[str, str]:
    """What departments wrote that may be read, by their names in expressions; nothing of an erased person's case."""
    public = {name for name, is_public in departments_asked(reading.service).items() if is_public}
    if not public or not any(referral.replied_at for referral in case.referrals):
        return {}
    with suppress(vault.Forgotten):
        comments = cases.comments(case.ref)
        return {name_of(department): words for department, words in comments.items() if name_of(department) in public}
    return {}


CHAPTER = Chapter(facts=_facts)
