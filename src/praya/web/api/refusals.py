"""Every error of the API in one shape, in the language of the request: code, message, fields, request id.

Like RFC 9457 it has a code for machines and a message for people; the messages are those of the portal.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.core.exceptions import RequestDataTooBig
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel

from praya.kernel.text import Text, html_language
from praya.web import pages, rate_limits
from praya.web.words import translator

MAX_FIELDS = 100


class Reason(Protocol):
    """Why one field is refused; a question's `Refusal` is one."""

    @property
    def path(self) -> str:
        """The path of the field."""

    @property
    def code(self) -> str:
        """The code for machines."""

    def message(self, language: str) -> str:
        """The message for people."""


@dataclass(frozen=True)
class Wrong:
    """A field of a request that the API itself refuses."""

    path: str
    code: str
    values: dict[str, Any] = field(default_factory=dict)

    def message(self, language: str) -> str:
        """The message for people."""
        return translator(language)(f"api.field_{self.code}", **self.values)


class Refused(Exception):
    """The request is refused; `sentence` replaces the code's own message, `explanation` gives the reasons."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        fields: Sequence[Reason] = (),
        sentence: Text | None = None,
        headers: dict[str, str] | None = None,
        explanation: Callable[[str], Sequence[BaseModel]] | None = None,
        **values: Any,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.fields, self.sentence = status, code, fields, sentence
        self.headers, self.values, self.explanation = headers or {}, values, explanation


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The response."""
    language = pages.preferred(request)
    sentence = refused.sentence
    message = sentence.in_(language) if sentence else translator(language)(f"api.{refused.code}", **refused.values)
    error = {
        "code": refused.code,
        "message": message,
        "fields": [
            {"path": reason.path, "code": reason.code, "message": reason.message(language)}
            for reason in refused.fields[:MAX_FIELDS]
        ],
        "explanation": [line.model_dump() for line in refused.explanation(language)] if refused.explanation else [],
        "request": str(request.META.get("PRAYA_REQUEST_ID", "")),
    }
    response = HttpResponse(
        json.dumps({"error": error}, ensure_ascii=False), status=refused.status, content_type="application/json"
    )
    response["Content-Language"] = html_language(language)
    response["Cache-Control"] = "no-store"
    response["Vary"] = "Accept-Language"
    for name, value in refused.headers.items():
        response[name] = value
    return response


def of_exception(request: HttpRequest, problem: Exception | type[Exception]) -> HttpResponse:
    """The response to an exception. One that is not a refusal is logged with its place in the code and gives 500."""
    match problem:
        case Refused():
            refused = problem
        case ValidationError():
            refused = _invalid(problem)
        case Http404():
            refused = Refused(404, "not_found")
        case rate_limits.TooMany():
            headers = {"Retry-After": str(problem.seconds)}
            refused = Refused(429, "too_many", headers=headers, seconds=problem.seconds)
        case RequestDataTooBig():
            refused = Refused(413, "too_large")
        case HttpError():
            refused = _of_ninja(problem)
        case UnreadablePostError():
            refused = Refused(400, "not_json")
        case _:
            got_request_exception.send(sender=None, request=request)
            refused = Refused(500, "failed")
    return refusal(request, refused)


def _of_ninja(problem: HttpError) -> Refused:
    if isinstance(problem.__cause__, Refused):
        return problem.__cause__
    if problem.status_code == 401:
        return Refused(401, "no_token", headers={"WWW-Authenticate": "Bearer"})
    return Refused(400, "not_json")


_CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "string_too_short": "too_short",
    "string_too_long": "too_long",
    "too_short": "too_few",
    "too_long": "too_many",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_big",
    "not_a_day": "not_a_day",
    "one_of": "one_of",
}
_LIMITS = {"min_length": "min", "max_length": "max", "ge": "min", "le": "max"}


def _invalid(problem: ValidationError) -> Refused:
    fields = [_wrong(error) for error in problem.errors[:MAX_FIELDS]]
    if any(wrong.path == "Idempotency-Key" for wrong in fields):
        return Refused(400, "no_key", fields=fields)
    return Refused(422, "invalid", fields=fields)


def _wrong(error: dict[str, Any]) -> Wrong:
    source, *path = error["loc"]
    if source == "body":
        path = path[1:]
    at = ".".join(str(part)[:60] for part in path)
    values = {_LIMITS[name]: value for name, value in (error.get("ctx") or {}).items() if name in _LIMITS}
    return Wrong(at, _CODES.get(error["type"], "wrong_kind"), values)
