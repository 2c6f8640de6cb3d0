"""What the block `panels` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="panels", tables=True)
