"""The description of the API: the OpenAPI document, and a page for people that is generated from it."""

import hashlib
import json
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse

from praya.kernel import plug
from praya.web import pages, who
from praya.web.api.guards import AUDIENCES, MAX_AGE, METHODS, OWNERS, SCOPES, answered, api, words_of

MODULES = [(path, plug.value(path)) for one in plug.plugs() for path in one.operations]
"""The modules of all plugs with operations. Importing one declares its operations; `SUBJECT` is what they are about."""
BASE = "/api/v1/"


@lru_cache(maxsize=1)
def described() -> tuple[str, str]:
    """The OpenAPI 3.1 document as text, and its ETag."""
    document = dict(api.get_openapi_schema(path_prefix=BASE))
    document.pop("servers", None)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


@who.open_to("anyone")
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    text, etag = described()
    headers = {"ETag": etag}
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=headers)
    return answered(text, headers=headers, keep=MAX_AGE)


@who.open_to("anyone")
def page(request: HttpRequest, *, lang: str = "") -> HttpResponse:
    """The page with all operations."""
    language = lang or pages.preferred(request)
    response = pages.page(request, "api/operations.html", language, subjects=_subjects())
    response["Vary"] = "Accept-Language, Cookie"
    return response


def _subjects() -> list[dict[str, Any]]:
    document = json.loads(described()[0])
    by_name = {
        details["operationId"]: {"method": method.upper(), "path": path, **details}
        for path, methods in document["paths"].items()
        for method, details in methods.items()
    }
    return [
        {
            "name": module.SUBJECT.replace(".", "-"),
            "words": module.SUBJECT,
            "operations": [_row(name, by_name[name]) for name, owner in OWNERS.items() if owner == path],
        }
        for path, module in MODULES
    ]


def _row(name: str, details: dict[str, Any]) -> dict[str, Any]:
    body = details.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return {
        "name": name,
        "words": words_of(name),
        "method": details["method"],
        "path": details["path"],
        "audience": AUDIENCES[name],
        "scope": SCOPES.get(name, ""),
        "parameters": [{"name": p["name"], "place": p["in"], "required": p["required"]} for p in details["parameters"]],
        "body": body.get("$ref", "").rpartition("/")[2],
        "statuses": sorted(details["responses"], key=int),
    }


def declared() -> dict[str, dict[str, str]]:
    """Every path with its methods and operations."""
    return METHODS
