"""What the worker does for the system."""

from datetime import timedelta
from functools import partial

from praya.kernel.outbox import api as outbox
from praya.kernel.outbox.parts import Part
from tide_gauge import api

WARNING = outbox.Kind(do=api.warn, lane="urgent")
PARTS = (
    Part(name="drop_odd_tides", run=api.drop_odd, every=timedelta(hours=1), lane="slow",
         budget=timedelta(seconds=30), destructive=True),
    Part(name="tide_warnings", run=partial(outbox.send_lane, "tide_warning", WARNING, "urgent"), lane="urgent",
         overdue=partial(outbox.oldest_waiting, "tide_warning", "urgent"), sends=("tide_warning", "urgent")),
)  # fmt: skip
