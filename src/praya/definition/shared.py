"""Parts that several services share: `use: shared/FILE.yaml#PART` is replaced while a definition is read."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from praya.definition.source import Broken, Mark, Message, Problem, Source, scan
from praya.kernel.expression import among

MAX_CHAIN = 8
MAX_PARTS = 50_000
_REFERENCE = re.compile(r"^(shared/[a-z0-9][a-z0-9/-]*\.yaml)#([a-z][a-z0-9_-]*)$")


def resolved(source: Source, folder: Path | None) -> Source:
    """Replace every use of a shared part of the pack in `folder`; problems are added to the source's `problems`.

    A mapping gets the words of the part; words written beside `use` override them one by one. An item of a list that
    uses a list is replaced by the items of that list.
    """
    sharing = _Sharing(folder, list(source.problems))
    data, mark = sharing.node(source.data, source.mark, ())
    return Source(source.file, data, mark, sharing.problems)


class _Sharing:
    def __init__(self, folder: Path | None, problems: list[Problem]) -> None:
        self.folder, self.problems, self.left = folder, problems, MAX_PARTS

    def node(self, data: Any, mark: Mark, chain: tuple[str, ...]) -> tuple[Any, Mark]:
        """A node with its uses replaced; `chain` is the list of parts that contain it."""
        self.left -= 1
        if self.left == 0:
            message = f"is more than {MAX_PARTS} parts when every shared part is in its place"
            self.problems.append(_problem(mark, Message("shared-too-much", message)))
        if self.left <= 0:
            return None, mark
        if isinstance(data, dict) and isinstance(mark.inner, dict):
            return self._mapping(data, mark, mark.inner, chain)
        if isinstance(data, list) and isinstance(mark.inner, list):
            return self._sequence(data, mark, mark.inner, chain)
        return data, mark

    def _mapping(
        self, data: dict[str, Any], mark: Mark, inner: dict[str, Mark], chain: tuple[str, ...]
    ) -> tuple[Any, Mark]:
        words: dict[str, Any] = {}
        marks: dict[str, Mark] = {}
        # A mapping under the name `use`, such as a question of that name, is not a use.
        uses = "use" in data and not isinstance(data["use"], dict)
        for key, value in data.items():
            if key != "use" or not uses:
                words[key], marks[key] = self.node(value, inner[key], chain)
        own = words, mark._replace(inner=marks)
        if not uses:
            return own
        part = self._part(data["use"], inner["use"], chain)
        if part is None:
            return own
        if isinstance(part[0], dict):
            return _laid_over(own, part)
        if words:
            message = Message("shared-kind", f"'{data['use']}' is no mapping, so nothing can be written beside 'use'")
            self.problems.append(_problem(inner["use"], message))
        return part

    def _sequence(
        self, data: list[Any], mark: Mark, inner: list[Mark], chain: tuple[str, ...]
    ) -> tuple[list[Any], Mark]:
        items: list[Any] = []
        marks: list[Mark] = []
        for value, there in zip(data, inner, strict=True):
            item, inner_mark = self.node(value, there, chain)
            if isinstance(value, dict) and isinstance(item, list) and isinstance(inner_mark.inner, list):
                items += item
                marks += [one._replace(used=one.used or inner_mark.used) for one in inner_mark.inner]
            else:
                items.append(item)
                marks.append(inner_mark)
        return items, mark._replace(inner=marks)

    def _part(self, reference: Any, mark: Mark, chain: tuple[str, ...]) -> tuple[Any, Mark] | None:
        """The part that `reference` names, with its own uses replaced; None after a problem was reported."""
        try:
            data, part_mark = self._resolved(reference, chain)
        except _Refused as refused:
            self.problems.append(_problem(mark, refused.message))
            return None
        except Broken as broken:
            self.problems += [problem for problem in broken.problems if problem not in self.problems]
            return None
        used = f"{self._shown(mark.file)}:{mark.line}"
        data, part_mark = self.node(data, part_mark, (*chain, reference))
        return data, part_mark._replace(used=used)

    def _resolved(self, reference: Any, chain: tuple[str, ...]) -> tuple[Any, Mark]:
        match = _REFERENCE.match(reference) if isinstance(reference, str) else None
        if match is None:
            raise _Refused("shared-name", "expected a file and a part of it, like shared/applicant.yaml#name_and_phone")
        if reference in chain:
            raise _Refused("shared-cycle", f"uses itself: {' → '.join([*chain, reference])}")
        if len(chain) >= MAX_CHAIN:
            raise _Refused("shared-cycle", f"shared parts use each other more than {MAX_CHAIN} deep")
        if self.folder is None:
            raise _Refused("shared-name", "only a service of a pack can use shared parts")
        path = self.folder / match[1]
        if not path.is_file() or not path.resolve().is_relative_to(self.folder.resolve() / "shared"):
            files = [str(file.relative_to(self.folder)) for file in sorted(self.folder.glob("shared/**/*.yaml"))]
            raise _Refused("unknown-name", f"the pack has no file '{match[1]}'{among(match[1], files)}")
        source = _scanned(path, path.stat().st_mtime_ns)
        if source.problems:
            raise Broken(source.problems)
        parts = source.data if isinstance(source.data, dict) else {}
        if match[2] not in parts or not isinstance(source.mark.inner, dict):
            raise _Refused("unknown-name", f"there is no part '{match[2]}' in {match[1]}{among(match[2], parts)}")
        return parts[match[2]], source.mark.inner[match[2]]

    def _shown(self, file: str) -> str:
        path = Path(file)
        return str(path.relative_to(self.folder)) if self.folder and path.is_relative_to(self.folder) else file


class _Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        self.message = Message(code, message)


@lru_cache(maxsize=64)
def _scanned(path: Path, changed: int) -> Source:  # noqa: ARG001 (a file that changed is another)
    """Read a shared file; the result is cached until the file changes."""
    return scan(path)


def _problem(mark: Mark, message: Message) -> Problem:
    return Problem(mark.file, mark.line, mark.column, message, code=message.code)


def _laid_over(own: tuple[Any, Mark], part: tuple[Any, Mark]) -> tuple[Any, Mark]:
    """Override the words of `part` by one's own: mappings word by word, anything else as a whole."""
    (mine, here), (theirs, there) = own, part
    if not isinstance(mine, dict) or not isinstance(theirs, dict):
        return own
    below = here.inner if isinstance(here.inner, dict) else {}
    beyond = there.inner if isinstance(there.inner, dict) else {}
    words: dict[str, Any] = {}
    marks: dict[str, Mark] = {}
    for key in [*theirs, *(key for key in mine if key not in theirs)]:
        shared = (theirs[key], beyond[key]._replace(used=beyond[key].used or there.used)) if key in theirs else None
        if key not in mine:
            assert shared is not None  # noqa: S101 (the key is one of theirs)
            words[key], marks[key] = shared
        else:
            written = (mine[key], below[key])
            words[key], marks[key] = _laid_over(written, shared) if shared else written
    return words, here._replace(inner=marks)
