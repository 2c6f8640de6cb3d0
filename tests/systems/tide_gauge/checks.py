"""Readiness, the doctor's check, and a metric."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily

from praya.kernel import plug
from praya.kernel.check_result import CheckResults, ok, warn
from tide_gauge import api


def gauge_is_there() -> bool:
    """The gauge is there unless its store says that it was taken away."""
    folder = next(store.folder for store in plug.stores() if store.name == "tide-tiles")
    return not (folder / "taken-away").exists()


def flood(*, at: datetime) -> CheckResults:
    """Warnings begin at a height that the sea reaches."""
    height = plug.settings_of("tide_gauge").flood
    if height > 1000:
        yield warn("tide gauge", f"nobody is warned below {height} cm", "Set PRAYA_TIDE_GAUGE_FLOOD to 300.")
    else:
        yield ok("tide gauge", f"people are warned from {height} cm on")


def metrics() -> Iterator[GaugeMetricFamily]:
    """The height noted last."""
    yield GaugeMetricFamily("praya_tide_gauge_height", "Centimetres.", value=api.latest() or 0)
