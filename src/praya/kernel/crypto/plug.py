"""What the kernel's `crypto` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="crypto", tables=True, forget=("praya.kernel.crypto.vault:reset_memory",))
