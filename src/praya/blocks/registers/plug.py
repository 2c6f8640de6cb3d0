"""What the block `registers` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="registers", tables=True)
