"""What the block `bookings` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="bookings", tables=True)
