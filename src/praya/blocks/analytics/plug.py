"""What the block `analytics` brings."""

from praya.kernel.plug import Plug

PLUG = Plug(name="analytics", tables=True, folds="praya.blocks.analytics.api:FOLDS")
