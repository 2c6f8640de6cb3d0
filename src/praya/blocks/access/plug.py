"""What the block `access` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(
    name="access",
    tables=True,
    parts="praya.blocks.access.parts:PARTS",
    forget=("praya.blocks.access.api:forget_memory",),
)
