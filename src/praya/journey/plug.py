"""What the journey brings: its periodic jobs."""

from praya.kernel.plug import Plug

PLUG = Plug(name="journey")
