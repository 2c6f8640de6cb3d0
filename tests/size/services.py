"""A city's services: as many as are wanted, copies of the cookbook's and of Hong Kong's, published or in a folder.

`publish(1300, at=...)` puts them into the database of this process; `python -m tests.size.services 1300` into that of
an installation, which its environment names. `pack(folder, 1300)` writes a pack with the files of as many.
"""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import count as numbers
from pathlib import Path
from typing import Any

from praya.definition.card import Card
from praya.definition.load import load_pack, load_service
from praya.definition.service import Service
from praya.kernel.text import Text

PACKS = Path(__file__).parents[2] / "packs"
CITY = 1300
# Letters that a case number may begin with.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@cache
def originals() -> tuple[Service, ...]:
    """The services that are copied."""
    chosen: dict[str, Service] = {}
    for name in ("cookbook", "hongkong"):
        pack = load_pack(PACKS / name)
        every = (load_service(path, pack) for path in sorted((PACKS / name / "services").iterdir()))
        # What has no door for residents stands in no list of the portal, and the lists are what is counted. What names
        # departments beside those it refers to cannot be given others.
        # Of two of one name, such as a recipe that the territory writes in full, the first is copied.
        for service in every:
            if service.opened_by in {"applicant", "both"} and service.arbiter is None:
                chosen.setdefault(service.service, service)
    return tuple(chosen.values())


def reference(number: int) -> str:
    """Four letters with which the case numbers of one copy begin, and of no other."""
    letters = ""
    for _ in range(3):
        number, digit = divmod(number, len(LETTERS))
        letters = LETTERS[digit] + letters
    return f"Q{letters}"


def copies(count: int) -> Iterator[tuple[str, Card]]:
    """The documents and cards of so many services, each with a name, a title and case numbers of its own.

    Those of one round name each other. Their departments and topics are those of the installation's pack.
    """
    from praya.journey import load

    home, made = load.pack(), 0
    departments, topics = sorted(home.departments), sorted(home.topics)
    texts = [(load.canonical(original), Card.of(original)) for original in originals()]
    named = re.compile(rf'"service":"({"|".join(service.service for service in originals())})"')
    for turn in numbers(1):
        for text, card in texts:
            if made == count:
                return
            data = json.loads(named.sub(rf'"service":"\1-{turn:04}"', text))
            data["reference"] = reference(made)
            data["title"] = {language: f"{words} {turn}" for language, words in data["title"].items()}
            data["department"], data["topic"] = departments[made % len(departments)], topics[made % len(topics)]
            for state in data["flow"]["states"].values():
                for action in state["actions"].values():
                    action["refer"] = [
                        departments[(made + n) % len(departments)] for n, _ in enumerate(action["refer"])
                    ]
            changed = {
                "title": Text(data["title"]),
                **{name: data[name] for name in ("service", "department", "topic")},
            }
            changed["departments"] = frozenset({data["department"], *_asked(data)})
            # A department that has members of panels is the service's own.
            changed["judged_by"] = frozenset(
                data["department"] if place == card.department else place for place in card.judged_by
            )
            for part in ("subject", "about"):
                if getattr(card, part):
                    owner = getattr(card, part).service
                    changed[part] = getattr(card, part).model_copy(update={"service": f"{owner}-{turn:04}"})
            yield json.dumps(data, ensure_ascii=False, separators=(",", ":")), card.model_copy(update=changed)
            made += 1


def _asked(data: dict[str, Any]) -> Iterator[str]:
    for state in data["flow"]["states"].values():
        for action in state["actions"].values():
            yield from action["refer"]


def publish(count: int, *, at: datetime) -> None:
    """Publish so many services in this process's database."""
    from django.db import transaction

    from praya.blocks.services import api
    from praya.journey import load

    with transaction.atomic():
        for document, card in copies(count):
            api.publish(
                service=card.service, version=card.version, document=document, card=card.model_dump_json(),
                waits_for_all=card.draws_lots, at=at, by="system",
            )  # fmt: skip
    load.forget()


def pack(folder: Path, count: int) -> Path:
    """A pack in `folder` with the files of so many services, copies of the cookbook's with their examples."""
    cookbook = PACKS / "cookbook"
    made = folder / "city"
    shutil.copytree(cookbook, made, ignore=shutil.ignore_patterns("services"))
    homes = sorted((cookbook / "services").iterdir())
    names = "|".join(home.name for home in homes)
    files = {home: [path for path in sorted(home.rglob("*")) if path.is_file()] for home in homes}
    texts = {path: path.read_text("utf-8") for paths in files.values() for path in paths}
    for number in range(count):
        turn, index = divmod(number, len(homes))
        home, suffix = homes[index], f"{turn + 1:04}"
        for path in files[home]:
            text = re.sub(rf"\b(service|applies|of): ({names})\b(?!-)", rf"\1: \2-{suffix}", texts[path])
            text = re.sub(r"^reference: \w+", f"reference: {reference(number)}", text, flags=re.MULTILINE)
            target = made / "services" / f"{home.name}-{suffix}" / path.relative_to(home)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
    return made


if __name__ == "__main__":
    from praya.project import startup

    startup.ready_django()
    publish(int(sys.argv[1]), at=datetime.now(UTC))
