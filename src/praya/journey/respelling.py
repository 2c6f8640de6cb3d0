"""Working out anew under what limits and bookings are counted and how entries are found, once its form has changed.

What is counted is stored as keyed hashes, so it is worked out from the answers of each case, and set in their place.
"""

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.registers import api as registers
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import case_context, limits, load
from praya.kernel.rounds import by_itself

# The migration with which the form of `kernel/reading.py` came, in place of small letters and single spaces.
MIGRATION = "registers.0002_one_spelling"


def respell() -> int:
    """Bring every key to the form of today; answers how many cases were looked at. To do it again changes nothing.

    Of a person who was erased nothing can be worked out; their keys stay, and match the old spelling.
    """
    registers.respell()
    pack, count = load.pack(), 0
    for case in cases.counted():
        # A service that is not there any more, or whose expression fails, keeps no other from being counted.
        with by_itself("respell", service=case.service, case=case.ref):
            _respell(case, load.compiled(case.service, case.version), pack)
            count += 1
    return count


def _respell(case: cases.Case, service: Service, pack: Pack) -> None:
    context = case_context.of_case(case, service, pack, today=pack.calendar.day_of(case.opened_at)).context
    cases.respell_uses(case.ref, limits.respelled(service, context))
    booking = service.booked_on_applying
    if booking is not None and booking.once_per is not None and case.booking_ref:
        named = limits.each(booking.once_per, context)
        holders = {bookings.holder(str(one)): bookings.holder(limits.counted_as(one)) for one in named}
        bookings.respell_holders(case.booking_ref, holders)
