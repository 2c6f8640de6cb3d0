"""Mentions of colleagues in notes: whom an `@name` means, and the page of those that name an officer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.journey import conflicts, load
from praya.web import display, who
from praya.web.desk import reach
from praya.web.words import translator

# A name after an @ that begins a word: `@chan`, `@chan.tai` for two words of a name, or the address of an office.
NAMED = re.compile(r"(?<![\w@.])@([^\W_][\w.\-]*(?:@[\w.\-]+)?)")
CHOICES = 25
MOST = 10
"""How many different names a note may mention."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """Whom a note names: the text with their whole names, and their references.

    `choices` are the names that fit several colleagues, each with these; `problem` is what is wrong, if anything.
    """

    text: str
    officers: frozenset[str] = frozenset()
    choices: tuple[dict[str, Any], ...] = ()
    problem: str = ""


def resolve(desk_case: reach.Reach, text: str, chosen: Iterable[str], lang: str) -> Resolved:
    """Whom the names in a note mean; `chosen` are the references that were chosen from lists.

    Only colleagues who may read the note: officers of the department that writes it and of the one that decides, but
    for those whom the case concerns.
    """
    t, taken = translator(lang), frozenset(chosen)
    names = list(dict.fromkeys(match[1].rstrip(".-") for match in NAMED.finditer(text)))
    if len(names) > MOST:
        return Resolved(text, problem=t("desk.mention_many", most=MOST))
    meant: dict[str, identity.Colleague] = {}
    choices = []
    for number, name in enumerate(names):
        readers = _readers(desk_case, name)
        picked = [one for one in readers if one.ref in taken] or readers
        if not readers:
            return Resolved(text, problem=t("desk.mention_nobody", name=name))
        if len(readers) > CHOICES:
            return Resolved(text, problem=t("desk.mention_too_many", name=name))
        if len(picked) == 1:
            meant[name] = picked[0]
        else:
            options = [{"value": one.ref, "label": one.name, "hint": one.email} for one in readers]
            choices.append({"name": f"tell-{number}", "label": t("desk.mention_whom", name=name), "options": options})
    if choices:
        return Resolved(text, choices=tuple(choices), problem=t("desk.mention_choose"))

    def whole(match: "re.Match[str]") -> str:
        name = match[1].rstrip(".-")
        return f"@{meant[name].name}{match[1][len(name) :]}"

    return Resolved(NAMED.sub(whole, text), frozenset(one.ref for one in meant.values()))


def _readers(desk_case: reach.Reach, name: str) -> list[identity.Colleague]:
    """The colleagues who may read a note and have a name or address that begins so, at most one more than CHOICES."""
    typed = name if "@" in name else re.sub(r"[._\-]", " ", name)
    readers: dict[str, identity.Colleague] = {}
    for department in dict.fromkeys((desk_case.department, desk_case.case.department)):
        for one in identity.colleagues(department, typed, limit=CHOICES + 1):
            readers.setdefault(one.ref, one)
    mine = desk_case.officer.ref
    return [one for one in readers.values() if one.ref != mine and not conflicts.concerns(desk_case.case, one.ref)]


@require_safe
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The notes that name the officer, the newest first."""
    officer, pack = who.officer(request), load.pack()
    typed = request.GET.get("before", "")
    before = int(typed) if typed.isdecimal() and len(typed) < 16 else 0
    page = cases.mentions(officer.ref, before=before, limit=cases.MENTIONS_PAGE + 1)
    shown = page[: cases.MENTIONS_PAGE]
    readable = reachable(shown, reach.access(request))
    names = identity.officer_names({one.by.removeprefix("officer:") for one in shown})
    rows = [
        {
            "ref": one.case_ref,
            "url": f"/{lang}/desk/cases/{one.case_ref}#history",
            "service": load.compiled(case.service, case.version).title.in_(lang),
            "by": names.get(one.by.removeprefix("officer:"), translator(lang)("desk.officer_left")),
            "at": display.moment_words(one.at, pack, lang),
            "new": one.seen_at is None,
        }
        for one in shown
        if (case := readable.get(one.case_ref)) is not None
    ]
    return reach.page(
        request, "desk/mentions.html", lang, officer, "", rows=rows, later=bool(before),
        next=f"?{urlencode({'before': shown[-1].number})}" if len(page) > len(shown) else None,
    )  # fmt: skip


def reachable(mentions: Iterable[cases.Mention], within: cases.Access) -> dict[str, cases.Case]:
    """The cases of these mentions that the officer may still open, by reference."""
    refs = {one.case_ref for one in mentions}
    if not refs:
        return {}
    visible = cases.visible_refs(refs, within=within)
    return {one.ref: one for one in cases.of_refs(visible)}
