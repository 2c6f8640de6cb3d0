"""The worker's task: keep the index as new as what can be found."""

from datetime import datetime, timedelta

from praya.kernel.outbox.parts import Part
from praya.systems.search import api

_checked: set[str] = set()
"""The edition whose files this process has read: reading them takes longer than seeing that nothing changed."""


def index_search(*, at: datetime) -> int:
    """Build the index if the documents changed, or if its files are not those that were written."""
    name = api.edition_on_disk()
    if name not in _checked:
        if name and not api.is_whole():
            api.build_anew()
        _checked.clear()
        _checked.add(name)
    api.keep()
    return 0


PARTS = (
    Part(name="index_search", run=index_search, every=timedelta(seconds=2), lane="slow", budget=timedelta(minutes=10)),
)
