"""Proving an identity: the person's page with the code for the counter, and the officer's page that takes it."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect

from praya.blocks.identity import api as identity
from praya.journey import load, sign_in
from praya.web import display, pages, rate_limits, who
from praya.web.desk import reach
from praya.web.words import translator


def departments_of(officer: identity.Officer) -> frozenset[str]:
    """The departments for which an officer may prove identities: those in which they serve."""
    return officer.departments


@who.open_to("resident")
def residents_proof(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """How far the person's identity is proven, and a code for the counter."""
    current, at, code = who.session(request), who.now(), ""
    if current.trial:
        raise Http404
    if request.method == "POST":
        rate_limits.count("sign_in_code", rate_limits.address(request))
        digits = identity.counter_code(person_ref=current.person_ref, at=at)
        code = f"{digits[:4]} {digits[4:]}"
    proof, pack, t = identity.proof(current.person_ref), load.pack(), translator(lang)
    department = pack.departments.get(proof.department) if proof else None
    shown = proof and {
        "document": t(f"identity.document_{proof.document}"),
        "department": department.title.in_(lang) if department else "",
        "when": display.moment_words(proof.proven_at, pack, lang),
        "guardian": bool(proof.guardian),
    }
    return pages.page(
        request, "identity/proof.html", lang, proof=shown, counter_code=code, level=current.level,
        some=identity.has_passkey(current.holder, at=at),
    )  # fmt: skip


@who.open_to("officer", may=departments_of)
def officers_proof(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Note that a person is at the counter, with face and document. The code that they show names their account."""
    officer, t, pack = who.officer(request), translator(lang), load.pack()
    mine = sorted(officer.departments & pack.departments.keys())
    typed = {name: request.POST.get(name, "")[:40] for name in ("code", "guardian", "document", "department")}
    born = {part: request.POST.get(f"born-{part}", "")[:4] for part in ("year", "month", "day")}
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        rate_limits.count("counter_code", officer.ref)
        errors = _errors(typed, born, mine, request.POST.get("seen") == "yes", lang)
        if not errors:
            try:
                _prove(officer, typed, born, mine)
            except identity.NotProven as why:
                errors = [{"href": _WHERE.get(str(why), "#code"), "text": t(f"identity.not_proven_{why}")}]
            else:
                return HttpResponseRedirect(f"{request.path}?done=1")
    return reach.page(
        request, "identity/desk_proof.html", lang, officer, "identity", typed=typed, born=born, errors=errors,
        wrong={error["href"][1:]: error["text"] for error in errors}, done="done" in request.GET and not errors,
        documents=[{"value": kind, "label": t(f"identity.document_{kind}")} for kind in identity.DOCUMENTS],
        departments=[{"value": name, "label": pack.departments[name].title.in_(lang)} for name in mine],
    )  # fmt: skip


_WHERE = {"not_born": "#born", "too_young": "#born", "guardian": "#guardian", "guardian_code": "#guardian"}


def _date(born: dict[str, str]) -> date | None:
    try:
        return date(*(int(born[part]) for part in ("year", "month", "day")))
    except (ValueError, OverflowError):
        return None


def _errors(
    typed: dict[str, str], born: dict[str, str], mine: list[str], seen: bool, lang: str
) -> list[dict[str, str]]:
    t = translator(lang)
    missing = {
        "code": not typed["code"].strip(),
        "department": len(mine) > 1 and typed["department"] not in mine,
        "document": typed["document"] not in identity.DOCUMENTS,
        "born": _date(born) is None,
        "seen": not seen,
    }
    return [{"href": f"#{name}", "text": t(f"identity.prove_needs_{name}")} for name, lacks in missing.items() if lacks]


def _prove(officer: identity.Officer, typed: dict[str, str], born: dict[str, str], mine: list[str]) -> None:
    at, day = who.now(), _date(born)
    assert day is not None  # noqa: S101 (looked at before)
    proof = identity.prove(
        code=typed["code"], guardian_code=typed["guardian"], officer_ref=officer.ref,
        department=typed["department"] if len(mine) > 1 else mine[0], document=typed["document"], born=day,
        today=load.pack().calendar.day_of(at), at=at,
    )  # fmt: skip
    people: list[Any] = [proof.person, proof.guardian]
    for person in filter(None, people):
        sign_in.tell(f"person:{person}", "identity_proven" if person == proof.person else "guardian_approved", at=at)
