"""What the worker does for statistics: it notes for which services people apply most."""

from datetime import datetime, timedelta

from praya.blocks.services import api as services
from praya.journey import load
from praya.kernel.outbox.parts import Part
from praya.systems.open_data import api as open_data

# The services that the home page and a starting server have first: for which most people applied in these days.
LATELY = timedelta(days=30)
MOST_POPULAR = 100


def count_popular(*, at: datetime) -> int:
    """Note for which services most people applied lately; the home page shows them first."""
    territory = load.territory()
    since = territory.pack.calendar.day_of(at) - LATELY
    services.set_popular(open_data.most_applied_for(services=[*territory.live], since=since, most=MOST_POPULAR))
    return 0


PARTS = (Part(name="count_popular", run=count_popular, every=timedelta(hours=1), lane="slow"),)
