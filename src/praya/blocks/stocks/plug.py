"""What the block `stocks` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="stocks", tables=True)
