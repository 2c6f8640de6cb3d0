"""A preview: a service or a file for a system, on this machine from a temporary database, read again at each save."""

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from praya.definition.load import load_pack, load_service
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.definition.source import Broken, Problem
from praya.kernel import plug
from praya.project.designing import checking, rehearsal, stories, story_file
from praya.project.designing.targets import kind_of, shown
from praya.project.refusal import Refused

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from praya.web.preview.stage import Edition

HOST = "127.0.0.1"
LOOK_SECONDS = 0.1
Say = Callable[[str], None]
Stamp = tuple[tuple[str, int, int], ...]


@contextmanager
def stage(pack: Path, *, port: int) -> Iterator[None]:
    """A temporary folder with Django ready on it in preview mode; for a process of its own only."""
    folder = tempfile.mkdtemp(prefix="praya-preview-")
    for name in list(os.environ):
        # Nothing of an installation's settings may reach the stage: neither its data nor its keys.
        if name.upper().startswith("PRAYA_") or name == "DATABASE_URL":
            del os.environ[name]
    os.environ |= {
        "PRAYA_MODE": "preview",
        "PRAYA_DATA_DIR": folder,
        "PRAYA_PACK": str(pack),
        "PRAYA_BASE_URL": f"http://{HOST}:{port}",
        "PRAYA_ALLOWED_HOSTS": f"{HOST},localhost",
        "PRAYA_LOG_LEVEL": "warning",
        # Sessions last long: a designer may return after hours, and nobody signs in for real.
        "PRAYA_SESSION_MINUTES": "720",
        "PRAYA_OFFICER_SESSION_MINUTES": "720",
    }
    Path(folder, "static").mkdir()
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def prepare(*, at: datetime) -> None:
    """Make the database, and enrol the pack's invented people."""
    from praya.project import startup

    startup.ready_django()
    from praya.project import migration, sample
    from praya.project.designing import empty_database

    empty_database.prepare()
    migration.migrate(at=at)
    sample.load_people(at=at)
    _enrol_residents(at=at)


def _enrol_residents(*, at: datetime) -> None:
    """Enrol two applicants if the pack has no invented people; the second is for when the first has used up a limit."""
    from praya.blocks.identity import api as identity
    from praya.kernel.text import spoken

    for number, name in enumerate(("Sample Applicant", "Second Sample Applicant"), 1):
        if sum(bool(person.name) for person in identity.residents()) < number:
            identity.enrol(email=f"applicant{number}@example.com", name=name, language=spoken()[0], at=at)


@dataclass
class Watcher:
    """Watches a service's folder, and shows each save."""

    file: Path
    pack_folder: Path
    number: int = 0
    published: bool = False
    service: Service | None = None
    pack: Pack | None = None
    _read: Stamp = ()
    _examples: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def look(self) -> bool:
        """Read the service again if a file was saved; return whether one was."""
        seen = _stamp(self.file, self.pack_folder)
        if seen == self._read:
            return False
        pack_changed = _of_pack(seen, self.file, self.pack_folder) != _of_pack(self._read, self.file, self.pack_folder)
        self._read = seen
        self.show(read_pack=pack_changed)
        return True

    def show(self, *, read_pack: bool = False) -> "Edition":
        """Read the service and show it. If it cannot be read, the last good version stays, with the problems."""
        from praya.journey import load
        from praya.web.preview import stage

        self.number += 1
        problems: list[Problem] = []
        try:
            if read_pack or self.pack is None:
                self.pack = load_pack(self.pack_folder)
                load.pack_at.cache_clear()
                problems += self._show_plug_files(self.pack)
            self.service = load_service(self.file, self.pack)
        except Broken as broken:
            problems += broken.problems
        except Exception as problem:  # noqa: BLE001 (a designer meets a sentence, whatever a file holds)
            problems.append(_not_understood(self.file, problem))
        else:
            self._publish(self.service)
        edition = stage.Edition(
            self.number,
            datetime.now(UTC),
            self.file.parent.name,
            self.service,
            problems=tuple(replace(problem, file=shown(problem.file)) for problem in problems),
        )
        stage.show(edition)
        self._read_examples(edition)
        return edition

    def _show_plug_files(self, pack: Pack) -> list[Problem]:
        """Publish the files of every kind that plugs bring, unless they have errors; return these."""
        from praya.kernel import clock

        problems = []
        for kind in plug.pack_files():
            wrong = list(checking.problems_of_plug_files(self.pack_folder, pack, kind))
            problems += wrong
            if not any(problem.level == "error" for problem in wrong):
                checking.publish_plug_files(self.pack_folder, pack, kind, at=clock.now(), by="system")
        return problems

    def _read_examples(self, edition: "Edition") -> None:
        """Check the examples after the page is shown, because that takes longer."""
        from praya.web.preview import stage

        if self.service is None or self.pack is None:
            return
        examples, problems = stories.read_stories(self.file, self.service, self.pack)
        shown_problems = tuple(replace(problem, file=shown(problem.file)) for problem in problems)
        told_now = tuple((story.path.stem, story.example) for story in examples)
        stage.show(replace(edition, stories=told_now, problems=(*edition.problems, *shown_problems)))

    def _publish(self, service: Service) -> None:
        from praya.journey import draft_booking, load
        from praya.kernel import clock

        load.stand_in(service)
        if not self.published:
            load.publish(service, at=clock.now(), by="system")
            owners = (
                rehearsal.with_owners([service], self.pack, stories.read_stories(self.file, service, self.pack)[0])
                if self.pack
                else []
            )
            for owner in owners:
                if owner is not service:
                    load.publish(owner, at=clock.now(), by="system")
            self.published = True
        _enrol_officers(service)
        if self.pack is not None:
            draft_booking.make_pools(service, self.pack, at=clock.now())
        load.forget()

    def until(self, stopped: threading.Event, say: Say) -> None:
        """Look until stopped."""
        from django.db import connections

        while not stopped.wait(LOOK_SECONDS):
            try:
                if self.look():
                    say(_status())
            except OSError:
                continue  # the editor is replacing the file at this moment
            finally:
                connections.close_all()


