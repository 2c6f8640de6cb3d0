"""What is worked out anew whenever something has happened to a case: its clocks, and its next payment."""

from datetime import datetime

from praya.blocks.cases import api as cases
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import clocks, payments


def reckon(case: cases.Case, service: Service, pack: Pack, *, done: datetime | None = None) -> cases.Case:
    """Store when the clocks of a case next do something, and when its next payment is due. As `clocks.reckon`."""
    return payments.reckon(clocks.reckon(case, service, pack, done=done), service, pack)
