"""The worker's parts for sign-in: delete old codes, challenges and sessions."""

from datetime import timedelta

from praya.blocks.identity import api as identity
from praya.kernel.outbox.parts import Part

PARTS = (
    Part(name="forget_codes", run=identity.forget_old_codes, every=timedelta(hours=1), lane="slow", destructive=True,
         overdue=identity.oldest_code),
    Part(name="forget_sessions", run=identity.forget_old_sessions, every=timedelta(hours=1), lane="slow",
         destructive=True),
    Part(name="forget_counter_codes", run=identity.forget_counter_codes, every=timedelta(hours=1), lane="slow",
         destructive=True),
    Part(name="forget_challenges", run=identity.forget_used_challenges, every=timedelta(hours=1), lane="slow",
         destructive=True),
)  # fmt: skip
