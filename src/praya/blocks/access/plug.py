"""What the block `access` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="access", tables=True)
