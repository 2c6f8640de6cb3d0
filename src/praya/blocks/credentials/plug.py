"""What the block `credentials` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="credentials", tables=True)