@dataclass
class FileWatcher(Watcher):
    """Watches a file of a kind that a plug brings, and publishes it at each save."""

    shown_at: str = ""

    def show(self, *, read_pack: bool = False) -> "Edition":
        """Publish the file. If it cannot be read, the last good content stays, with the problems."""
        from praya.journey import load
        from praya.web.preview import stage

        self.number += 1
        problems: list[Problem] = []
        try:
            self.pack = load_pack(self.pack_folder)
            load.pack_at.cache_clear()
            problems = self._show_plug_files(self.pack)
        except Broken as broken:
            problems = list(broken.problems)
        except Exception as problem:  # noqa: BLE001 (a designer meets a sentence, whatever a file holds)
            problems = [_not_understood(self.file, problem)]
        load.forget()
        self.published = self.published or not any(problem.file == str(self.file) for problem in problems)
        edition = stage.Edition(
            self.number,
            datetime.now(UTC),
            self.file.stem,
            problems=tuple(replace(problem, file=shown(problem.file)) for problem in problems),
            address=self.shown_at.format(name=self.file.stem) if self.published else "",
        )
        stage.show(edition)
        return edition


def _not_understood(file: Path, problem: Exception) -> Problem:
    sentence = f"cannot be understood here or below: {type(problem).__name__}: {problem}"
    return Problem(str(file), 1, 1, sentence)


def _status() -> str:
    from praya.web.preview import stage

    now = stage.edition()
    if now.errors:
        first = now.errors[0]
        more = f" (and {len(now.errors) - 1} more)" if len(now.errors) > 1 else ""
        return f"{first}{more}"
    return f"{now.saved_at.astimezone():%H:%M:%S} {now.name} is shown as saved."


def _stamp(file: Path, pack: Path) -> Stamp:
    """The size and the time of every file that the service, or the pack for all services, is made of."""
    own = [path for path in file.parent.rglob("*") if path.is_file() and not path.name.startswith(".")]
    shared = [pack / "pack.yaml", *(pack / "lists").glob("*.yaml"), *(pack / "shared").rglob("*.yaml")]
    shared += [path for kind in plug.pack_files() for path in (pack / kind.folder).glob(kind.pattern)]
    stamps = []
    for path in sorted({*own, *shared}):
        try:
            state = path.stat()
        except FileNotFoundError:
            continue
        stamps.append((str(path), state.st_mtime_ns, state.st_size))
    return tuple(stamps)


def _of_pack(stamp: Stamp, file: Path, pack: Path) -> Stamp:
    """Of these files, those that belong to the pack and not to the service."""
    return tuple(row for row in stamp if row[0].startswith(f"{pack}/") and not row[0].startswith(f"{file.parent}/"))


def _enrol_officers(service: Service) -> None:
    """Enrol an officer in each department that takes part, if the pack has no invented ones."""
    from praya.blocks.identity import api as identity
    from praya.journey import load
    from praya.kernel import clock
    from praya.web.desk import reach

    there, roles = identity.officers(), load.pack().all_roles
    for department in sorted(service.departments):
        for role in roles.of_departments():
            if not any(reach.may(officer, department, role) for officer in there):
                identity.add_officer(
                    name=f"{department.upper()} {role} (sample)",
                    email=f"{role}.{department}@example.com",
                    roles=frozenset({identity.Role(department, one) for one in roles.with_included([role])}),
                    at=clock.now(),
                    by="system",
                )
                there = identity.officers()


def run(file: Path, pack: Path, *, port: int, say: Say) -> None:
    """Serve the preview of a file until SIGINT or SIGTERM: page, worker and watcher in this one process."""
    from django.core.servers import basehttp
    from django.core.wsgi import get_wsgi_application

    from praya.project import wiring, work
    from praya.web.preview import record
    from praya.web.preview import stage as preview_stage

    kind = kind_of(file, pack)
    watcher = Watcher(file, pack) if kind is None else FileWatcher(file, pack, shown_at=kind.shown_at)
    watcher.look()
    record.keep_at(story_file.path_of(file))
    application: WSGIApplication = get_wsgi_application()
    try:
        server = basehttp.ThreadedWSGIServer((HOST, port), basehttp.WSGIRequestHandler)
    except OSError as problem:
        raise Refused(f"Cannot listen on {HOST} port {port}: {problem.strerror}.") from None
    server.set_app(application)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    runners = work.start(wiring.parts(), stopped)
    edition = preview_stage.edition()
    say(f"{edition.name} is shown at  http://{HOST}:{port}/preview/   (Ctrl-C stops it)")
    if edition.errors:
        say(_status())
    watcher.until(stopped, say)
    server.shutdown()
    work.join(runners)
