"""What the block `identity` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="identity", tables=True, parts="praya.blocks.identity.parts:PARTS")
