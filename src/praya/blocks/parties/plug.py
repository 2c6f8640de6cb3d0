"""What the block `parties` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="parties", tables=True)
