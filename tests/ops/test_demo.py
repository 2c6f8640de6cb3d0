"""`praya demo`: up, ready, down, up again with its data, and never over anything that is not its own."""

import os
import shutil
import signal
import sqlite3
from contextlib import closing, contextmanager

import pytest
from tests.ops.conftest import Operator, free_port, get, wait_for


@contextmanager
def demonstration(operator, *options):
    port = free_port()
    with operator.running("demo", "--port", port, *options) as process:

        def ready():
            assert process.poll() is None, operator.said("err.txt")
            return "Ctrl-C stops it" in operator.said()

        wait_for(ready)
        yield process, f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """Who ran a demonstration, and saw it stop; once, as inventing people and cases takes seconds."""
    operator = Operator(tmp_path_factory.mktemp("first"))
    with demonstration(operator) as (process, address):
        said = operator.said()
        assert address in said
        assert "migrations applied" in said
        assert get(f"{address}/readyz")[0] == 200
        assert get(f"{address}/en/")[0] == 200
        assert operator.said() == said  # requests do not push the addresses off the screen
        assert stop(process) == 0
    assert operator.said().endswith("Stopped.\n")
    assert get(f"{address}/healthz")[0] == 0
    return operator


@pytest.fixture
def again(operator, first):
    """An operator who ran a demonstration before."""
    shutil.copytree(first.folder / "var", operator.folder / "var")
    return operator


def made_at(operator, folder="var"):
    with closing(sqlite3.connect(operator.folder / folder / "praya.sqlite3")) as connection:
        return connection.execute("SELECT created_at FROM installation_installation").fetchone()[0]


def stop(process, number=signal.SIGINT):
    process.send_signal(number)
    return process.wait(30)


@pytest.mark.size
def test_it_comes_up_stops_on_ctrl_c_and_keeps_its_data_until_told_otherwise(again, first):
    with demonstration(again) as (process, _):
        assert "data kept" in again.said()
        assert stop(process, signal.SIGTERM) == 0
    assert made_at(again) == made_at(first)

    with demonstration(again, "--fresh") as (process, _):
        assert "Starting over" in again.said()
        assert stop(process) == 0
    assert made_at(again) != made_at(first)


@pytest.mark.size
def test_two_demonstrations_do_not_share_a_folder_and_fresh_does_not_empty_a_running_one(again):
    with demonstration(again) as (process, address):
        for options in ((), ("--fresh",)):
            second = again.praya("demo", "--port", free_port(), *options)
            assert second.returncode == 1
            assert "Stop it first" in second.stderr
        assert get(f"{address}/readyz")[0] == 200
        assert stop(process) == 0


@pytest.mark.size
def test_web_and_worker_end_when_the_demonstration_is_killed(again):
    with demonstration(again) as (process, address):
        process.kill()
        process.wait()
        wait_for(lambda: get(f"{address}/healthz")[0] == 0)
        wait_for(lambda: again.praya("demo", "--data", "/proc/none").returncode == 1)
        lock = again.folder / "var" / "running.lock"
        wait_for(lambda: not holders(lock))


def holders(path):
    """The processes that have a file open."""
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            links = [os.readlink(f"/proc/{number}/fd/{name}") for name in os.listdir(f"/proc/{number}/fd")]
        except OSError:
            continue
        if str(path) in links:
            found.append(number)
    return found


@pytest.mark.size
def test_a_web_server_that_dies_ends_the_demonstration_with_a_reason(again):
    with demonstration(again) as (process, _):
        # It has processes of its own; the worker has one, at first a copy of itself, while it looks into an upload.
        wait_for(lambda: len(with_processes(process.pid)) == 1)
        [web] = with_processes(process.pid)
        servers = children_of(web)
        os.kill(web, signal.SIGKILL)
        assert process.wait(30) == 1
    wait_for(lambda: not [server for server in servers if os.path.exists(f"/proc/{server}")])
    assert "The web server stopped by itself" in again.said("err.txt")


def parent_of(number):
    try:
        with open(f"/proc/{number}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return None


def command_of(number):
    with open(f"/proc/{number}/cmdline") as file:
        return file.read()


def with_processes(demo):
    families = {child: children_of(child) for child in children_of(demo)}
    return [child for child, own in families.items() if any("forms.structure" not in command_of(c) for c in own)]


def children_of(parent):
    return [int(number) for number in filter(str.isdigit, os.listdir("/proc")) if parent_of(number) == parent]


def test_a_folder_with_other_files_is_left_alone(operator):
    (operator.folder / "var").mkdir()
    (operator.folder / "var" / "thesis.txt").write_text("mine")
    for options in ((), ("--fresh",)):
        result = operator.praya("demo", "--port", free_port(), *options)
        assert result.returncode == 1
        assert "no demonstration made" in result.stderr
    assert (operator.folder / "var" / "thesis.txt").read_text() == "mine"
    assert [path.name for path in (operator.folder / "var").iterdir()] == ["thesis.txt"]


def test_fresh_leaves_a_database_elsewhere_alone(operator):
    result = operator.praya("demo", "--fresh", "--port", free_port(), DATABASE_URL="sqlite:///elsewhere.sqlite3")
    assert result.returncode == 1
    assert "DATABASE_URL names a database elsewhere" in result.stderr


def test_a_database_that_cannot_be_migrated_ends_it_with_a_reason(operator):
    result = operator.praya("demo", "--port", free_port(), DATABASE_URL="postgresql://127.0.0.1:1/none")
    assert result.returncode == 1
    assert result.stderr.count("The database cannot be reached") == 1
    assert "Traceback" not in result.stderr
