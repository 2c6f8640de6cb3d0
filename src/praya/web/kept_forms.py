"""Form input that could not be processed: it is stored for the browser that sent it, and shown in the page again.

Every form has a hidden field with a signature over its owner and its page. When the session has ended, the CSRF token
is old or the server fails, the input is stored under that owner and page (`blocks/forms/untaken.py`), and the page
shows it when the same person opens it again. Switching the language works the same way: the form is sent, stored, and
shown in the other language.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict, UnreadablePostError
from django.utils.crypto import salted_hmac
from django.utils.datastructures import MultiValueDict
from django.utils.http import url_has_allowed_host_and_scheme

from praya.blocks.forms import api as forms
from praya.kernel import clock, disk
from praya.web import rate_limits

FIELD, LANGUAGE, SWITCHED = "_form", "_language", "_switched"
RESTORED = "praya.restored"
ANYBODY, UNKNOWN = "", "?"
LARGEST_UNSIGNED = 256 * 1024
LARGEST_FILES = 10 * 1024 * 1024
"""The bytes of files that are kept with one form; the person chooses larger files again."""
# Fields that the page itself fills in: a page that is shown again makes new values.
OF_THE_PAGE = frozenset({"csrfmiddlewaretoken", FIELD, LANGUAGE, "once", "revision"})
BUTTONS = frozenset({"upload", "remove", "_add", "_remove", "work-out"})
HIDDEN = frozenset({"_asked", "_seen", "held_by", "to", "do", "ref", "desk", "next", "everywhere"})
FILES_LEFT_OUT = "_files_left_out"


class NotTheirs(Exception):
    """The form was rendered for another person, who was signed in on this browser before."""


@dataclass(frozen=True, slots=True)
class Form:
    """The content of a form's hidden field: the owner's mark and the address of the page."""

    whose: str
    page: str


def marks(person_ref: str, officer_ref: str, *, at_desk: bool = False) -> list[str]:
    """Pseudonyms of the person who is signed in. A form's owner is the first of them.

    The others match forms of an officer who tries a service as a resident, and forms from before a change of keys.
    """
    known = [(kind, ref) for kind, ref in (("person", person_ref), ("officer", officer_ref)) if ref]
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ordered = reversed(known) if at_desk else known
    named = [(key, f"{kind}:{ref}") for kind, ref in ordered for key in keys]
    return [salted_hmac("praya.typed", name, key, algorithm="sha256").hexdigest()[:16] for key, name in named]


def hidden_value(form: Form) -> str:
    """The value of the hidden field."""
    return _signer().sign(f"{form.whose}:{form.page}")


def _signer() -> Signer:
    return Signer(salt="praya.typed")


def form_of(request: HttpRequest) -> Form | None:
    """The verified hidden field of a posted form; None when the signature is missing or wrong, or the form broken."""
    try:
        whose, _, page = _signer().unsign(request.POST.get(FIELD, "")).partition(":")
    except (BadSignature, SuspiciousOperation, BadRequest, UnreadablePostError, RequestDataTooBig):
        return None
    return Form(whose, page) if _local(page) else None


def _local(page: str) -> bool:
    return page.startswith("/") and url_has_allowed_host_and_scheme(page, allowed_hosts=None)


def page_of(request: HttpRequest) -> str:
    """The address of the page that a form was sent from."""
    form = form_of(request)
    if form is not None:
        return form.page
    # Adding a note and taking a case over are posted from the page of the case.
    path = request.path
    return next((path.removesuffix(end) for end in ("/notes", "/assign") if path.endswith(end)), path)


def keep(request: HttpRequest, response: HttpResponse, *, why: str, owners: Iterable[str] = (), page: str = "") -> bool:
    """Store the input of a form, and give the browser the key to it in a cookie; returns whether anything was stored.

    `owners` are the marks of the current or the last session, for a form without a valid hidden field. UNKNOWN stands
    for everybody who may open the page.
    """
    form = form_of(request)
    owner = form.whose if form else next(iter(owners), None)
    if owner is None or (owner == UNKNOWN and "/desk/" in request.path):
        # A form without an owner may be forged, and several officers can open a case at the desk.
        return False
    sent = _sent(request, owner, why)
    if sent is None:
        return False
    try:
        if owner in {ANYBODY, UNKNOWN}:
            rate_limits.count("keep_any_form", rate_limits.address(request))
        else:
            rate_limits.count("keep_form", owner)
    except rate_limits.TooMany:
        return False
    key = _key(request) or forms.new_browser_key()
    forms.keep_untaken(sent, key=key, page=_key_of(page or page_of(request)), at=clock.now())
    response.set_cookie(
        settings.TYPED_COOKIE_NAME,
        key,
        max_age=24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return True


def _sent(request: HttpRequest, owner: str, why: str) -> forms.Untaken | None:
    try:
        posted = {name: list(values) for name, values in request.POST.lists() if name not in OF_THE_PAGE | BUTTONS}
        files = {at: [(f.name or "", f.content_type or "", f) for f in given] for at, given in request.FILES.lists()}
    except (SuspiciousOperation, BadRequest, UnreadablePostError, RequestDataTooBig):
        return None
    fields = {n: vs for n, vs in posted.items() if "\0" not in n and not any("\0" in v for v in vs)}
    size = sum(len(value) for values in fields.values() for value in values)
    if not files and not any(value for name, values in fields.items() if name not in HIDDEN for value in values):
        return None
    if owner in {ANYBODY, UNKNOWN} and size > LARGEST_UNSIGNED:
        return None
    weight = sum(file.size or 0 for given in files.values() for _, _, file in given)
    if files and (weight > LARGEST_FILES or owner in {ANYBODY, UNKNOWN} or not disk.space().holds(weight)):
        return forms.Untaken(owner, why, {**fields, FILES_LEFT_OUT: ["1"]})
    read = {at: [(name, kind, file.read()) for name, kind, file in given] for at, given in files.items()}
    return forms.Untaken(owner, why, fields, read)


def restore(request: HttpRequest, owners: Iterable[str], *, by_address: bool) -> None:
    """Put stored input into the request for a page, as if it had been posted.

    Only the form's owner gets it. `by_address` also restores input without an owner, for pages that only one person may
    open.
    """
    key = _key(request)
    if not key:
        return
    form = forms.untaken(key=key, page=_key_of(request.get_full_path()), at=clock.now())
    if form is None or not (form.whose in {*owners, ANYBODY} or (by_address and form.whose == UNKNOWN)):
        return
    fields = QueryDict(mutable=True)
    for name, values in form.fields.items():
        fields.setlist(name, values)
    request.META[RESTORED] = (form.why, fields.pop(FILES_LEFT_OUT, None) is not None)
    request.POST = fields  # type: ignore[assignment]
    files = {at: [SimpleUploadedFile(*_file(file)) for file in given] for at, given in form.files.items()}
    request._files = MultiValueDict(files)  # type: ignore[attr-defined]


def _file(file: tuple[str, str, bytes]) -> tuple[str, bytes, str]:
    name, kind, data = file
    return name or "file", data, kind


def restored(request: HttpRequest) -> bool:
    """Whether the request opens a page and carries restored input."""
    return request.method != "POST" and RESTORED in request.META


def drop(request: HttpRequest, page: str = "") -> None:
    """Delete the stored input of a page, which was processed or is stored elsewhere now."""
    key = _key(request)
    if key:
        forms.drop_untaken(key=key, page=_key_of(page or request.get_full_path()))


def drop_all(request: HttpRequest, response: HttpResponse) -> None:
    """Delete all stored input of this browser."""
    key = _key(request)
    if key:
        forms.drop_untaken(key=key)
        response.delete_cookie(settings.TYPED_COOKIE_NAME, samesite="Lax")


def insist_on_owner(request: HttpRequest, owners: Iterable[str]) -> None:
    """Raise NotTheirs when the form's owner is not the person who is signed in now."""
    form = form_of(request)
    if form is not None and form.whose and form.whose not in set(owners):
        raise NotTheirs


