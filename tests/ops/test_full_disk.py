"""A full disk: pages can be read, readiness reports it, no process ends, and all works again once there is room."""

import json
import os
import sqlite3
import subprocess
from contextlib import closing, contextmanager

import pytest
from tests.ops.conftest import free_port, get, wait_for

from praya.project import counting


@contextmanager
def small_disk(folder):
    """A disk of 40 MB in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40m,mode=700", "praya-test", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("This test mounts a small disk in memory, which this user or machine may not.")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder):
    """Leave no byte and go on until nothing more can be made."""
    with (folder / "filler").open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


@pytest.mark.parametrize("database", ["elsewhere", "there"])
@pytest.mark.size
def test_a_full_data_folder_ends_nothing(ready, database):
    source, var = ready.folder / "var", ready.folder / "small"
    ready.environment |= {"PRAYA_DATA_DIR": str(var), "PRAYA_DISK_RESERVE_MB": "2"}
    with small_disk(var):
        path = (ready.folder if database == "elsewhere" else var) / "praya.sqlite3"
        with closing(sqlite3.connect(source / "praya.sqlite3")) as one, closing(sqlite3.connect(path)) as copy:
            one.backup(copy)
        ready.environment["DATABASE_URL"] = f"sqlite:///{path}"
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        with ready.running("serve", "--port", port, PRAYA_BEHIND_PROXY="false") as process:
            wait_for(lambda: get(f"{url}/readyz")[0] == 200)
            fill(var)
            for number in range(60):
                # Each route counts under labels of its own, which wants room of its own.
                page = ("/", "/sign-in", "/verify", "/accessibility")[number % 4]
                assert get(f"{url}/en{page}", Host="services.example.org")[0] == 200
            status, body = get(f"{url}/readyz")
            assert (status, json.loads(body)["checks"]["disk"]) == (503, "fail")
            assert get(f"{url}/healthz")[0] == 200
            assert "praya_http_requests_total" in get(f"{url}/metrics")[1]
            assert process.poll() is None
            assert "Unexpected exit" not in ready.said("err.txt")
            process.terminate()
            assert process.wait(20) == 0
        with ready.running("serve", "--port", port, PRAYA_BEHIND_PROXY="false") as process:
            # It also starts while the disk is full.
            wait_for(lambda: get(f"{url}/en/", Host="services.example.org")[0] == 200)
            (var / "filler").unlink()
            assert get(f"{url}/readyz")[0] == 200


def test_a_count_goes_on_in_memory_where_its_file_gets_no_room(tmp_path, monkeypatch):
    def nothing_left(*_):
        raise OSError(28, os.strerror(28))

    whole = counting.TakenBeforehand(str(tmp_path / "counter_1.db"))
    whole.write_value("a", 1.0, 0.0)
    monkeypatch.setattr(os, "posix_fallocate", nothing_left)
    for number in range(5000):
        whole.write_value(f"key-{number}", float(number), 0.0)
    assert [whole.read_value(key)[0] for key in ("a", "key-0", "key-4999")] == [1.0, 0.0, 4999.0]
    none = counting.TakenBeforehand(str(tmp_path / "counter_2.db"))
    none.write_value("b", 2.0, 0.0)
    assert none.read_value("b")[0] == 2.0


def test_the_room_of_a_count_is_taken_before_it_is_used(tmp_path):
    counting.TakenBeforehand(str(tmp_path / "counter_1.db"))
    status = (tmp_path / "counter_1.db").stat()
    assert status.st_blocks * 512 >= status.st_size == counting.FIRST_BYTES
