"""What the kernel's `outbox` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="outbox", tables=True, parts="praya.kernel.outbox.jobs:PARTS")
