"""What the block `tokens` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(
    name="tokens",
    tables=True,
    parts="praya.blocks.tokens.parts:PARTS",
    forget=("praya.blocks.tokens.api:forget_memory",),
)
