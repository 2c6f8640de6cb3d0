"""What the kernel's `journal` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="journal", tables=True, forget=("praya.kernel.journal.sealing:after_restore",))
