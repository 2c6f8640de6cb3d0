"""Pages of a long list by key: the rows after a key, and the addresses of the previous and the next page."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest

T = TypeVar("T")
ON_A_PAGE = 50
LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The rows of one page, and the addresses of the previous and the next page where there are any."""

    rows: Sequence[T]
    previous: str | None
    next: str | None


def page(
    request: HttpRequest,
    rows: Sequence[T],
    key: Callable[[T], str],
    query: Mapping[str, str] | None = None,
    *,
    size: int = ON_A_PAGE,
) -> Page[T]:
    """The page of rows that follow the key in the query parameter `after`; `rows` are sorted by their keys.

    `query` has further query parameters of the addresses. A key that no longer exists still marks its position.
    """
    after = request.GET.get("after", "")[:LONGEST_KEY]
    start = bisect_right(rows, after, key=key) if after else 0
    end = start + size

    def address(position: int) -> str:
        beginning = {"after": key(rows[position - 1])} if position > 0 else {}
        return f"?{urlencode({**(query or {}), **beginning})}" if query or beginning else request.path

    return Page(
        rows[start:end],
        previous=address(start - size) if start else None,
        next=address(end) if end < len(rows) else None,
    )
