"""The worker's part for the API: delete old stored answers."""

from datetime import timedelta

from praya.blocks.tokens import api as access
from praya.kernel.outbox.parts import Part

PARTS = (
    Part(name="forget_answers", run=access.forget_old_answers, every=timedelta(days=1), lane="slow", destructive=True,
         overdue=access.oldest_answer),
)  # fmt: skip
