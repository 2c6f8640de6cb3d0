"""Tests that are skipped where a database or a browser is missing; in CI such a test fails."""

import os
import re
import subprocess
import sys

import pytest

MODULE = """
import pytest

@pytest.mark.postgresql
def test_database(): pass

@pytest.mark.browser
def test_page(): pytest.skip("because")

def test_other(): pytest.skip("for a reason of its own")
"""


def run(tmp_path, **environment):
    (tmp_path / "test_sample.py").write_text(MODULE)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", str(tmp_path)]
    outside = {name: value for name, value in os.environ.items() if name not in {"CI", "DATABASE_URL"}}
    # No server answers there; and a program that is sure to be there stands for the browser, which no test here starts.
    nowhere = {"TEST_POSTGRESQL": "postgresql://postgres@127.0.0.1:1/postgres", "CHROMIUM": sys.executable}
    nowhere["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # the plug-ins would make a Django ready in each
    return subprocess.run(command, env=outside | nowhere | environment, capture_output=True, text=True, check=False)


def test_without_postgresql_its_tests_are_skipped_with_one_sentence(tmp_path):
    result = run(tmp_path, CI="")
    assert result.returncode == 0, result.stdout
    assert "1 tests were skipped: they need PostgreSQL" in result.stdout


def test_without_chromium_its_tests_are_skipped_with_one_sentence(tmp_path):
    result = run(tmp_path, CI="", CHROMIUM="/nowhere/chromium")
    assert result.returncode == 0, result.stdout
    assert "1 tests were skipped: they need Chromium" in result.stdout


def test_in_ci_a_skipped_database_or_browser_test_has_failed_and_others_may_skip(tmp_path):
    result = run(tmp_path, CI="true")
    assert result.returncode == 1
    # One is stopped before it begins, the other fails; the third is nobody's concern.
    assert re.search(r"1 failed, 1 skipped, .*1 error", result.stdout), result.stdout
    # Where neither is there, both are stopped before they begin.
    result = run(tmp_path, CI="true", CHROMIUM="/nowhere/chromium")
    assert result.returncode == 1
    assert re.search(r"1 skipped, .*2 errors", result.stdout), result.stdout


@pytest.mark.postgresql
def test_the_scratch_database_is_there_and_empty(postgresql_url):
    import psycopg

    with psycopg.connect(postgresql_url) as connection:
        tables = connection.execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
        assert tables.fetchone() == (0,)


@pytest.mark.browser
def test_the_browser_runs_here(chromium):
    page = chromium.new_page()
    page.set_content("<title>海旁</title>")
    assert page.title() == "海旁"
    page.close()