def switch_language(request: HttpRequest, languages: Iterable[str], owners: Iterable[str]) -> HttpResponse | None:
    """Redirect to the same page in the language whose button was pressed, and keep the input for it.

    None when no such button was pressed.
    """
    given = request.POST if request.method == "POST" else request.GET
    wanted = given.get(LANGUAGE)
    if wanted is None or wanted not in set(languages):
        return None
    if request.method != "POST":
        rest = [(n, v) for n, values in given.lists() for v in values if n not in {LANGUAGE, SWITCHED}]
        return HttpResponseRedirect(_in_language(f"{request.path}?{urlencode([*rest, (SWITCHED, '1')])}", wanted))
    response = HttpResponseRedirect(_in_language(page_of(request), wanted))
    keep(request, response, why="language", owners=owners)
    return response


def _in_language(page: str, language: str) -> str:
    _, _, rest = page.removeprefix("/").partition("/")
    return f"/{language}/{rest}"


def _key(request: HttpRequest) -> str:
    key = request.COOKIES.get(settings.TYPED_COOKIE_NAME, "")
    return key if len(key) == 64 and all(c in "0123456789abcdef" for c in key) else ""


def _key_of(page: str) -> str:
    """The key of a page, without its language: input typed in one language is restored in every other."""
    key = _in_language(page, "-")
    return key if len(key) <= 400 else key.partition("?")[0][:400]
