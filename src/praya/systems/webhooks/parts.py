"""What the worker does for webhooks. Endpoints that fail have a part of their own, so that they delay nobody else."""

from datetime import timedelta
from functools import partial

from praya.kernel.outbox.parts import Part
from praya.systems.webhooks import api as webhooks

PARTS = (
    Part(name="send_webhooks", run=partial(webhooks.send, failing=False), overdue=webhooks.oldest),
    Part(name="retry_webhooks", run=partial(webhooks.send, failing=True), lane="slow"),
    Part(name="forget_webhooks", run=webhooks.forget, every=timedelta(hours=1), lane="slow", destructive=True,
         overdue=webhooks.oldest_to_forget),
)  # fmt: skip
