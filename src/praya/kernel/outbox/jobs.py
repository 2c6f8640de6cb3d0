"""The worker's parts for journal and outbox: seal new entries, and delete effects that ended long ago."""

from datetime import timedelta

from praya.kernel.journal import sealing
from praya.kernel.outbox import api as outbox
from praya.kernel.outbox.parts import Part

PARTS = (
    Part(name="seal", run=sealing.seal, overdue=sealing.oldest_unsealed),
    Part(name="forget_effects", run=outbox.forget_old, every=timedelta(hours=1), lane="slow", destructive=True,
         overdue=outbox.oldest_to_forget),
)  # fmt: skip
