"""The kit: the components of every page, their words and their look."""

from praya.kernel.plug import Plug

PLUG = Plug(name="kit")
