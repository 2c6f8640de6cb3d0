"""What was typed and could not be taken: it is kept for the browser that sent it, and stands in the page again.

Every form says under a signature for whom and on which page it was made. When the session is over, the token is old or
the server fails, what was sent is kept under that name (`blocks/forms/untaken.py`), and the page shows it to the same
person the next time. Switching the language goes the same way: the form is sent, kept, and shown in the other language.
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
from praya.web import limits

FIELD, LANGUAGE, SWITCHED = "_form", "_language", "_switched"
RESTORED = "praya.restored"
ANYBODY, UNKNOWN = "", "?"
LARGEST_UNSIGNED = 256 * 1024
LARGEST_FILES = 10 * 1024 * 1024
"""Bytes of files that are kept with one form; larger ones are chosen again."""
# What a page puts into a form itself: it is not typed, and a page that is shown again makes it anew.
OF_THE_PAGE = frozenset({"csrfmiddlewaretoken", FIELD, LANGUAGE, "once", "revision"})
BUTTONS = frozenset({"upload", "remove", "_add", "_remove", "work-out"})
HIDDEN = frozenset({"_asked", "_seen", "held_by", "to", "do", "ref", "desk", "next", "everywhere"})
FILES_LEFT_OUT = "_files_left_out"


class NotTheirs(Exception):
    """A form that was made for somebody else who was signed in on this browser before."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the hidden field of a form says: for whom it was made, and on which page it stood."""

    whose: str
    page: str


def marks(person_ref: str, officer_ref: str, *, at_desk: bool = False) -> list[str]:
    """Names of whoever is signed in that say nothing of them; forms are made for the first.

    The others are those of an officer who tries a service as a resident, and of forms from before a change of keys.
    """
    known = [(kind, ref) for kind, ref in (("person", person_ref), ("officer", officer_ref)) if ref]
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ordered = reversed(known) if at_desk else known
    named = [(key, f"{kind}:{ref}") for kind, ref in ordered for key in keys]
    return [salted_hmac("praya.typed", name, key, algorithm="sha256").hexdigest()[:16] for key, name in named]


def signed(form: Form) -> str:
    """The value of the hidden field."""
    return _signer().sign(f"{form.whose}:{form.page}")


def _signer() -> Signer:
    return Signer(salt="praya.typed")


def form_of(request: HttpRequest) -> Form | None:
    """What the form that was sent says of itself; None when it says nothing that we signed, or cannot be read."""
    try:
        whose, _, page = _signer().unsign(request.POST.get(FIELD, "")).partition(":")
    except (BadSignature, SuspiciousOperation, BadRequest, UnreadablePostError, RequestDataTooBig):
        return None
    return Form(whose, page) if _local(page) else None


def _local(page: str) -> bool:
    return page.startswith("/") and url_has_allowed_host_and_scheme(page, allowed_hosts=None)


def page_of(request: HttpRequest) -> str:
    """The address of the page from which a form was sent."""
    form = form_of(request)
    if form is not None:
        return form.page
    # A note and taking a case over are sent from the page of the case.
    path = request.path
    return next((path.removesuffix(end) for end in ("/notes", "/assign") if path.endswith(end)), path)


def keep(request: HttpRequest, response: HttpResponse, *, why: str, owners: Iterable[str] = (), page: str = "") -> bool:
    """Keep what was sent, and give the browser the key to it; answers whether there was anything to keep.

    `owners` are those who are signed in, or were last; they count when the form itself does not say whose it is.
    UNKNOWN is whoever may open the page, when it is sure that the form came from there.
    """
    form = form_of(request)
    owner = form.whose if form else next(iter(owners), None)
    if owner is None or (owner == UNKNOWN and "/desk/" in request.path):
        # Anybody's form may be sent to us; and cases at the desk are open to several officers.
        return False
    sent = _sent(request, owner, why)
    if sent is None:
        return False
    try:
        if owner in {ANYBODY, UNKNOWN}:
            limits.count("keep_any_form", limits.address(request))
        else:
            limits.count("keep_form", owner)
    except limits.TooMany:
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
    """Let a page that is asked for be shown with what was sent from it and not taken: as if it had been posted.

    Only to the person for whom the form was made. With `by_address`, where only one person may see the page at all,
    also what nobody's name stands on.
    """
    key = _key(request)
    if not key:
        return
    found = forms.untaken(key=key, page=_key_of(request.get_full_path()), at=clock.now())
    if found is None or not (found.whose in {*owners, ANYBODY} or (by_address and found.whose == UNKNOWN)):
        return
    fields = QueryDict(mutable=True)
    for name, values in found.fields.items():
        fields.setlist(name, values)
    request.META[RESTORED] = (found.why, fields.pop(FILES_LEFT_OUT, None) is not None)
    request.POST = fields  # type: ignore[assignment]
    files = {at: [SimpleUploadedFile(*_file(file)) for file in given] for at, given in found.files.items()}
    request._files = MultiValueDict(files)  # type: ignore[attr-defined]


def _file(file: tuple[str, str, bytes]) -> tuple[str, bytes, str]:
    name, kind, data = file
    return name or "file", data, kind


def restored(request: HttpRequest) -> bool:
    """Whether this page is asked for, and what was typed in it before stands in the request as if it were posted."""
    return request.method != "POST" and RESTORED in request.META


def drop(request: HttpRequest, page: str = "") -> None:
    """Forget what was kept of a page: it was taken, or stands elsewhere now."""
    key = _key(request)
    if key:
        forms.drop_untaken(key=key, page=_key_of(page or request.get_full_path()))


def drop_all(request: HttpRequest, response: HttpResponse) -> None:
    """Forget all that was kept for this browser."""
    key = _key(request)
    if key:
        forms.drop_untaken(key=key)
        response.delete_cookie(settings.TYPED_COOKIE_NAME, samesite="Lax")


def insist_on_owner(request: HttpRequest, owners: Iterable[str]) -> None:
    """Raise NotTheirs when the form was made for somebody else than those who are signed in now."""
    form = form_of(request)
    if form is not None and form.whose and form.whose not in set(owners):
        raise NotTheirs


def switched(request: HttpRequest, languages: Iterable[str], owners: Iterable[str]) -> HttpResponse | None:
    """The way to the same page in the language whose button was pressed; what was typed comes along.

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
    """A page without its language: what was typed in one language is there in every other."""
    key = _in_language(page, "-")
    return key if len(key) <= 400 else key.partition("?")[0][:400]
