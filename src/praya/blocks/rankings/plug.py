"""What the block `rankings` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="rankings", tables=True)
