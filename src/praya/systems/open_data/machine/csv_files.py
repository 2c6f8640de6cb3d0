"""CSV files that spreadsheets open safely and in the right characters."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse

from praya.kernel import spreadsheet


def rows_of_csv(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Lines of CSV; the first has a byte order mark."""
    yield spreadsheet.BYTE_ORDER_MARK
    yield from map(spreadsheet.csv_line, rows)


def csv_response(rows: Iterable[Iterable[Any]], name: str) -> HttpResponseBase:
    """The download of a CSV file with this name."""
    response = StreamingHttpResponse(rows_of_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
