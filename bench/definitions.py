"""Checking and compiling many services, a page of few and of many questions, and the time from a save to the preview.

Services are variants of those of the pack, each read, compiled and checked for itself. They are measured in turns
against what any reader would do at least: the same YAML through libyaml and the same data through pydantic.
"""

import json
import math
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

from bench.ground import ROOT, Browser, cpu_seconds, free_port, installation, report, service, serving, text
from bench.page import thirty_questions

MANY = (100, 1000)
QUESTIONS = (5, 30, 100)
REQUESTS, ROUNDS = 250, 3
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
CHECK = """
import json, resource, sys, time
from pathlib import Path
import yaml
from praya.definition.load import examine_service, load_pack
from praya.definition.service import Service
from praya.project.designing import checking
folder = Path(sys.argv[1])
pack = load_pack(folder)
files = sorted(folder.glob("services/*/service.yaml"))
context = dict(pack.context)
checked = plain = compiled = 0.0
sampled = files[::5]
for file in files:
    began = time.process_time()
    found = checking.check_service(file, pack)
    checked += time.process_time() - began
    assert found.fine, found.problems
    if file not in sampled:
        continue
    began = time.process_time()
    sound = examine_service(file, pack)
    compiled += time.process_time() - began
    began = time.process_time()
    yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)
    Service.model_validate(sound.source.data, context=context)
    plain += time.process_time() - began
each, of_sample = 1000 / len(files), 1000 / len(sampled)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
taken = {"check_ms": checked * each, "compile_ms": compiled * of_sample, "plain_ms": plain * of_sample}
print(json.dumps({**taken, "peak_mb": peak}))
"""
RELOAD = """
import statistics, sys, time
from datetime import UTC, datetime
from pathlib import Path
from praya.project.designing import previewing
file, pack = Path(sys.argv[1]), Path(sys.argv[2])
with previewing.stage(pack, port=8000):
    previewing.prepare(at=datetime.now(UTC))
    watcher = previewing.Watcher(file, pack)
    watcher.look()
    taken = []
    for number in range(9):
        file.write_text(file.read_text("utf-8") + f"# save {number}\\n", "utf-8")
        began = time.perf_counter()
        assert watcher.look()
        taken.append(time.perf_counter() - began)
print(statistics.median(taken) * 1000)
"""


def variants(folder: Path, count: int) -> Path:
    """The pack with `count` services: its own in turns, each with a name, letters and a title of its own."""
    pack = folder / f"pack-{count}"
    shutil.copytree(ROOT / "packs" / "hongkong", pack, ignore=shutil.ignore_patterns("services", "sample"))
    originals = sorted((ROOT / "packs" / "hongkong" / "services").glob("*/service.yaml"))
    letters = ("".join(found) for found in product(LETTERS, repeat=4))
    for number, reference in zip(range(count), letters, strict=False):
        body = originals[number % len(originals)].read_text("utf-8")
        name = f"{originals[number % len(originals)].parent.name}-{number}"
        body = re.sub(r"(?m)^service: .*$", f"service: {name}", body, count=1)
        body = re.sub(r"(?m)^reference: .*$", f"reference: {reference}", body, count=1)
        target = pack / "services" / name / "service.yaml"
        target.parent.mkdir(parents=True)
        target.write_text(body, "utf-8")
    return pack


def python(*arguments: object) -> str:
    """What a program prints, in a process of its own."""
    result = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise RuntimeError(result.stderr[-2000:])
    return result.stdout


def asked(count: int) -> list[dict[str, Any]]:
    """So many questions: the thirty of many kinds, over and over."""
    kinds = [body for question in thirty_questions() for body in question.values()]
    return [{f"question_{number}": kinds[number % len(kinds)]} for number in range(count)]


def pages() -> dict[int, float]:
    """Milliseconds of CPU for a page of each number of questions, in turns on one server."""
    services = [
        service(
            f"asks-{count}",
            f"A{LETTERS[n]}",
            [{"page": "all", "title": text("All", "全部"), "questions": asked(count)}],
        )
        for n, count in enumerate(QUESTIONS)
    ]
    taken: dict[int, list[float]] = {count: [] for count in QUESTIONS}
    with installation(*services, PRAYA_WEB_WORKERS="1") as made:
        port = free_port()
        with serving(made, "-m", "praya.project.cli", "serve", "--port", str(port), ready="/readyz", port=port) as pid:
            browser = Browser(port)
            browser.sign_in()
            paths = {}
            for count in QUESTIONS:
                status, paths[count], _ = browser.get(f"/en/services/asks-{count}/apply")
                if status != 302 or len(set(re.findall(rb"question_(\d+)", browser.page(paths[count])))) != count:
                    raise RuntimeError(f"the page of {count} questions answered {status}")
            for _ in range(ROUNDS + 1):
                for count, path in paths.items():
                    began = cpu_seconds(pid)
                    for _ in range(REQUESTS):
                        browser.get(path)
                    taken[count].append((cpu_seconds(pid) - began) / REQUESTS * 1000)
    return {count: statistics.median(found[1:]) for count, found in taken.items()}


def main() -> None:
    """Measure all three."""
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="praya-bench-") as name:
        for count in MANY:
            found = json.loads(python("-c", CHECK, variants(Path(name), count)))
            figures |= {f"{key}_{count}": round(value, 2) for key, value in found.items()}
            print(f"{count} services: " + ", ".join(f"{key} {value:.2f}" for key, value in found.items()))
        pack = variants(Path(name), 4)
        reload_ms = float(python("-c", RELOAD, next(iter(sorted(pack.glob("services/rest*/service.yaml")))), pack))
        print(f"preview: {reload_ms:.0f} ms from a save to the page")
    rendered = pages()
    for count, taken in rendered.items():
        print(f"a page of {count} questions: {taken:.2f} ms of CPU")
    # What is the same for every page falls out: one exponent between 30 and 100 above the page of 5.
    least, middle, most = (rendered[count] for count in QUESTIONS)
    grown = math.log((most - least) / (middle - least)) / math.log((QUESTIONS[2] - 5) / (QUESTIONS[1] - 5))
    largest = MANY[-1]
    report(
        "definitions",
        ratio=round(figures[f"check_ms_{largest}"] / figures[f"plain_ms_{largest}"], 2),
        reload_ms=round(reload_ms),
        exponent=round(grown, 2),
        **{f"page_ms_{count}": round(taken, 2) for count, taken in rendered.items()},
        **figures,
    )


if __name__ == "__main__":
    main()
