"""What the block `services` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="services", tables=True)
