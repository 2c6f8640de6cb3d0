"""The worker's job of this system: note the services with the most applications."""

from datetime import datetime, timedelta

from praya.blocks.services import api as services
from praya.journey import load
from praya.kernel.outbox.parts import Part
from praya.systems.open_data import api as open_data

# The popular services of the home page, also loaded first by a starting server, count the applications of these days.
LATELY = timedelta(days=30)
MOST_POPULAR = 100


def count_popular(*, at: datetime) -> int:
    """Note the services with the most recent applications; the home page shows them first."""
    territory = load.territory()
    since = territory.pack.calendar.day_of(at) - LATELY
    services.set_popular(open_data.most_applied_for(services=[*territory.live], since=since, most=MOST_POPULAR))
    return 0


PARTS = (Part(name="count_popular", run=count_popular, every=timedelta(hours=1), lane="slow"),)
