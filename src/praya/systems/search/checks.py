"""What `praya doctor` says of the search."""

from datetime import datetime

from praya.kernel.check_result import CheckResults, ok, warn
from praya.systems.search import api


def index(*, at: datetime) -> CheckResults:
    """The index on disk is whole, and that of the present documents."""
    if not api.is_whole():
        yield warn(
            "search",
            "there is no whole index on disk: each web process makes its own",
            "Start a worker: it builds one.",
        )
        return
    if api.edition_on_disk() != api.edition_now():
        yield warn("search", "the index is older than what it finds", "Start a worker, or see its part index_search.")
        return
    yield ok("search", "the index is whole and new")
