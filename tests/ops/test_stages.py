"""`praya publish --stage`, `praya withdraw`, `praya diff` against what is published, as an operator types them."""

import json
import shutil
import sqlite3

import pytest
from tests.ops.conftest import SRC

PACK = SRC.parent / "packs" / "hongkong"


@pytest.fixture
def designer(ready):
    """An installation whose pack has one service, begun from the scaffold."""
    pack = ready.folder / "pack"
    shutil.copytree(PACK, pack, ignore=shutil.ignore_patterns("services", "sample"))
    (pack / "services").mkdir()
    ready.environment["PRAYA_PACK"] = str(pack)
    made = ready.praya("new-service", "dog-boarding", "--title", "Dog boarding", "--title-zh", "寄養狗隻")
    assert made.returncode == 0, made.stdout + made.stderr
    return ready


def said(operator, *words):
    result = operator.praya(*words)
    assert "Traceback" not in result.stderr, result.stderr
    return result.returncode, result.stdout + result.stderr


def edit(operator, old, new):
    file = operator.folder / "pack" / "services" / "dog-boarding" / "service.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_a_service_goes_into_the_sandbox_then_live_then_is_withdrawn_and_comes_back(designer):
    examples = designer.folder / "pack" / "services" / "dog-boarding" / "examples"
    examples.rename(examples.with_name("kept"))
    code, text = said(designer, "publish", "dog-boarding")
    assert code == 1
    assert "no example" in text  # the gate stands before what is live
    code, text = said(designer, "publish", "dog-boarding", "--stage", "sandbox")
    assert code == 0
    assert "version 1 is its first in the sandbox" in text
    assert "1 service went into the sandbox." in text
    examples.with_name("kept").rename(examples)

    edit(designer, "minutes: 5", "minutes: 7")
    code, text = said(designer, "publish", "dog-boarding", "--stage", "sandbox")
    assert code == 1
    assert "version 1 was published in the sandbox and never changes" in text
    edit(designer, "version: 1", "version: 2")
    code, text = said(designer, "publish", "dog-boarding", "--stage", "sandbox")
    assert code == 0
    assert "changed words minutes: was 5 and is now 7" in text

    code, text = said(designer, "publish", "dog-boarding")
    assert code == 0
    assert "not tried" not in text
    assert "1 service went live." in text
    assert said(designer, "withdraw", "dog-boarding", "--stage", "sandbox")[0] == 1  # it left the sandbox by itself

    code, text = said(designer, "diff", "dog-boarding@live", "dog-boarding")
    assert (code, "say the same" in text) == (0, True)
    edit(designer, "minutes: 7", "minutes: 6")
    code, text = said(designer, "diff", "dog-boarding@2", "dog-boarding")
    assert code == 1
    assert "changed words minutes: was 7 and is now 6" in text
    assert "has no version 7" in said(designer, "diff", "dog-boarding@7", "dog-boarding")[1]

    code, text = said(designer, "withdraw", "dog-bording")
    assert code == 1
    assert "did you mean 'dog-boarding'?" in text
    code, text = said(designer, "withdraw", "dog-boarding")
    assert code == 0
    assert "It takes no new applications." in text
    assert "0 open cases go on to their end." in text
    code, text = said(designer, "publish", "dog-boarding")
    assert code == 1
    assert "version 2 was published and never changes; give the new contents 'version: 3'" in text
    edit(designer, "version: 2", "version: 3")
    code, text = said(designer, "publish", "dog-boarding")
    assert code == 1
    assert "version 3 as it is here was not tried: praya publish dog-boarding --stage sandbox" in text
    # An emergency goes on without, and the journal keeps that it did.
    code, text = said(designer, "publish", "dog-boarding", "--untried")
    assert code == 0, text
    with sqlite3.connect(next((designer.folder / "var").glob("*.sqlite3"))) as database:
        rows = database.execute("SELECT facts FROM journal_entry WHERE event = 'service_published' ORDER BY rowid")
        untried = [json.loads(facts).get("untried", False) for (facts,) in rows]
    assert untried == [False, False, False, True]
