"""What the documentation names is there: pages, files, commands, settings, words of the language."""

import argparse
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from tests import commands
from tests.docs.conftest import ROOT, Block, Reader, blocks, insist
from tests.read_packs import pack_in

from praya.definition.chapters.booking import Booking
from praya.definition.chapters.fees import Fee
from praya.definition.chapters.limits import Limit
from praya.definition.chapters.lookups import Lookup
from praya.definition.chapters.parties import Party
from praya.definition.chapters.public_notices import Publication
from praya.definition.chapters.registers import Register
from praya.definition.chapters.stocks import Stock
from praya.definition.example import Step
from praya.definition.flow import State
from praya.definition.form import Parameter
from praya.definition.opening import OpeningTimes
from praya.definition.questions import AnyPart
from praya.definition.reasoning import Decision
from praya.definition.source import read_text
from praya.kernel import plug
from praya.project import cli, config

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "packs").rglob("*.md")])
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
# Others write these two; until they are there, a link to them is a promise.
PROMISED = {ROOT / "docs" / "howto" / "integrate.md", ROOT / "docs" / "reference" / "benchmarks.md"}
# What this page names is there only after its first command; its own test types all of it.
FOLLOWED = ROOT / "docs" / "howto" / "add-a-system.md"
PACK = pack_in(ROOT / "packs" / "hongkong")
PARSER = cli.parser()


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_code(text: str) -> str:
    """A page without its fenced blocks and without what stands in backticks."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def test_the_contents_lead_to_every_page() -> None:
    contents = ROOT / "docs" / "README.md"
    led_to = {(contents.parent / one).resolve() for one, _ in LINK.findall(contents.read_text("utf-8"))}
    folders = ("tutorial", "howto", "explanation")
    assert {page for page in PAGES if page.parent.parent == contents.parent and page.parent.name in folders} <= led_to


@cache
def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as every renderer of Markdown makes them."""
    found = set()
    for line in path.read_text("utf-8").splitlines():
        if heading := re.match(r"#+ (.*)", line):
            words = re.sub(r"[^\w\- ]", "", heading[1].lower())
            found.add(words.strip().replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_link_leads_somewhere(page: Path) -> None:
    for match in LINK.finditer(without_code(page.read_text("utf-8"))):
        target = match[1] or match[2]
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists() or path in PROMISED, target
        if anchor and path.suffix == ".md" and path.exists():
            assert anchor in anchors(path), target


def test_the_architecture_names_files_that_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    named = set(re.findall(r"`((?:src|packs|tests|docs)/[\w./-]+)`", text))
    named |= {f"src/praya/{name}" for name in re.findall(r"`((?:web|journey|blocks)/[\w./-]+)`", text)}
    assert len(named) > 45
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(
    ("question", "file"),
    [
        ("a place sold", "src/praya/blocks/bookings/store.py"),
        ("an answer validated", "src/praya/blocks/forms/rules.py"),
        ("an SMS or an e-mail leave", "src/praya/blocks/notices/channels/"),
        ("a new question type go", "src/praya/definition/questions/__init__.py"),
        ("is a fee", "src/praya/journey/chapters/fees.py"),
        ("an uploaded file sniffed", "src/praya/blocks/forms/sniff.py"),
        ("an action is permitted", "src/praya/journey/acting/action"),
        ("small ones suppressed", "src/praya/systems/open_data/rules/suppression.py"),
        ("a hold of places ended", "src/praya/blocks/bookings/holds.py"),
        ("version of a service is chosen", "src/praya/journey/version_choice.py"),
        ("a sign-in limited", "src/praya/blocks/identity/rules/sign_in_limits.py"),
        ("a register exported", "src/praya/systems/open_data/machine/register_export.py"),
        ("the journal's root computed", "src/praya/kernel/journal/merkle.py"),
        ("a role defined", "src/praya/blocks/identity/plug.py"),
        ("menu entry", "src/praya/web/menus.py"),
    ],
)
def test_a_stranger_finds_the_file(question: str, file: str) -> None:
    rows = [line for line in (ROOT / "ARCHITECTURE.md").read_text("utf-8").splitlines() if question in line]
    assert len(rows) == 1
    assert file in rows[0]


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=ids)
def test_a_decision_is_dated_and_names_where_it_holds(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.search(r"^\d{4}-\d\d-\d\d · accepted", text, re.MULTILINE)
    for part in ("What we met", "What we chose", "What we left", "What it costs"):
        assert f"**{part}.**" in text
    named = re.findall(r"`(src/praya/[\w./-]+)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert f"({page.name})" in (page.parent / "README.md").read_text("utf-8")


def test_pictures_are_few_small_and_used() -> None:
    pictures = sorted((ROOT / "docs" / "images").glob("*.png"))
    readme = (ROOT / "README.md").read_text("utf-8")
    assert 4 <= len(pictures) <= 6
    for picture in pictures:
        assert picture.stat().st_size <= 200_000
        assert f"docs/images/{picture.name})" in readme
        assert f'"{picture.stem}")' in (ROOT / "docs" / "screenshots.py").read_text("utf-8")


# Commands


def typed() -> Iterator[tuple[Path, Block, str]]:
    """Every command of praya that a page tells people to type."""
    for page in (page for page in PAGES if page != FOLLOWED):
        for block in blocks(page):
            if block.kind.split(" ")[0] not in {"sh", "console", "ini"}:
                continue
            for line in block.text.splitlines():
                words = line.removeprefix("$ ").removeprefix("ExecStart=").split("  #")[0].split(" >")[0].strip()
                words = re.sub(r"^(?:[A-Z_]+=\S+ )+", "", words)
                if re.match(r"(?:praya|\./dev|/opt/praya/bin/praya) ", words):
                    yield page, block, words


@pytest.mark.parametrize(
    ("page", "block", "line"),
    [pytest.param(*found, id=f"{ids(found[0])}:{found[1].line} {found[2]}") for found in typed()],
)
def test_every_command_that_is_written_down_is_understood(page: Path, block: Block, line: str) -> None:
    words = shlex.split(line)
    if words[0] == "./dev" and words[1] != "praya":
        assert re.search(
            rf"^    (?:[\w-]+ \| )*{words[1]}(?: \| [\w-]+)*\)", (ROOT / "dev").read_text("utf-8"), re.MULTILINE
        )
        if words[1] in {"test", "check", "bench", "lock"}:
            return
    words = words[2:] if words[:2] == ["./dev", "praya"] else words[1:]
    try:
        PARSER.parse_args(words)
    except SystemExit as stopped:
        raise AssertionError(f"{line} is not understood") from stopped


def test_every_command_is_in_the_reference() -> None:
    text = (ROOT / "docs" / "reference" / "commands.md").read_text("utf-8")
    commands = next(a for a in PARSER._actions if isinstance(a, argparse._SubParsersAction)).choices
    assert [name for name in commands if f"## {name}\n" not in text] == []


def test_every_setting_that_is_named_exists() -> None:
    known = {config.environment_name(name) for name in config.Configuration.model_fields}
    known |= {
        f"PRAYA_{one.name}_{name}".upper()
        for one in plug.plugs()
        if one.settings
        for name in plug.value(one.settings).model_fields
    }
    for page in PAGES:
        named = set(re.findall(r"\bPRAYA_[A-Z_]+\b", page.read_text("utf-8")))
        assert named <= known | {"PRAYA_"} or page == FOLLOWED, page


def test_every_metric_that_is_named_exists() -> None:
    text = (ROOT / "docs" / "howto" / "run-in-production.md").read_text("utf-8")
    source = "".join(file.read_text("utf-8") for file in (ROOT / "src").rglob("*.py"))
    named = {name.removesuffix("_total") for name in re.findall(r"`(praya_\w+)`", text)}
    assert len(named) >= 3
    assert [name for name in named if f'"{name}"' not in source] == []


# Words of the language


def yaml_blocks(kind: str) -> list[Any]:
    return [
        pytest.param(block, id=f"{ids(page)}:{block.line}")
        for page in PAGES
        for block in blocks(page)
        if block.kind == kind
    ]


@pytest.mark.parametrize("block", yaml_blocks("yaml question"))
def test_questions_in_the_documentation_are_taken(block: Block) -> None:
    questions = read_text(block.text.encode(), block.kind).data["questions"]
    for question in questions:
        TypeAdapter(AnyPart).validate_python(question, context=dict(PACK.context))


@pytest.mark.parametrize("block", yaml_blocks("yaml part=booking"))
def test_bookings_in_the_documentation_are_taken(block: Block) -> None:
    Booking.model_validate(read_text(block.text.encode(), block.kind).data["booking"], context=dict(PACK.context))


@pytest.mark.parametrize("block", yaml_blocks("yaml part=state"))
def test_states_in_the_documentation_are_taken(block: Block) -> None:
    for name, body in read_text(block.text.encode(), block.kind).data.items():
        State.model_validate({"name": name, **body}, context=dict(PACK.context))


@pytest.mark.parametrize("block", yaml_blocks("yaml part=open"))
def test_opening_times_in_the_documentation_are_taken(block: Block) -> None:
    OpeningTimes.model_validate(read_text(block.text.encode(), block.kind).data["open"])


@pytest.mark.parametrize("block", yaml_blocks("yaml part=publishes"))
def test_publications_in_the_documentation_are_taken(block: Block) -> None:
    for name, body in read_text(block.text.encode(), block.kind).data["publishes"].items():
        Publication.model_validate({"name": name, **body})


@pytest.mark.parametrize("block", yaml_blocks("yaml part=fees"))
def test_fees_in_the_documentation_are_taken(block: Block) -> None:
    for fee in read_text(block.text.encode(), block.kind).data["fees"]:
        Fee.model_validate(fee, context=dict(PACK.context))


@pytest.mark.parametrize("block", yaml_blocks("yaml part=decisions"))
def test_decisions_in_the_documentation_are_taken(block: Block) -> None:
    for name, body in read_text(block.text.encode(), block.kind).data["decisions"].items():
        Decision.model_validate({"name": name, **body})


@pytest.mark.parametrize("block", yaml_blocks("yaml part=parameters"))
def test_parameters_in_the_documentation_are_taken(block: Block) -> None:
    for name, body in read_text(block.text.encode(), block.kind).data["parameters"].items():
        Parameter.model_validate({"name": name, **body}, context=dict(PACK.context))


@pytest.mark.parametrize("block", yaml_blocks("yaml part=limits"))
def test_limits_in_the_documentation_are_taken(block: Block) -> None:
    for limit in read_text(block.text.encode(), block.kind).data["limits"]:
        Limit.model_validate(limit)


@pytest.mark.parametrize("block", yaml_blocks("yaml part=registers"))
def test_registers_in_the_documentation_are_taken(block: Block) -> None:
    for name, body in read_text(block.text.encode(), block.kind).data["registers"].items():
        Register.model_validate({"name": name, **body}, context=dict(PACK.context))


@pytest.mark.parametrize("block", yaml_blocks("yaml part=stocks"))
def test_stocks_in_the_documentation_are_taken(block: Block) -> None:
    for name, body in read_text(block.text.encode(), block.kind).data["stocks"].items():
        Stock.model_validate({"name": name, **body}, context=dict(PACK.context))


@pytest.mark.parametrize("block", yaml_blocks("yaml part=lookups"))
def test_lookups_in_the_documentation_are_taken(block: Block) -> None:
    for name, body in read_text(block.text.encode(), block.kind).data["lookups"].items():
        Lookup.model_validate({"name": name, **body}, context=dict(PACK.context))


@pytest.mark.parametrize("block", yaml_blocks("yaml part=parties"))
def test_parties_in_the_documentation_are_taken(block: Block) -> None:
    for name, body in read_text(block.text.encode(), block.kind).data["parties"].items():
        Party.model_validate({"name": name, **body}, context=dict(PACK.context))


@pytest.mark.parametrize("block", yaml_blocks("yaml part=steps"))
def test_steps_of_stories_in_the_documentation_are_taken(block: Block) -> None:
    for step in read_text(block.text.encode(), block.kind).data:
        Step.model_validate(step)


def test_every_kind_of_block_is_known_to_some_test() -> None:
    known = {
        "", "sh", "sql", "console", "console fails", "ini", "yaml", "edit", "json", "python", "http",
        "yaml part", "yaml question", "yaml part=booking", "yaml part=state",
        "yaml part=registers", "yaml part=fees", "yaml part=open", "yaml part=parties",
        "yaml part=lookups", "yaml part=stocks",
        "yaml part=publishes", "yaml part=decisions", "yaml part=limits", "yaml part=parameters", "yaml part=steps",
    }  # fmt: skip
    for page in (page for page in PAGES if page not in PROMISED and page != FOLLOWED):
        for block in blocks(page):
            assert block.kind in known or block.kind.startswith(("yaml file=", "yaml of=")), (
                f"{ids(page)}:{block.line} {block.kind}"
            )


# What is made, and what is followed


def test_the_reference_is_up_to_date() -> None:
    result = commands.praya("docs", "--check", **Reader(ROOT).environment())
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_territory_pack_is_made_as_the_page_says(reader: Reader) -> None:
    for block in blocks(ROOT / "docs" / "howto" / "make-a-territory-pack.md"):
        if block.kind == "yaml file=pack.yaml":
            folder = reader.folder / "my-territory"
            (folder / "services").mkdir(parents=True)
            (folder / "pack.yaml").write_text(block.text, "utf-8")
        elif block.kind == "console":
            lines = block.text.splitlines()
            for number, line in enumerate(lines):
                if line.startswith("$ "):
                    result = reader.type(line[2:])
                    rest = lines[number + 1 :]
                    until = next((n for n, other in enumerate(rest) if other.startswith("$ ")), len(rest))
                    insist(rest[:until], result.stdout, line)
                    assert result.returncode == 0, result.stdout


QUESTIONS = {
    "fee charged": "journey/chapters/fees.py",
    "upload sniffed": "blocks/forms/sniff.py",
    "action permitted": "journey/acting/action.py",
    "cell suppressed": "systems/open_data/rules/suppression.py",
    "hold ended": "blocks/bookings/holds.py",
    "sms sent": "blocks/notices/channels/sms.py",
    "version chosen": "journey/version_choice.py",
    "sign in limited": "blocks/identity/rules/sign_in_limits.py",
    "register exported": "systems/open_data/machine/register_export.py",
    "merkle root computed": "kernel/journal/merkle.py",
    "role defined": "definition/roles.py",
    "menu made": "web/menus.py",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_words_of_a_question_stand_in_few_file_names_and_in_the_right_one(question: str) -> None:
    """A reader who knows file names only, and looks for the words of the question, opens at most six files."""
    files = [path.relative_to(ROOT / "src/praya") for path in (ROOT / "src/praya").rglob("*.py")]
    paths = sorted(path.as_posix() for path in files if "migrations" not in path.parts)
    stems = [word[:4] for word in question.split() if len(word) > 2] or [question[:4]]
    # The file's own name says more than those of its folders.
    score = {path: sum(2 * (stem in path.rsplit("/")[-1]) + (stem in path) for stem in stems) for path in paths}
    best = [path for path in paths if score[path] == max(score.values())]
    assert QUESTIONS[question] in best
    assert len(best) <= 6, best
