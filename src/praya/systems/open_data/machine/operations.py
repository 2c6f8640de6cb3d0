"""The figures of a service over the API."""

from django.http import HttpRequest, HttpResponse

from praya.systems.open_data import api as open_data
from praya.systems.open_data.machine.statistics_export import by_two, under_several
from praya.web.api.guards import MAX_AGE, answered, operation, service_named
from praya.web.api.schemas import ResponsePart

SUBJECT = "open_data.subject"


class ByTwo(ResponsePart):
    """Applications by two questions: by the value of the first, and then by that of the second."""

    by: list[str]
    counts: dict[str, dict[str, int | None]]


class Figures(ResponsePart):
    """The figures of a service; null was too small to publish."""

    service: str
    totals: dict[str, int | None]
    applications_by_month: dict[str, int | None]
    applications_by: dict[str, dict[str, int | None]]
    applications_by_two: list[ByTwo]
    counted_under_several: dict[str, dict[str, str]]
    mean_days: float | None
    suppressed_below: int


@operation("GET", "statistics/{service}", audience="anyone", gives={200: Figures}, refuses=[404])
def read_statistics(request: HttpRequest, service: str) -> HttpResponse:
    """The published figures of a service; the same as /data/statistics/{service}.json."""
    published = open_data.figures(service_named(service))
    body = Figures(
        service=service,
        totals=published.totals,
        applications_by_month=published.months,
        applications_by=published.by,
        applications_by_two=[ByTwo(**one) for one in by_two(published)],
        counted_under_several=under_several(published),
        mean_days=published.mean_days,
        suppressed_below=published.suppress_below,
    )
    return answered(body, keep=MAX_AGE)
