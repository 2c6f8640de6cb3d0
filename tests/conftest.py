"""What every test may use: PostgreSQL where one answers, Chromium where it is installed.

Where one is absent the tests that need it are skipped, with one sentence at the end. In CI (CI=true) both must be
there, and a test marked `postgresql` or `browser` that is skipped for whatever reason has failed.
"""

import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import settings

from tests import postgresql

# Before thousands of tests are collected, which stay: looking through them again and again takes its time.
gc.set_threshold(20_000, 20, 50)

# No test asserts a time: a slow machine is not a fault of ours.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

# jsonschema builds 38 grammars for the formats of IRIs as it is imported: five seconds of each process, for formats
# that no schema of ours names.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

IN_CI = os.environ.get("CI", "").lower() in {"true", "1"}
# Debian's Chromium as root starts only without its sandbox; no page from outside is ever opened in a test.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    # No page lives long enough for its scripts to be worth optimizing.
    "--js-flags=--no-opt --no-maglev",
]


@cache
def chromium_path() -> str | None:
    """Where Chromium is on this machine, or the one that CHROMIUM names and no other.

    Debian's build without a screen takes a fifth less time than the whole.
    """
    given = os.environ.get("CHROMIUM")
    names = (given,) if given else ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def nginx_path() -> str | None:
    """Where nginx is on this machine; Debian keeps it where only root's PATH looks."""
    return os.environ.get("NGINX") or shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")


# Each marker, whether what it needs is here, and the sentence for when it is not.
NEEDS: dict[str, tuple[Callable[[], object], str]] = {
    "postgresql": (
        cache(postgresql.server),
        "need PostgreSQL, and none that lets us make databases answers; TEST_POSTGRESQL may name one",
    ),
    "nginx": (cache(nginx_path), "need nginx, which is not installed; NGINX may name it"),
    "browser": (chromium_path, "need Chromium, which is not installed; CHROMIUM may name it"),
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # A module's tests stay in one process, which makes only once what they share.
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
        for marker, (found, sentence) in NEEDS.items():
            if item.get_closest_marker(marker) and not found():
                item.add_marker(pytest.mark.skip(reason=f"These tests {sentence}."))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    # Processes that collect the same tests must give them the same names, and bytes may hold the second they were made
    # in (an archive's do).
    return argname if isinstance(val, bytes) else None


def pytest_collection_finish(session: pytest.Session) -> None:
    # What is collected stays to the end; looking through it again and again took a tenth of the time.
    gc.freeze()
    # A group that silently is none costs minutes: every process would make what its tests share.
    if session.config.getoption("loadgroup", default=False):
        alone = [i.nodeid for i in session.items if i.get_closest_marker("xdist_group") and "@" not in i.nodeid]
        assert not alone, f"pytest-xdist does not keep these together: {alone[:3]}"


def pytest_sessionfinish() -> None:
    postgresql.wait_until_dropped()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    expected = hasattr(report, "wasxfail")
    if IN_CI and report.skipped and not expected and any(item.get_closest_marker(marker) for marker in NEEDS):
        report.outcome = "failed"
        report.longrepr = f"In CI this test must run, and it was skipped: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    for marker, (_, sentence) in NEEDS.items():
        number = sum(marker in report.keywords and sentence in str(report.longrepr) for report in skipped)
        if number:
            terminalreporter.write_line(f"{number} tests were skipped: they {sentence}.")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """On SQLite the tables come from a copy, as on the stage of a rehearsal. pytest-django asks for this before.

    The fixture that it asks for in turn gives each process of pytest-xdist a database of its own.
    """
    from django.core import management
    from django.db import connection

    from praya.project.designing import empty_database

    if connection.vendor != "sqlite":
        return
    create, command = connection.creation.create_test_db, management.call_command

    def call(name: str, *arguments: Any, **options: Any) -> Any:
        return empty_database.prepare() if name == "migrate" else command(name, *arguments, **options)

    def create_copied(*arguments: Any, **options: Any) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(management, "call_command", call)
            return create(*arguments, **options)

    connection.creation.create_test_db = create_copied  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def alerts_known() -> None:
    """The alerts were just read and there are none: a page counts its own queries, whatever the clock says.

    Who raises or ends one lets them be read again.
    """
    from django.apps import apps

    if not apps.ready:  # a run of pytest without Django, as tests/ops/test_skipping.py starts
        return
    from praya.systems.alerts import api

    seen = api._Seen()
    seen._again = float("inf")
    api._state["seen"] = seen


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """The address of an empty database on PostgreSQL that is dropped afterwards; mark the test `postgresql`."""
    with postgresql.scratch_database() as (_, address):
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A running Chromium of playwright's; mark the test `browser`. Open a context of your own in it."""
    yield from _chromium()


@pytest.fixture(scope="module")
def chromium_undrawn() -> Iterator[Any]:
    """A Chromium that lays pages out and never draws them, for a third less: nothing in it can be clicked."""
    yield from _chromium("--disable-threaded-compositing")


def _chromium(*arguments: str) -> Iterator[Any]:
    # One for each module: two of playwright's loops cannot live in one process, so none may outlive its module.
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=[*CHROMIUM_ARGUMENTS, *arguments])
        yield browser
        browser.close()
