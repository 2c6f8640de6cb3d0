"""The index on disk: whole after a kill, a full disk, two builders and damage."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from praya.systems.search import store
from praya.systems.search.documents import Document
from praya.systems.search.tokens import Vocabulary

WORDS = Vocabulary()


def documents(count: int, word: str = "pier") -> list[Document]:
    return [Document("page", f"{word}/{n}", {"en": f"{word.title()} number {n}"}, {}) for n in range(count)]


def count_of(folder: Path, word: str) -> int:
    index = store.opened(folder)
    return int(index.searcher.doc_freq("title", word))


def test_it_is_built_and_replaced_and_nothing_is_left_over(tmp_path: Path) -> None:
    assert store.build(tmp_path, documents(3), WORDS, "a1") == 3
    assert count_of(tmp_path, "pier") == 3
    before = store.opened(tmp_path)
    store.build(tmp_path, documents(5, "ferri"), WORDS, "b2")
    assert (count_of(tmp_path, "pier"), count_of(tmp_path, "ferri")) == (0, 5)
    assert before.searcher.doc_freq("title", "pier") == 3  # whoever searches goes on with what is open
    assert {path.name for path in tmp_path.iterdir()} == {"b2", "current", "lock"}


def test_a_build_that_fails_leaves_the_index_in_use(tmp_path: Path) -> None:
    store.build(tmp_path, documents(3), WORDS, "a1")

    def broken():
        yield from documents(2)
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        store.build(tmp_path, broken(), WORDS, "b2")
    assert count_of(tmp_path, "pier") == 3
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "no sums"])
def test_a_damaged_index_is_not_read(tmp_path: Path, damage: str) -> None:
    store.build(tmp_path, documents(30), WORDS, "a1")
    segment = max((tmp_path / "a1").glob("*.store"), key=lambda path: path.stat().st_size)
    whole = segment.read_bytes()
    if damage == "cut":
        segment.write_bytes(whole[:-7])
    elif damage == "changed":
        segment.write_bytes(whole[:5] + bytes([whole[5] ^ 1]) + whole[6:])
    elif damage == "gone":
        segment.unlink()
    else:
        (tmp_path / "a1" / store.SUMS).unlink()
    with pytest.raises(store.Unreadable):
        store.opened(tmp_path)
    store.doubt(tmp_path)
    assert store.current(tmp_path) == ""
    store.build(tmp_path, documents(30), WORDS, "a1")
    assert count_of(tmp_path, "pier") == 30


BUILDER = """
import sys
from pathlib import Path
from tests.systems.search.test_store import WORDS, documents
from praya.systems.search import store
def slowly():
    for number, one in enumerate(documents(int(sys.argv[3]), sys.argv[4])):
        if number == 20:
            print("begun", flush=True)
        yield one
try:
    store.build(Path(sys.argv[1]), slowly(), WORDS, sys.argv[2])
except store.Busy:
    print("busy", flush=True)
else:
    print("built", flush=True)
"""


def builder(folder: Path, edition: str, count: int, word: str, **kwargs):
    command = [sys.executable, "-c", BUILDER, str(folder), edition, str(count), word]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kwargs)


def test_a_killed_builder_leaves_the_index_in_use_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    store.build(tmp_path, documents(3), WORDS, "a1")
    for pause in (0, 0.05, 0.2):
        process = builder(tmp_path, "b2", 60_000, "ferri")
        assert process.stdout.readline() == "begun\n"
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert count_of(tmp_path, "pier") == 3
    assert list(tmp_path.glob(".*"))
    store.build(tmp_path, documents(4, "ferri"), WORDS, "b2")
    assert count_of(tmp_path, "ferri") == 4
    assert not list(tmp_path.glob(".*"))


def test_of_two_builders_one_builds(tmp_path: Path) -> None:
    first = builder(tmp_path, "a1", 20_000, "pier")
    assert first.stdout.readline() == "begun\n"
    with pytest.raises(store.Busy):
        store.build(tmp_path, documents(3, "ferri"), WORDS, "b2")
    assert first.communicate(timeout=60)[0] == "built\n"
    assert count_of(tmp_path, "pier") == 20_000


def test_a_full_disk_leaves_the_index_in_use(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: a write fails in the same places."""
    store.build(tmp_path, documents(3), WORDS, "a1")

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    process = builder(tmp_path, "b2", 20_000, "ferri", preexec_fn=small)
    out, err = process.communicate(timeout=60)
    assert process.returncode != 0, out
    assert "Error" in err
    assert count_of(tmp_path, "pier") == 3
    assert not [path for path in os.listdir(tmp_path) if path.startswith(".")]
