"""The log: structured, on standard error, without personal data.

No logger writes a path, a query, a person's address or, outside debugging, the text of an exception, which may quote
what somebody typed. An exception is logged by its type and the lines of code that it came through.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

from praya.project.config import Configuration

Event = MutableMapping[str, Any]
_ROOT = str(Path(__file__).resolve().parents[2]) + "/"

# These loggers of Django put the path, the host or the SQL with its values into their messages.
SILENCED = ("django.request", "django.security", "django.db.backends", "django.server", "django.template")


def configure(configuration: Configuration) -> None:
    """Send structlog's and the standard library's loggers to standard error: JSON lines in production."""
    level = getattr(logging, configuration.log_level.upper())
    say_why = configuration.mode != "production" and configuration.log_level == "debug"
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info if say_why else without_words,
    ]
    last: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if configuration.mode != "production"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_standard_error,
        cache_logger_on_first_use=configuration.mode != "test",
    )
    _configure_standard_library(level, shared, last)


def silence() -> None:
    """Write no log in this process: a command that plays examples says itself what went wrong."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)


def _standard_error(*_: object) -> structlog.typing.WrappedLogger:
    return structlog.PrintLogger(sys.stderr)


def _configure_standard_library(level: int, shared: list[Any], last: Any) -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )
    stream = logging.StreamHandler()
    stream.setFormatter(formatter)
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if getattr(handler, "praya", False)]:
        root.removeHandler(old)
    stream.praya = True  # type: ignore[attr-defined]
    root.addHandler(stream)
    root.setLevel(max(level, logging.INFO))
    for name in SILENCED:
        silent = logging.getLogger(name)
        silent.propagate = False
        silent.setLevel(logging.CRITICAL + 1)
    for name in ("_granian", "granian.access", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def without_words(_logger: object, _method: str, event: Event) -> Event:
    """A structlog processor that replaces an exception's text by its type and place."""
    problem = event.pop("exc_info", None)
    if problem is True:
        problem = sys.exc_info()[1]
    if isinstance(problem, tuple):
        problem = problem[1]
    if isinstance(problem, BaseException):
        event.update(describe(problem))
    return event


def describe(problem: BaseException) -> dict[str, Any]:
    """An exception without its text: its type, and the lines of code it came through, innermost last."""
    cause = problem.__cause__ or problem.__context__
    event: dict[str, Any] = {"error": _kind(problem), "at": _lines(problem.__traceback__)}
    if cause is not None:
        event["because"] = _kind(cause)
    return event


def _kind(problem: BaseException) -> str:
    return f"{type(problem).__module__}.{type(problem).__qualname__}"


def _lines(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames[-12:]]


def _short(filename: str) -> str:
    return filename.rpartition("site-packages/")[2].removeprefix(_ROOT)
