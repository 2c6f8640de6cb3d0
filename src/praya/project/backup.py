"""Back an installation up into one archive, and restore it.

The archive does not hold the master keys, so whoever has only the archive can read nothing. The key that signs the
archive and the key that opens it (unless the operator names recipients) are derived from the current master key: a
restore on a new machine needs the key file and the archive, and nothing else.
"""

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from praya.kernel.crypto import vault
from praya.project import archives, dumps, keys, migration, restoring, wiring
from praya.project.archives import About, Manifest
from praya.project.installation import stamp
from praya.project.refusal import Refused
from praya.project.version import praya_version


def make(archive: Path, *, at: datetime) -> Manifest:
    """Write an archive while the installation is in use; the file gets its name only when it is complete.

    Raises Refused when the file exists already, or the database cannot be dumped.
    """
    if archive.exists():
        raise Refused(f"{archive} exists already. Name another file.")
    migration.reach()
    marked = stamp.insist(mode=settings.PRAYA.mode)
    held = keys.backup_keys(settings.PRAYA.keys_path)
    needed = {held[0].name, *vault.masters_in_use()}
    recipients = [archives.recipient(text) for text in settings.PRAYA.backup_recipients]
    wiring.note_erased()
    folder = archive.resolve().parent
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".praya-backup-") as name:
        dump, draft = Path(name) / dumps.NAMES[connection.vendor], Path(name) / "archive"
        # The database first: an upload is on disk before its row is, so each row's upload is there to be copied.
        dumps.dump(dump)
        about = About(
            format=archives.FORMAT,
            praya=praya_version(),
            made_at=at,
            mode=marked.mode,
            database=connection.vendor,
            migrations=_applied(),
            keys={key.name: key.fingerprint for key in held if key.name in needed},
        )
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            manifest = archives.write(
                file,
                about,
                ((name, path) for source in ([(dump.name, dump)], _uploads()) for name, path in source),
                signing=held[0].signing,
                recipients=recipients or [archives.own_recipient(held[0].opening)],
            )
            file.flush()
            os.fsync(file.fileno())
        draft.replace(archive)
    return manifest


def restore(
    archive: Path, *, replace: bool, at: datetime, by: str, identity: Path | None = None, trust: str | None = None
) -> tuple[Manifest, int]:
    """Replace the data of this installation by an archive's, migrate, and erase again every person erased since.

    Everything is verified before anything is changed, and the replacement is one step (see `restoring`). Returns the
    archive's manifest, and the number of erased persons that the archive had brought back. Raises Refused when the
    archive is
    damaged, its signer is not trusted, or it comes from a newer Praya, another kind of database or another mode; when
    keys that it needs are missing; when this installation holds data and `replace` is false; when web or worker run.
    """
    held = keys.backup_keys(settings.PRAYA.keys_path)
    identities = archives.identities(identity) if identity else [archives.own_identity(key.opening) for key in held]
    trusted = {archives.public_name(key.signing.public_key()) for key in held} | ({trust} if trust else set())
    stamp.refuse_other(mode=settings.PRAYA.mode)
    dumps.refuse_in_use()
    if not replace and (dumps.holds_data() or any(_uploads())):
        raise Refused("This installation already holds data. `--replace` replaces it by the archive's.")
    try:
        source = archive.open("rb")
    except OSError as problem:
        raise Refused(f"{archive} cannot be read: {problem.strerror}.") from None
    with source:
        if connection.introspection.table_names():
            wiring.note_erased()
        dumps.begin(archive=str(archive), at=at)
        try:
            manifest = archives.unpack(source, _place, identities=identities, trusted=trusted, fit=_refuse_unfit)
            dumps.load(_place(dumps.NAMES[connection.vendor]))
        except BaseException as problem:
            restoring.undo()
            if isinstance(problem, OSError):
                raise Refused(f"The archive cannot be unpacked: {problem.strerror}. Nothing was changed.") from None
            raise
    return manifest, restoring.finish(at=at, by=by)


def _place(name: str) -> Path:
    """The path to which a part of the archive is unpacked."""
    if name.startswith(archives.FILES):
        return restoring.uploads_restored() / name.removeprefix(archives.FILES)
    if name != dumps.NAMES[connection.vendor]:
        raise Refused(f"The archive holds {name[:80]}, which has no place here. Nothing was changed.")
    return restoring.staging() / name


def _uploads() -> Iterator[tuple[str, Path]]:
    """Every complete upload by its name in the archive."""
    root = settings.PRAYA.files_dir
    for path in sorted(root.glob("[!.]*/**/*")) + sorted(root.glob("[!.]*")):
        if path.is_file() and path.suffix != ".part":
            yield archives.FILES + path.relative_to(root).as_posix(), path


def _applied() -> tuple[str, ...]:
    return tuple(sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()))


def _refuse_unfit(about: About) -> None:
    if about.format != archives.FORMAT:
        raise Refused(f"The archive's format {about.format} is unknown to Praya {praya_version()}.")
    if about.database != connection.vendor:
        raise Refused(f"The archive is of {about.database}, this installation uses {connection.vendor}.")
    if about.mode != settings.PRAYA.mode:
        raise Refused(f"The archive is of a {about.mode} installation, this is {settings.PRAYA.mode}.")
    held = {key.name: key.fingerprint for key in keys.backup_keys(settings.PRAYA.keys_path)}
    if missing := {name for name, fingerprint in about.keys.items() if held.get(name) != fingerprint}:
        raise Refused(
            f"The archive needs the master keys {', '.join(sorted(missing))}, which {settings.PRAYA.keys_path} "
            "does not hold. Keys are backed up apart from the archive: put them back first."
        )
    from django.db.migrations.loader import MigrationLoader

    known = {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    if newer := set(about.migrations) - known:
        raise Refused(f"The archive is from a newer Praya ({about.praya}): {min(newer)} is unknown here.")
