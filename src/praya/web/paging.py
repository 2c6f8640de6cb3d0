"""One page of a list that grows with a city, by key: the rows after one, and the addresses of the pages beside it."""

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
    """Rows of a list, and the addresses of the page before and of the one that follows, where there are any."""

    rows: Sequence[T]
    previous: str | None
    next: str | None


def page(
    request: HttpRequest,
    rows: Sequence[T],
    key: Callable[[T], str],
    kept: Mapping[str, str] | None = None,
    *,
    size: int = ON_A_PAGE,
) -> Page[T]:
    """The rows after the one whose key the address names with `after`; `rows` are in the order of their keys.

    `kept` is what else the addresses say. A key that does not exist any more stands where it would.
    """
    after = request.GET.get("after", "")[:LONGEST_KEY]
    start = bisect_right(rows, after, key=key) if after else 0
    end = start + size

    def address(position: int) -> str:
        beginning = {"after": key(rows[position - 1])} if position > 0 else {}
        return f"?{urlencode({**(kept or {}), **beginning})}" if kept or beginning else request.path

    return Page(
        rows[start:end],
        previous=address(start - size) if start else None,
        next=address(end) if end < len(rows) else None,
    )
