"""What an officer keeps on a phone to work without a network: deleted when the officer signs out, or another signs in.

The cookie names the officer by a pseudonym. The browser is told to delete by `Clear-Site-Data`; one that does not know
that header deletes when a page of the desk notices (see `desk/static/praya/visits.js`).
"""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from praya.web import kept_forms, who

MOST_SECONDS = 2 * 24 * 3600


def names(request: HttpRequest) -> list[str]:
    """The pseudonyms of the officer who is signed in, the present one first; none when there is no officer."""
    return kept_forms.marks("", who.session(request).officer_ref, at_desk=True)


def keep(request: HttpRequest, response: HttpResponseBase) -> None:
    """Note in a cookie that this browser keeps something of the officer."""
    response.set_cookie(
        settings.KEPT_COOKIE_NAME, names(request)[0], max_age=MOST_SECONDS, secure=settings.SESSION_COOKIE_SECURE,
        httponly=True, samesite="Lax",
    )  # fmt: skip


def clear_unless_theirs(request: HttpRequest, response: HttpResponseBase) -> None:
    """Have the browser delete what it keeps when the session was ended, or somebody else is signed in now.

    A session that ended by itself deletes nothing: the officer signs in again, and what waits is sent.
    """
    kept = request.COOKIES.get(settings.KEPT_COOKIE_NAME)
    if not kept or who.SESSION not in request.META:
        return
    if who.ENDED in request.META or (who.session(request).holder and kept not in names(request)):
        response.headers["Clear-Site-Data"] = '"storage"'
        response.delete_cookie(settings.KEPT_COOKIE_NAME, samesite="Lax")
