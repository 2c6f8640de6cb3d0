"""The declaration of operations and the enforcement of their audience, scope and rate limit."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.security import HttpBearer
from pydantic import BaseModel

from praya.blocks.tokens import api as access
from praya.definition.service import Service
from praya.journey import load
from praya.kernel import jsontext
from praya.web import rate_limits, who
from praya.web.api import bodies, refusals
from praya.web.api.refusals import Refused
from praya.web.api.schemas import Error
from praya.web.words import translator

Audience = Literal["anyone", "machine"]
View = Callable[..., HttpResponse]

AUDIENCES: dict[str, Audience] = {}
"""Operation -> its audience."""
SCOPES: dict[str, str] = {}
OWNERS: dict[str, str] = {}
"""Operation -> the module that declares it."""
MAX_AGE = "public, max-age=60"
"""Operation -> the scope that a token needs for it."""
METHODS: dict[str, dict[str, str]] = {}
"""Path -> method -> operation."""

_UNUSED = HttpResponse()


class Api(NinjaAPI):
    """Django Ninja's API, without the response object that it makes for every request and that we do not use."""

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """Return one shared response: every operation makes its own (`answered`)."""
        return _UNUSED


api = Api(
    title="Praya",
    version="1",
    description=translator("en")("api.about"),
    openapi_url=None,
    docs_url=None,
    parser=bodies.Bodies(),
    urls_namespace="api-1",
)
api.add_exception_handler(Exception, refusals.of_exception)
for _known in (HttpError, ValidationError, Http404):
    api.add_exception_handler(_known, refusals.of_exception)


class Department(HttpBearer):
    """A department's token (RFC 6750), with the scope that the operation needs."""

    openapi_description = "A token that the platform's operator issued to a department."

    def __init__(self, scope: str, *, files: bool) -> None:
        super().__init__()
        self.scope, self.files = scope, files

    def authenticate(self, request: HttpRequest, token: str) -> access.Token | None:
        """Verify the token and count the request. Raises Refused without the scope, rate_limits.TooMany."""
        try:
            verified = access.verify(token, at=who.now())
        except access.NoToken:
            rate_limits.count("api", rate_limits.address(request))
            return None
        rate_limits.count("api", verified.actor)
        if self.scope not in verified.scopes:
            headers = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{self.scope}"'}
            raise Refused(403, "wrong_scope", headers=headers, scope=self.scope)
        if self.files:
            bodies.allow_files(request)
        return verified


class Anyone:
    """No authentication; requests are limited by network."""

    def __init__(self, rate: str) -> None:
        self.rate = rate

    def __call__(self, request: HttpRequest) -> bool:
        """Count the request. Raises rate_limits.TooMany."""
        rate_limits.count(self.rate, rate_limits.address(request))
        return True


def operation(
    method: str,
    path: str,
    *,
    audience: Audience,
    gives: dict[int, type[BaseModel] | None],
    refuses: Sequence[int] = (),
    scope: str = "",
    rate: str = "api",
    files: bool = False,
) -> Callable[[View], View]:
    """Declare an operation: its audience, the schema of its response, and the statuses of its refusals."""

    def declare(view: View) -> View:
        name = view.__name__
        AUDIENCES[name], OWNERS[name] = audience, view.__module__
        METHODS.setdefault(path, {})[method] = name
        auth: Any = Anyone(rate)
        always = [429]
        if audience == "machine":
            SCOPES[name] = scope
            auth, always = Department(scope, files=files), [401, 403, 429]
        if method in {"POST", "PUT"}:
            always += [400, 413, 415, 422]
        answers: dict[int, type[BaseModel] | None] = {**gives}
        answers |= dict.fromkeys(sorted({*always, *refuses}), Error)
        declared: View = api.api_operation(
            [method],
            path,
            auth=auth,
            response=answers,
            operation_id=name,
            summary=translator("en")(words_of(name)),
            description=view.__doc__,
            url_name=name,
            by_alias=True,
        )(view)
        return declared

    return declare


def words_of(operation: str) -> str:
    """The key of an operation's summary in words.yaml: `<plug>.op_<operation>`."""
    subject: str = import_module(OWNERS[operation]).SUBJECT
    return f"{subject.partition('.')[0]}.op_{operation}"


def token_of(request: HttpRequest) -> access.Token:
    """The verified token of a request."""
    return request.auth  # type: ignore[attr-defined, no-any-return]


def answered(
    data: BaseModel | str, *, status: int = 200, headers: dict[str, str] | None = None, keep: str = "no-store"
) -> HttpResponse:
    """A JSON response."""
    text = data if isinstance(data, str) else jsontext.dumps(data.model_dump(by_alias=True))
    response = HttpResponse(text, status=status, content_type="application/json")
    response["Cache-Control"] = keep
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def service_named(name: str) -> Service:
    """A live service. Raises Refused."""
    try:
        return load.territory().service(name)
    except load.NoService:
        raise Refused(404, "no_service") from None


def own_service(request: HttpRequest, name: str) -> Service:
    """A live service of the token's department. Raises Refused."""
    definition = service_named(name)
    if definition.department != token_of(request).department:
        raise Refused(403, "other_department")
    return definition
