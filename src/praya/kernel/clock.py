"""The system clock. Only the outermost code reads it; all other code gets the moment as an argument (`at=`)."""

from datetime import UTC, datetime, timedelta

_ahead = timedelta()


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC) + _ahead


def pretend(moment: datetime | None) -> None:
    """Shift the clock of this process so that it is now `moment`; None ends the shift. Used by the preview only."""
    global _ahead  # noqa: PLW0603 (a process has one present)
    _ahead = timedelta() if moment is None else moment - datetime.now(UTC)


def pretends() -> bool:
    """Whether the clock of this process is shifted."""
    return bool(_ahead)
