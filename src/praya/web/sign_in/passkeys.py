"""Passkeys: signing in with one, confirming with one, and the page where they are added, named and removed."""

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_POST

from praya.blocks.identity import api as identity
from praya.journey import load, sign_in
from praya.kernel import reading
from praya.web import display, pages, rate_limits, who
from praya.web.sign_in import views
from praya.web.words import translator

CEREMONIES = "passkeys"
AT_ONCE = 4
"""How many questions a browser may have open, such as in several tabs."""
LONGEST_ANSWER = 8192


@require_POST
@who.open_to("anyone")
def options(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """What the browser needs for a passkey, as JSON: to sign in, to confirm, or to add one."""
    rate_limits.count("sign_in_code", rate_limits.address(request))
    if not identity.can_have_passkeys():
        raise Http404
    purpose, current, at = request.POST.get("for"), who.session(request), who.now()
    if purpose == "sign_in":
        asked, ceremony = identity.ask_passkey(at=at)
    elif not current.holder or current.trial:
        raise Http404
    elif purpose == "add":
        name, shown = _shown_to_authenticator(request, lang)
        asked, ceremony = identity.ask_new_passkey(holder=current.holder, name=name, shown_name=shown, at=at)
    else:
        asked, ceremony = identity.ask_passkey(holder=current.holder, at=at)
    request.session[CEREMONIES] = [*_ceremonies(request), ceremony][-AT_ONCE:]
    return JsonResponse(asked, headers={"Cache-Control": "no-store"})


def _shown_to_authenticator(request: HttpRequest, lang: str) -> tuple[str, str]:
    """The names under which an authenticator lists the account: resident and officer are two."""
    if who.session(request).officer_ref:
        officer = who.officer(request)
        return translator(lang)("identity.passkey_at_desk", email=officer.email), officer.name
    person = identity.person(who.person_ref(request))
    return person.email, person.name or person.email


def _ceremonies(request: HttpRequest) -> list[Any]:
    kept = request.session.get(CEREMONIES)
    return kept if isinstance(kept, list) else []


def _answer(request: HttpRequest) -> dict[str, Any]:
    """The browser's answer. Raises identity.PasskeyRefused when it is no JSON object."""
    sent = request.POST.get("answer", "")
    try:
        answer = json.loads(sent) if len(sent) <= LONGEST_ANSWER else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise identity.PasskeyRefused("failed")
    return answer


@require_POST
@who.open_to("anyone")
def enter(request: HttpRequest, *, lang: str, desk: bool = False) -> HttpResponseBase:
    """Sign in with a passkey."""
    rate_limits.count("sign_in_try", rate_limits.address(request))
    target = views.next_page(request, lang, desk=desk)
    try:
        used = identity.answer_passkey(
            ceremonies=_ceremonies(request), answer=_answer(request), desk=desk, at=who.now()
        )  # fmt: skip
    except identity.PasskeyRefused as refused:
        text = translator(lang)(f"identity.passkey_{refused}")
        return views.ask_page(request, lang, desk=desk, errors=[{"href": "#email", "text": text}])
    way: identity.Way = "passkey" if used.counts else "code"
    _, _, ref = used.holder.partition(":")
    if desk:
        officer = identity.officer(ref)
        who.begin_session(request, officer=officer, way=way)
        email = officer.email
    else:
        level = identity.passkey_level(used.holder, step_up=False) if used.counts else identity.CODE_LEVEL
        who.begin_session(request, person_ref=ref, level=level, way=way)
        email = identity.person(ref).email
    return views.signed_in(request, HttpResponseRedirect(target), email)


def _page(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The list of somebody's passkeys, to add, name and remove them."""
    current, at = who.session(request), who.now()
    if current.trial:
        raise Http404
    t = translator(lang)
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        rate_limits.count("sign_in_try", rate_limits.address(request))
        try:
            _change(request, lang)
        except identity.PasskeyRefused as refused:
            errors = [{"href": "#add", "text": t(f"identity.passkey_{refused}")}]
        except PermissionError:
            errors = [{"href": "#passkeys", "text": t("identity.passkey_show_first")}]
        except (ValueError, reading.NotText):
            errors = [{"href": "#passkeys", "text": t("identity.passkey_needs_name")}]
        except LookupError:
            raise Http404 from None
        else:
            return HttpResponseRedirect(request.path)
    pack = load.pack()
    rows = [
        {
            "ref": one.ref,
            "name": one.name,
            "synced": one.synced,
            "since": display.moment_words(one.created_at, pack, lang),
            "used": display.moment_words(one.used_at, pack, lang) if one.used_at else "",
            "waits": display.moment_words(one.counts_from, pack, lang) if one.counts_from > at else "",
        }
        for one in identity.passkeys(current.holder)
    ]
    return pages.page(
        request, "identity/passkeys.html", lang, rows=rows, errors=errors, desk=bool(current.officer_ref),
        possible=identity.can_have_passkeys(), shown=current.way == "passkey", days=identity.WAITING_PERIOD.days,
        guarded=any(not row["waits"] for row in rows),
    )  # fmt: skip


def _change(request: HttpRequest, lang: str) -> None:
    current, at = who.session(request), who.now()
    ref, by_passkey = request.POST.get("passkey", ""), current.way == "passkey"
    match request.POST.get("do"):
        case "remove":
            identity.remove_passkey(holder=current.holder, ref=ref, by_passkey=by_passkey, at=at)
            sign_in.tell(current.holder, "passkey_removed", at=at)
        case "rename":
            identity.rename_passkey(holder=current.holder, ref=ref, name=request.POST.get("name", ""), at=at)
        case _:
            name = request.POST.get("name", "").strip() or views.device_words(request, lang)
            made = identity.add_passkey(
                holder=current.holder, name=name, ceremonies=_ceremonies(request), answer=_answer(request),
                by_passkey=by_passkey, at=at,
            )  # fmt: skip
            waits = made.counts_from > at
            sign_in.tell(current.holder, "passkey_waits" if waits else "passkey_added", at=at)


residents_passkeys = who.open_to("resident")(_page)
officers_passkeys = who.open_to("officer")(_page)


def _confirm(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Confirm with a passkey that one is still oneself. It begins a new session."""
    current, at, desk = who.session(request), who.now(), bool(who.session(request).officer_ref)
    if current.trial:
        raise Http404
    target = views.next_page(request, lang, desk=desk)
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        rate_limits.count("sign_in_try", rate_limits.address(request))
        try:
            used = identity.answer_passkey(
                ceremonies=_ceremonies(request), answer=_answer(request), holder=current.holder, at=at
            )  # fmt: skip
            if not used.counts:
                raise identity.PasskeyRefused("waits")
        except identity.PasskeyRefused as refused:
            errors = [{"href": "#confirm", "text": translator(lang)(f"identity.passkey_{refused}")}]
        else:
            who.step_up(request)
            return HttpResponseRedirect(target)
    return pages.page(
        request, "identity/confirm.html", lang, errors=errors, desk=desk, next=target,
        possible=identity.can_have_passkeys(), some=identity.has_passkey(current.holder, at=at),
        unproven=not desk and "level" in request.GET and identity.proof(current.person_ref) is None,
    )  # fmt: skip


residents_confirm = who.open_to("resident")(_confirm)
officers_confirm = who.open_to("officer")(_confirm)
