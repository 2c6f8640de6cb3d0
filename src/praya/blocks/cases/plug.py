"""What the block `cases` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="cases", tables=True)
