"""Making an example of what was done in a preview: its story, and what comes of it when it is played."""

import re
from pathlib import Path
from typing import Any

from praya.definition.example_file import example_yaml
from praya.definition.load import load_pack, load_service
from praya.definition.source import Broken
from praya.kernel import jsontext
from praya.project.designing import rehearsal, stories, story_file
from praya.project.designing.rehearsal import Rehearsed
from praya.project.designing.targets import shown
from praya.project.refusal import Refused


def record(file: Path, pack_folder: Path, name: str) -> tuple[Path, Rehearsed]:
    """Write examples/NAME.yaml on the stage of `rehearsal`; return its path and how it plays.

    Raises Refused when nothing was done, the name is taken or no name, or the service cannot be read.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", name):
        raise Refused(f"'{name}' cannot be the name: it is small letters, digits and hyphens, like refused-too-young.")
    path = file.parent / "examples" / f"{name}.yaml"
    if path.exists():
        raise Refused(f"{shown(path)} is there already; choose another name.")
    recorded = story_file.path_of(file)
    if not recorded.is_file():
        raise Refused(
            f"Nothing was done yet. Run `praya preview {shown(file.parent)}`, and do there what shall be kept."
        )
    try:
        pack = load_pack(pack_folder)
        service = load_service(file, pack)
    except Broken as broken:
        raise Refused(f"The service cannot be read. Mend it first:\n{broken}") from None
    story = {"example": name.replace("-", " ").capitalize(), **jsontext.loads(recorded.read_text("utf-8"))}
    rehearsal.publish([service], pack)
    path.parent.mkdir(exist_ok=True)
    path.write_text(example_yaml(_ordered(story, [])), encoding="utf-8")
    try:
        observed = rehearsal.observe(stories.read_story(path, service, pack), service, pack)
        path.write_text(example_yaml(_ordered(story, observed)), encoding="utf-8")
        path.chmod(0o644)  # an example is for everybody who works on the service
        return path, rehearsal.rehearse(stories.read_story(path, service, pack), service, pack)
    except Broken as broken:
        path.unlink()
        raise Refused(f"What was done no longer fits the service:\n{broken}") from None


def _ordered(story: dict[str, Any], observed: list[dict[str, Any]]) -> dict[str, Any]:
    """The story in the usual order of words, with the outcome of each step."""
    expect = observed
    steps = [
        {**step, **({"expect": expect[number]} if len(expect) > number else {})}
        for number, step in enumerate(story.get("steps", ()), 1)
    ]
    first = {"expect": expect[0]} if expect else {}
    return {
        **{name: story[name] for name in ("example", "starts", "language", "answers", "book") if name in story},
        **first,
        **({"steps": steps} if steps else {}),
    }
