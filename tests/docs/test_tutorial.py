"""The tutorial is followed word for word: its parts are put in place, its commands typed, its answers compared."""

import json
import re
import urllib.request
from pathlib import Path

import pytest
from tests.docs.conftest import ROOT, Block, Reader, blocks, insist

PAGES = ROOT / "docs" / "tutorial"
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def service_file(reader: Reader, service: str) -> Path:
    return reader.folder / "packs" / "hongkong" / "services" / service / "service.yaml"


def top_level(text: str) -> list[tuple[str, list[str]]]:
    """The parts of a YAML file by their word; a comment belongs to what follows it."""
    parts: list[tuple[str, list[str]]] = []
    before: list[str] = []
    for line in text.splitlines():
        word = re.match(r"^([a-z_]+):", line)
        if word:
            parts.append((word[1], [*before, line]))
            before = []
        elif line.startswith("#") or not line.strip():
            before.append(line)
        else:
            parts[-1][1].extend([*before, line])
            before = []
    return parts


def replace_parts(path: Path, block: Block) -> None:
    """Each part of the block takes the place of the part of that name; a new one goes behind the part before it."""
    parts = top_level(path.read_text("utf-8"))
    behind = {
        "fees": "eligibility", "registers": "records", "subject": "conditions", "parties": "eligibility",
        "booking": "parties",
    }  # fmt: skip
    for word, lines in top_level(block.text):
        at = next((n for n, (name, _) in enumerate(parts) if name == word), None)
        if at is None:
            at = next(n for n, (name, _) in enumerate(parts) if name == behind[word])
            parts.insert(at + 1, (word, lines))
        else:
            parts[at] = (word, lines)
    path.write_text("\n".join(line for _, lines in parts for line in lines) + "\n", "utf-8")


def edit(folder: Path, block: Block) -> None:
    for line in block.text.splitlines():
        name, old, new = re.fullmatch(r'(\S+): ("[^"]*") -> ("[^"]*")', line).groups()  # type: ignore[union-attr]
        text = (folder / name).read_text("utf-8")
        assert json.loads(old) in text, line
        (folder / name).write_text(text.replace(json.loads(old), json.loads(new), 1), "utf-8")


def type_all(reader: Reader, block: Block) -> None:
    """Type what stands behind `$`, and see the lines below it."""
    commands: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            commands.append((line[2:], []))
        else:
            commands[-1][1].append(line)
    for command, expected in commands:
        result = reader.type(command)
        where = f"line {block.line}, {command}"
        insist(expected, result.stdout, where)
        assert result.returncode == (1 if "fails" in block.kind else 0), f"{where}\n{result.stdout}"


def follow(reader: Reader, page: str, service: str) -> list[str]:
    """Do what a page says; return the kinds of its blocks."""
    done: list[str] = []
    for block in blocks(PAGES / page):
        done.append(block.kind.split("=")[0])
        if block.kind == "yaml part":
            replace_parts(service_file(reader, service), block)
        elif block.kind.startswith("yaml file="):
            (reader.folder / block.kind.removeprefix("yaml file=")).write_text(block.text, "utf-8")
        elif block.kind == "edit":
            edit(service_file(reader, service).parent, block)
        elif block.kind.startswith("console"):
            type_all(reader, block)
        else:
            raise AssertionError(f"line {block.line}: nobody knows what to do with a block '{block.kind}'")
    return done


@pytest.mark.size
def test_the_tutorial_works_word_for_word(reader: Reader) -> None:
    done = follow(reader, "first-service.md", "dog-boarding")
    assert done.count("console") >= 5
    assert done.count("yaml part") == 7
    second = follow(reader, "second-service.md", "dog-show")
    assert (second.count("console"), second.count("yaml part")) == (2, 7)
    # What the reader then sees.
    base = f"http://127.0.0.1:{reader.port}"
    for language, title in (("en", "Dog boarding licence"), ("zh-hant", "寄養狗隻牌照"), ("zh-hans", "寄养狗只牌照")):
        with direct.open(f"{base}/{language}/services/dog-boarding", timeout=20) as response:
            assert title in response.read().decode()
    with direct.open(f"{base}/en/registers/dog-boarding/boarding-shops", timeout=20) as response:
        assert "Licensed dog boarding shops" in response.read().decode()
