"""The worker's part for forms: scan uploads."""

from datetime import timedelta

from praya.blocks.forms import api as forms
from praya.kernel.outbox.parts import Part
from praya.kernel.outbox.retry import Retry

PARTS = (Part(name="scan", run=forms.scan, retry=Retry(longest=timedelta(minutes=5)), overdue=forms.oldest_unscanned),)
