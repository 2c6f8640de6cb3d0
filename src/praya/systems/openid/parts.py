"""What the worker does for the provider."""

from datetime import timedelta

from praya.kernel.outbox.parts import Part
from praya.systems.openid import api as openid

PARTS = (
    Part(name="send_logouts", run=openid.logouts.send),
    Part(name="rotate_openid_keys", run=openid.keys.rotate, every=timedelta(hours=1), lane="slow"),
    Part(name="warn_of_ending_keys", run=openid.warnings.warn, every=timedelta(hours=6), lane="slow"),
    Part(name="forget_grants", run=openid.warnings.forget, every=timedelta(hours=1), lane="slow", destructive=True),
)
