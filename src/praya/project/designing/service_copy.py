"""A copy of a service under another name; comments and layout stay as people wrote them."""

import re
from collections.abc import Mapping
from pathlib import Path

from praya.definition.load import load_pack, load_service
from praya.definition.source import Broken
from praya.project.designing import targets
from praya.project.refusal import Refused

PLAIN = re.compile(r"[^\W_][\w ()（）-]*")
TEXTS = {".yaml", ".yml", ".md", ".txt", ".html"}


def copy(other: str, folder: Path, changed: Mapping[str, str], *, installed: Path) -> None:
    """Copy the service that `other` names into `folder`, and replace the top-level words that `changed` has.

    Its name and its whole title are replaced everywhere in its files. Raises Refused.
    """
    target = targets.one_pack([other], installed=installed)
    if len(target.services) != 1:
        raise Refused(f"{other} holds {len(target.services)} services; name one.")
    source = target.services[0]
    try:
        service = load_service(source, load_pack(target.pack))
    except Broken as broken:
        raise Refused(f"{other} cannot be copied while it is broken. Mend it first:\n{broken}") from None
    old_titles = {name: words for name, words in service.title.words.items() if name != "zh-hans"}
    new_titles = {
        name: title[1] for name in old_titles if (title := re.search(rf'{name}: "([^"]*)"', changed["title"]))
    }
    words = {
        old: new_titles[name]
        for name, old in old_titles.items()
        # A title with a colon or a bracket would be parsed as YAML syntax.
        if name in new_titles and PLAIN.fullmatch(new_titles[name])
    }
    for path in sorted(path for path in source.parent.rglob("*") if path.is_file()):
        into = folder / path.relative_to(source.parent)
        into.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix not in TEXTS:
            into.write_bytes(path.read_bytes())
        else:
            text = _renamed(path.read_text(encoding="utf-8"), {service.service: changed["service"], **words})
            into.write_text(_topped(text, changed) if path == source else text, encoding="utf-8")
        # These are for everybody who works on the pack, unlike whatever else Praya writes.
        into.chmod(0o644)
        into.parent.chmod(0o755)


def _renamed(text: str, words: Mapping[str, str]) -> str:
    for old, new in words.items():
        # Whole words only; in Chinese, which parts no words, only where it stands alone.
        text = re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", _plainly(new), text)
    return text


def _topped(text: str, changed: Mapping[str, str]) -> str:
    """The text with a new value for each of these top-level words, however many lines the old value has."""
    for word, value in changed.items():
        text = re.sub(
            rf"^{word}:(?:.*\n)(?:(?:[ \t]+.*|[ \t]*)\n)*?(?=[^\s#]|#|\Z)",
            _plainly(f"{word}: {value}\n"),
            text,
            count=1,
            flags=re.MULTILINE,
        )
    return text


def _plainly(words: str) -> str:
    """Words escaped for the replacement of `re.sub`."""
    return words.replace("\\", r"\\")
