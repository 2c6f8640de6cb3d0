"""What `praya doctor` says of webhooks."""

from datetime import datetime

from praya.kernel.check_result import CheckResults, ok, warn
from praya.systems.webhooks import api as webhooks


def receivers(*, at: datetime) -> CheckResults:
    """Endpoints that take nothing; their departments were told."""
    failing = webhooks.failing()
    if failing:
        names = ", ".join(sorted({one.department for one in failing}))
        mend = "`praya webhooks deliveries REF` shows what they answer; the department mends and resumes its receiver."
        yield warn("webhooks", f"{len(failing)} endpoints of {names} take nothing", mend)
    else:
        yield ok("webhooks", "every endpoint takes its events")
