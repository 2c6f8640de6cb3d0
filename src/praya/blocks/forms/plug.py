"""What the block `forms` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="forms", tables=True, parts="praya.blocks.forms.parts:PARTS")
