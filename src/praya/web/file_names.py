"""Names of files as browsers send them: every letter is kept, also those that are newer than this Python."""

from collections.abc import Callable
from types import MethodType
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.http.multipartparser import MultiPartParser


class FileNames:
    """Reads forms with files so that their names are read as everywhere else (`blocks/forms` makes them safe).

    Django by itself drops what its Python cannot print: newer Chinese letters, private ones, and joiners.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        request.parse_file_upload = MethodType(_parsed, request)  # type: ignore[method-assign]
        return self.get_response(request)


class _Parser(MultiPartParser):
    def sanitize_file_name(self, file_name: str) -> str | None:
        name = file_name.replace("\\", "/").rsplit("/", 1)[-1]
        return None if name in {"", ".", ".."} else name


def _parsed(request: HttpRequest, meta: Any, post_data: Any) -> Any:
    return _Parser(meta, post_data, request.upload_handlers, request.encoding).parse()
