"""What the block `notices` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="notices", tables=True, parts="praya.blocks.notices.parts:PARTS")
