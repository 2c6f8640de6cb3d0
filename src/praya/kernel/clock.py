"""The only place that asks what time it is; everything else is told (`at=`)."""

from datetime import UTC, datetime, timedelta

_ahead = timedelta()


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC) + _ahead


def pretend(moment: datetime | None) -> None:
    """Take `moment` for now in this process, and go on from it; None ends it. Only a preview ever pretends."""
    global _ahead  # noqa: PLW0603 (a process has one present)
    _ahead = timedelta() if moment is None else moment - datetime.now(UTC)


def pretends() -> bool:
    """Whether another moment than the real one is taken for now."""
    return bool(_ahead)
