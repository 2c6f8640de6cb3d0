"""What is worked out anew whenever something has happened to a case: its clocks, its next payment, if it is held."""

from datetime import datetime

from praya.blocks.cases import api as cases
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import clocks, holding, payments


def reckon(case: cases.Case, service: Service, pack: Pack, *, done: datetime | None = None) -> cases.Case:
    """Store when the clocks of a case next do something, when its next payment is due, and whether it is held.

    As `clocks.reckon`.
    """
    return payments.reckon(clocks.reckon(holding.settle(case, service), service, pack, done=done), service, pack)
