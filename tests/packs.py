"""The pack of the tests with more words at its end, as the pack of the installation while a test runs."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings

from praya.definition.load import load_pack
from praya.definition.pack import Pack
from praya.journey import load
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.project import migration


def pack_with(folder: Path, more: str) -> Pack:
    """The pack of the tests, copied into a folder, with more words at the end of its `pack.yaml`."""
    folder.mkdir()
    source = Path(settings.PRAYA.pack)
    for part in ("lists", "shared"):
        shutil.copytree(source / part, folder / part)
    text = (source / "pack.yaml").read_text("utf-8").replace(f"pack: {source.name}", f"pack: {folder.name}", 1)
    if re.search(r"^(roles|communities):", more, re.MULTILINE):  # these stand in the place of the pack's own
        text = re.sub(r"^(?:roles|communities):\n(?:[ #].*\n|\n)*", "", text, flags=re.MULTILINE)
    (folder / "pack.yaml").write_text(text + more, "utf-8")
    return load_pack(folder)


@contextmanager
def installed(pack: Pack, *, at: datetime) -> Iterator[Pack]:
    """Let a pack be that of the installation, and a moment be now."""
    with pytest.MonkeyPatch.context() as patch:
        stand_in = lambda: pack  # noqa: E731
        patch.setattr(load, "pack", stand_in)
        patch.setattr(clock, "now", lambda: at)
        patch.setattr(migration, "insist_on_ready", lambda: None)
        load.forget()
        yield pack
        # Whoever patched it anew and takes that back later would leave this pack to the tests after it.
        assert load.pack is stand_in, "load.pack was patched within `installed` and not put back"
    load.pack_at.cache_clear()  # reading a pack also sets its roles and communities for the process
    load.forget()
    vault.reset_memory()
