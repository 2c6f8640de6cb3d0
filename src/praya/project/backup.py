"""One archive of an installation, and back again.

The archive is a tar file: `manifest.json` first, then the database, then the uploads as they lie on disk, encrypted.
The master keys are not in it: who holds the archive alone can read no personal column. They are kept apart.
"""

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from pydantic import BaseModel, ConfigDict, ValidationError

from praya.project import dumps, keys, migration, running, wiring
from praya.project.installation import stamp
from praya.project.refusal import Refused
from praya.project.version import praya_version

MANIFEST = "manifest.json"
FILES = "files/"
FORMAT = 1


class Part(BaseModel):
    """One file of the archive."""

    model_config = ConfigDict(frozen=True)

    name: str
    size: int
    sha256: str


class Manifest(BaseModel):
    """What an archive says of itself."""

    model_config = ConfigDict(frozen=True)

    format: int
    praya: str
    made_at: datetime
    mode: str
    database: str
    migrations: tuple[str, ...]
    keys: tuple[str, ...]
    parts: tuple[Part, ...]


def make(archive: Path, *, at: datetime) -> Manifest:
    """Write an archive while people go on working; the file appears under its name only when it is whole.

    Raises Refused when the file exists already, or the database cannot be dumped.
    """
    if archive.exists():
        raise Refused(f"{archive} exists already. Name another file.")
    migration.reach()
    marked = stamp.insist(mode=settings.PRAYA.mode)
    folder = archive.resolve().parent
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".praya-backup-") as name:
        scratch = Path(name)
        dump = scratch / dumps.NAMES[connection.vendor]
        # The database first: an upload is on disk before its row is, so each row's upload is there to be copied.
        dumps.dump(dump)
        sources = {dump.name: dump, **_uploads()}
        parts = tuple(_part(name, path) for name, path in sources.items())
        manifest = Manifest(
            format=FORMAT,
            praya=praya_version(),
            made_at=at,
            mode=marked.mode,
            database=connection.vendor,
            migrations=_applied(),
            keys=keys.key_names(settings.PRAYA.keys_path),
            parts=parts,
        )
        draft = scratch / "archive"
        _write(draft, manifest, sources)
        draft.replace(archive)
    return manifest


def restore(archive: Path, *, replace: bool, at: datetime) -> Manifest:
    """Put an archive's content in place of what this installation holds, then migrate.

    Everything is checked before anything is touched. Raises Refused when the archive is damaged or from a newer
    Praya, another kind of database or another mode; when keys it needs are missing; when this installation holds data
    and `replace` is not said; when web or worker run.
    """
    configuration = settings.PRAYA
    with running.alone(configuration.data_dir), tempfile.TemporaryDirectory(dir=configuration.data_dir) as name:
        scratch = Path(name)
        manifest = _unpack(archive, scratch)
        _refuse_unfit(manifest)
        migration.reach()
        stamp.refuse_other(mode=manifest.mode)
        dumps.refuse_in_use()
        if not replace and (dumps.holds_data() or any(_uploads())):
            raise Refused("This installation already holds data. `--replace` replaces it by the archive's.")
        dumps.load(scratch / dumps.NAMES[connection.vendor])
        _put_uploads(scratch / "files", configuration.files_dir)
        migration.migrate(at=at)
        after = getattr(wiring, "after_restore", None)
        if after is not None:
            after()
    return manifest


def _uploads() -> dict[str, Path]:
    root = settings.PRAYA.files_dir
    found = sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else []
    return {FILES + path.relative_to(root).as_posix(): path for path in found}


def _part(name: str, path: Path) -> Part:
    with path.open("rb") as file:
        return Part(name=name, size=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def _applied() -> tuple[str, ...]:
    return tuple(sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()))


def _write(path: Path, manifest: Manifest, sources: dict[str, Path]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            text = manifest.model_dump_json(indent=2).encode()
            _add(tar, MANIFEST, len(text), io.BytesIO(text))
            for part in manifest.parts:
                with sources[part.name].open("rb") as source:
                    _add(tar, part.name, part.size, source)
        file.flush()
        os.fsync(file.fileno())


def _add(tar: tarfile.TarFile, name: str, size: int, source: IO[bytes]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    tar.addfile(entry, source)


@contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(archive, mode="r:") as tar:
            yield tar
    except FileNotFoundError:
        raise Refused(f"{archive} does not exist.") from None
    except (tarfile.TarError, EOFError):
        raise Refused(f"{archive} is damaged or is not an archive of Praya. Nothing was changed.") from None


def _unpack(archive: Path, scratch: Path) -> Manifest:
    """Copy the archive's parts out, checking every one; what the manifest does not list is refused too."""
    with _opened(archive) as tar:
        first = tar.next()
        if first is None or first.name != MANIFEST:
            raise Refused(f"{archive} is not an archive of Praya. Nothing was changed.")
        manifest = _manifest(tar, first)
        expected = {part.name: part for part in manifest.parts}
        for entry in iter(tar.next, None):
            part = expected.pop(entry.name, None)
            if part is None or _copy(tar, entry, scratch / _safe(entry.name)) != part:
                raise Refused(f"{archive} is damaged at {entry.name}. Nothing was changed.")
    if expected:
        raise Refused(f"{archive} is cut short: {len(expected)} parts are missing. Nothing was changed.")
    return manifest


def _manifest(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> Manifest:
    source = tar.extractfile(entry)
    try:
        return Manifest.model_validate(json.loads(source.read() if source else b""))
    except (ValueError, ValidationError):
        raise Refused("The archive's manifest cannot be read. Nothing was changed.") from None


def _safe(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or (path.parts[0] != "files" and len(path.parts) > 1):
        raise Refused("The archive holds a file that would leave its folder. Nothing was changed.")
    return path


def _copy(tar: tarfile.TarFile, entry: tarfile.TarInfo, target: Path) -> Part | None:
    source = tar.extractfile(entry) if entry.isreg() else None
    if source is None:
        return None
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as file:
        while block := source.read(1 << 20):
            digest.update(block)
            file.write(block)
    return Part(name=entry.name, size=entry.size, sha256=digest.hexdigest())


def _refuse_unfit(manifest: Manifest) -> None:
    if manifest.format != FORMAT:
        raise Refused(f"The archive's format {manifest.format} is unknown to Praya {praya_version()}.")
    if manifest.database != connection.vendor:
        raise Refused(f"The archive is of {manifest.database}, this installation uses {connection.vendor}.")
    if manifest.mode != settings.PRAYA.mode:
        raise Refused(f"The archive is of a {manifest.mode} installation, this is {settings.PRAYA.mode}.")
    if missing := set(manifest.keys) - set(keys.key_names(settings.PRAYA.keys_path)):
        raise Refused(
            f"The archive needs the master keys {', '.join(sorted(missing))}, which {settings.PRAYA.keys_path} "
            "does not hold. Keys are backed up apart from the archive: put them back first."
        )
    from django.db.migrations.loader import MigrationLoader

    known = {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    if newer := set(manifest.migrations) - known:
        raise Refused(f"The archive is from a newer Praya ({manifest.praya}): {min(newer)} is unknown here.")


def _put_uploads(source: Path, target: Path) -> None:
    """Change the folders over by renaming, so that at no moment half of each is there."""
    old = target.with_name(target.name + ".before-restore")
    if target.exists():
        target.rename(old)
    if source.exists():
        source.rename(target)
    if old.exists():
        for path in sorted(old.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        old.rmdir()
