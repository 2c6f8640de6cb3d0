"""The cookbook's page: every excerpt stands in the file of its recipe, and no recipe is left out."""

import re
from textwrap import dedent

import pytest
from tests.docs.conftest import ROOT, Block, blocks

PAGE = ROOT / "docs" / "howto" / "cookbook.md"
SERVICES = ROOT / "packs" / "cookbook" / "services"
EXCERPTS = [block for block in blocks(PAGE) if block.kind.startswith("yaml of=")]


@pytest.mark.parametrize("block", EXCERPTS, ids=lambda block: f"{block.kind}:{block.line}")
def test_an_excerpt_is_what_the_file_says(block: Block) -> None:
    lines = (SERVICES / block.kind.removeprefix("yaml of=") / "service.yaml").read_text("utf-8").splitlines()
    excerpt = block.text.splitlines()
    windows = ("\n".join(lines[at : at + len(excerpt)]) for at in range(len(lines)))
    assert any(dedent(window) == "\n".join(excerpt) for window in windows), block.text


def test_every_recipe_is_on_the_page_and_every_name_there_is_a_recipe() -> None:
    text = PAGE.read_text("utf-8")
    recipes = {path.name for path in SERVICES.iterdir()}
    assert {name for name in recipes if f"`{name}`" not in text} == set()
    assert set(re.findall(r"cookbook/services/([a-z-]+)", text)) <= recipes
    assert {block.kind.removeprefix("yaml of=") for block in EXCERPTS} == recipes
