"""Known items in the search: how often the form that is meant comes first, and what a query costs.

At 3,300 and 33,000 documents (`./dev bench search 330000` for more) each of 600 forms is asked for in several ways.
The peer is SQLite's FTS5 with its trigram tokenizer over the same texts, asked in the same run, in turns.
"""

import gc
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from bench._forms import forms
from bench.city import memory
from bench.ground import report
from praya.project import startup

# A folder of its own, in which the index lies where a web process looks for it.
AT = tempfile.TemporaryDirectory(prefix="praya-bench-")
os.environ |= {"PRAYA_MODE": "test", "PRAYA_DATA_DIR": AT.name}
startup.ready_django()

from praya.systems.search import api, romanisation, store, tokens, vocabulary  # noqa: E402
from praya.systems.search.documents import Document  # noqa: E402

ASKED = 600
SIZES = (3_300, 33_000)
IGNORED = frozenset(["for", "of", "a", "the"])
PACK = Path(__file__).parents[1] / "packs" / "hongkong"


def documents(number: int) -> list[Document]:
    """The forms as documents."""
    return [
        Document(
            "form", f"forms/{position}",
            {"en": row["en_title"], "zh-hant": row["tc_title"], "zh-hans": row["sc_title"]},
            {"en": row["en_department"], "zh-hant": row["tc_department"], "zh-hans": row["sc_department"]},
        )
        for position, row in enumerate(forms(number))
    ]  # fmt: skip


def misspelt(title: str, chance: random.Random) -> str:
    """A title in which the longest word has two neighbouring letters changed about."""
    words = title.split()
    longest = max(range(len(words)), key=lambda at: len(words[at]) if words[at].isalpha() else 0)
    at = chance.randrange(1, len(words[longest]) - 2) if len(words[longest]) > 4 else 0
    word = words[longest]
    words[longest] = word[:at] + word[at + 1] + word[at] + word[at + 2 :] if at else word
    return " ".join(words)


def sounds(title: str) -> str:
    """The Jyutping of the first run of characters."""
    run = next(word for word in tokens.words(title) if tokens.is_chinese(word))
    readings = romanisation.readings(run)
    return " ".join(readings[0]) if readings else ""


def ways(chance: random.Random) -> dict[str, Callable[[Document], str]]:
    """How a form is asked for: by the words of its title, in each script, misspelt, mixed, by sound."""
    return {
        "en": lambda one: " ".join(w for w in one.title["en"].lower().split() if w not in IGNORED),
        "zh-hant": lambda one: one.title["zh-hant"],
        "zh-hans": lambda one: one.title["zh-hans"],
        "misspelt": lambda one: misspelt(one.title["en"], chance),
        "jyutping": lambda one: sounds(one.title["zh-hant"]),
    }


def peer(rows: list[Document]) -> sqlite3.Connection:
    """The same texts in FTS5."""
    found = sqlite3.connect(":memory:")
    found.execute("CREATE VIRTUAL TABLE form USING fts5(url UNINDEXED, text, tokenize='trigram')")
    found.executemany(
        "INSERT INTO form VALUES (?, ?)",
        ((one.url, " ".join([*one.title.values(), *one.text.values()])) for one in rows),
    )
    return found


def by_peer(database: sqlite3.Connection, query: str) -> list[str]:
    """The first ten addresses that FTS5 finds with any of the words."""
    words = [f'"{word}"' for word in query.replace('"', " ").split()]
    sql = "SELECT url FROM form WHERE form MATCH ? ORDER BY rank LIMIT 10"
    return [url for (url,) in database.execute(sql, (" OR ".join(words),))] if words else []


def measured(number: int) -> dict[str, Any]:
    """One size."""
    chance = random.Random(7)
    rows = documents(number)
    folder = api.folder()
    began, cpu = time.perf_counter(), time.process_time()
    store.build(folder, rows, vocabulary.of_pack(PACK), "1")
    index_s, index_cpu = time.perf_counter() - began, time.process_time() - cpu
    bytes_on_disk = sum(path.stat().st_size for path in (folder / "1").iterdir())
    api.forget()
    theirs = peer(rows)
    gc.freeze()
    asked = chance.sample(rows, min(ASKED, len(rows)))
    hits: dict[str, list[int]] = {}
    peers: dict[str, list[int]] = {}
    ours_ms, theirs_ms = [], []
    for name, way in ways(chance).items():
        for one in asked:
            query = way(one)
            start = time.perf_counter()
            found = [document.url for document in api.find(query, most=10).documents]
            ours_ms.append((time.perf_counter() - start) * 1000)
            start = time.perf_counter()
            peer_found = by_peer(theirs, query)
            theirs_ms.append((time.perf_counter() - start) * 1000)
            hits.setdefault(name, []).append(found.index(one.url) + 1 if one.url in found else 0)
            peers.setdefault(name, []).append(peer_found.index(one.url) + 1 if one.url in peer_found else 0)
    ours_ms.sort()
    return {
        "documents": number,
        "hit_at_1": rate(hits, 1), "hit_at_3": rate(hits, 3),
        "by_way": {name: [share(places, 1), share(places, 3)] for name, places in hits.items()},
        "peer_by_way": {name: [share(places, 1), share(places, 3)] for name, places in peers.items()},
        "p50_ms": round(statistics.median(ours_ms), 2),
        "p99_ms": round(ours_ms[int(len(ours_ms) * 0.99)], 2),
        "per_second": round(1000 / statistics.fmean(ours_ms)),
        "ratio": round(statistics.fmean(ours_ms) / statistics.fmean(theirs_ms), 3),
        "index_s": round(index_s, 1), "index_cpu_s": round(index_cpu, 1),
        "index_mb": round(bytes_on_disk / 1e6, 1), "memory_mb": round(memory(os.getpid()), 1),
    }  # fmt: skip


def share(places: list[int], most: int) -> float:
    """How often the form stands among the first so many."""
    return round(sum(0 < place <= most for place in places) / len(places), 3)


def rate(hits: dict[str, list[int]], most: int) -> float:
    """The share for forms asked for by their titles."""
    return share([place for name in ("en", "zh-hant", "zh-hans") for place in hits[name]], most)


def main() -> None:
    """Measure each size; the figures of the first are those of the benchmark."""
    sizes = tuple(int(word) for word in islice(sys.argv, 1, None)) or SIZES
    found = [measured(number) for number in sizes]
    for one in found:
        print(one)
    report("search", **found[0], sizes=found[1:])


if __name__ == "__main__":
    main()
