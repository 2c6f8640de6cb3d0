"""Uploads: what is kept of a file, how much one person may send, what is left when a person is erased."""

import io
import socket
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pikepdf
import pytest
from django.test import override_settings
from PIL import Image
from tests.small import AT

from praya.blocks.forms import adapters, models
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition.questions.files import FileQuestion
from praya.kernel import disk
from praya.kernel.text import Text
from praya.project import diagnosis

pytestmark = pytest.mark.django_db
QUESTION = FileQuestion(
    name="proof",
    type="file",
    label=Text({"en": "Proof", "zh-hant": "證明"}),
    accept=("jpg", "pdf", "csv"),
    max_files=20,
)


@pytest.fixture
def person() -> str:
    return identity.enrol(email="sample@example.com", name="Sample", language="en", at=AT).ref


@pytest.fixture
def draft(person: str) -> str:
    return forms.start(person_ref=person, service="any", version=1, language="en", at=AT).ref


def keep(draft: str, person: str, name: str, data: bytes, at=AT) -> forms.Upload:
    return forms.keep_upload(
        draft_ref=draft, person_ref=person, question=QUESTION, path="proof", name=name, data=data, at=at
    )


def picture() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Camera of Chan"
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_photograph_is_kept_without_what_its_camera_wrote(draft: str, person: str) -> None:
    upload = keep(draft, person, "a.jpg", picture())
    assert upload.size < len(picture())
    forms.scan(at=AT)
    models.Draft.objects.filter(ref=draft).update(case_ref="X-1")
    _, data, _ = forms.open_upload(upload.ref, case_ref="X-1")
    assert b"Camera of Chan" not in data
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.size == (40, 40)


def locked() -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.pdf", locked(), "file_locked"),
        ("a.csv", b"name\n=cmd|x\n", "file_formulas"),
        ("a.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\0" * 40, "file_not_what_it_says"),
    ],
)
def test_what_nobody_could_open_is_refused_when_it_is_sent(
    draft: str, person: str, name: str, data: bytes, code: str
) -> None:
    with pytest.raises(forms.Unwelcome) as refused:
        keep(draft, person, name, data)
    assert refused.value.code == code
    assert QUESTION.refuse("proof", code, kinds="PDF", max="5").message("zh-hant"), "the sentence is there"


def test_one_person_may_send_so_much_in_a_day(
    draft: str, person: str, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_day = settings.PRAYA.model_copy(update={"uploads_a_day_mb": 1})
    big = b"name\n" + b"x" * 400_000
    with override_settings(PRAYA=a_day):
        keep(draft, person, "a.csv", big)
        second = keep(draft, person, "b.csv", big)
        with pytest.raises(forms.Unwelcome, match="file_too_much"):
            keep(draft, person, "c.csv", big)
        other = identity.enrol(email="other@example.com", name="Other", language="en", at=AT).ref
        theirs = forms.start(person_ref=other, service="any", version=1, language="en", at=AT).ref
        keep(theirs, other, "a.csv", big)
        # What was removed again counts no more, nor what was sent yesterday.
        forms.remove_upload(draft_ref=draft, person_ref=person, ref=second.ref)
        keep(draft, person, "c.csv", big)
        keep(draft, person, "d.csv", big, at=AT + timedelta(days=1, minutes=1))


def test_a_disk_without_room_takes_no_files(draft: str, person: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "space", lambda: disk.Space(free=1000, reserve=500))
    keep(draft, person, "a.csv", b"name\n")
    with pytest.raises(forms.Unwelcome, match="file_no_room"):
        keep(draft, person, "a.csv", b"x" * 600)


def test_of_an_erased_person_neither_file_nor_size_nor_digest_is_left(draft: str, person: str) -> None:
    upload = keep(draft, person, "a.csv", b"name\nChan\n")
    store = adapters.file_store()
    assert isinstance(store, adapters.Folder)
    path: Path = store._path(upload.ref)
    assert path.exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.transaction.on_commit", lambda do: do())
        assert forms.erase_uploads(person_ref=person) == 1
        assert forms.erase_uploads(person_ref=person) == 0
    assert not path.exists()
    row = models.Upload.objects.get(ref=upload.ref)
    assert (row.state, row.size) == ("erased", 0)
    assert not [field.name for field in models.Upload._meta.fields if "sha" in field.name or "digest" in field.name]
    assert forms.scan(at=AT) == 0


def test_production_without_a_virus_scanner_is_a_failure(settings) -> None:
    here = settings.PRAYA.model_copy(update={"mode": "production", "clamd": None})
    assert [finding.state for finding in diagnosis.virus_scanner(here)] == ["fail"]
    nobody = here.model_copy(update={"clamd": "127.0.0.1:1"})
    assert [finding.state for finding in diagnosis.virus_scanner(nobody)] == ["fail"]
    assert [finding.state for finding in diagnosis.virus_scanner(settings.PRAYA)] == ["ok"]


@pytest.mark.parametrize(
    ("pieces", "verdict"),
    [
        ([b"stream: OK\0"], "clean"),
        ([b"str", b"eam: O", b"K\0"], "clean"),
        ([b"stream: Win.Sample.OK", b" FOUND\0"], "infected"),
        ([b"stream: OK"], None),
        ([b"NOT OK\0"], None),
        ([b"INSTREAM size limit exceeded. ERROR\0"], None),
        ([b"x" * 100_000], None),
        ([], None),
    ],
)
def test_a_file_is_clean_only_by_the_whole_answer_of_the_scanner(pieces: list[bytes], verdict: str | None) -> None:
    def answer() -> None:
        line = server.accept()[0]
        with line, suppress(OSError):
            received = b""
            while not received.endswith(b"\0\0\0\0"):
                received += line.recv(65536)
            for piece in pieces:
                line.sendall(piece)
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=answer, daemon=True).start()
        clamd = adapters.Clamd(f"127.0.0.1:{server.getsockname()[1]}")
        if verdict is None:
            with pytest.raises(adapters.NoScanner):
                clamd.look("csv", b"a,b\n")
        else:
            assert clamd.look("csv", b"a,b\n") == verdict


def test_the_scanner_has_a_name_or_an_address_of_either_kind() -> None:
    given = ("clamd.internal", "127.0.0.1:3311", "[::1]:3312")
    wanted = [("clamd.internal", 3310), ("127.0.0.1", 3311), ("::1", 3312)]
    assert [adapters.Clamd(address).address for address in given] == wanted
    with pytest.raises(adapters.NoScanner):
        adapters.Clamd("127.0.0.1:x")
