"""Bodies of requests: JSON of bounded size and depth, without refused control characters."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.parser import Parser

from praya.kernel.number import Number, plain
from praya.kernel.reading import refused_character, without_controls
from praya.web.api.refusals import Refused, Wrong

MAX_DEPTH = 24
MAX_WHOLE = 2**53


class Bodies(Parser):
    """Ninja's parser of request bodies."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Parse the body as JSON. Raises Refused."""
        if request.content_type != "application/json":
            raise Refused(415, "not_json")
        try:
            value = json.loads(
                request.body.decode(), parse_constant=_refuse, parse_int=_whole, parse_float=_real,
                object_pairs_hook=_members,
            )  # fmt: skip
        except (ValueError, RecursionError):
            raise Refused(400, "not_json") from None
        _insist_on_plain(value)
        return value


def allow_files(request: HttpRequest) -> None:
    """Allow the size of an upload for this request, once its token is verified. Raises Refused."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > settings.PRAYA.upload_max_mb * 1024 * 1024 + settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise Refused(413, "too_large")
    if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        # Django refuses a body of this size unless it was read before; the size without files is checked separately.
        request._body = request.read()


def insist_on_size_without(files: int, request: HttpRequest) -> None:
    """Raise Refused when the body without its `files` characters is larger than a request without files may be."""
    if len(request.body) - files > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise Refused(413, "too_large")


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _whole(digits: str) -> int:
    number = int(digits)
    if abs(number) > MAX_WHOLE:
        raise ValueError("beyond what JSON readers agree on (RFC 8259, 6)")
    return number


def _real(digits: str) -> Number:
    number = plain(digits)
    if not -MAX_WHOLE <= number <= MAX_WHOLE:
        raise ValueError("beyond what JSON readers agree on (RFC 8259, 6)")
    return number


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name is there twice")
    return members


def _insist_on_plain(value: Any) -> None:
    """Raise Refused for a value that is nested too deep or has a refused control character."""
    level, depth = [("", value)], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise Refused(400, "not_json")
        below: list[tuple[str, Any]] = []
        for path, part in level:
            if isinstance(part, str):
                if character := refused_character(part):
                    where = without_controls(path, "_").strip(".")[:200]
                    wrong = Wrong(where, "control_character", {"character": character})
                    raise Refused(400, "untyped_characters", fields=[wrong])
            elif isinstance(part, dict):
                below += [(path, name) for name in part]
                below += [(f"{path}.{name}", inner) for name, inner in part.items()]
            elif isinstance(part, list):
                below += [(f"{path}.{number}", inner) for number, inner in enumerate(part)]
        level = below
