"""What the worker does for the API: it forgets answers that are not asked for again."""

from datetime import timedelta

from praya.blocks.tokens import api as access
from praya.kernel.outbox.parts import Part

PARTS = (
    Part(name="forget_answers", run=access.forget_old_answers, every=timedelta(days=1), lane="slow", destructive=True,
         overdue=access.oldest_answer),
)  # fmt: skip
