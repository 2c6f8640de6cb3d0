"""A backup restored into an empty place is the same journal, and opens with the same keys."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.installations import new_house

from praya.kernel.journal import verify


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_what_is_restored_elsewhere_verifies_and_opens(
    kind: str,
    tmp_path: Path,
    _templates: Callable[[str], Any],  # noqa: PT019
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    rows = "SELECT position, seq, at, event, service, subject, actor, facts FROM journal_entry ORDER BY seq"
    with (
        new_house(kind, tmp_path / "here", _templates) as here,
        new_house(kind, tmp_path / "there", _templates) as there,
    ):
        secrets = here.call("tests.kernel.scenes:seal_secrets", count=3)
        key = here.call("tests.kernel.scenes:sealed")["key"]
        here.call("tests.kernel.scenes:unsealed", count=2)
        result = here.praya("backup", "all.tar")
        assert result.returncode == 0, result.stderr
        (there.folder / "var").mkdir(exist_ok=True)
        shutil.copy(here.folder / "var" / "keys.json", there.folder / "var" / "keys.json")
        result = there.praya("restore", here.folder / "all.tar", "--replace")
        assert result.returncode == 0, result.stderr

        *restored, (*_, event, _, _, actor, _) = there.do(rows)
        assert restored == here.do(rows)
        assert (event, actor.partition(":")[0]) == ("restored", "operator")
        assert there.call("tests.kernel.scenes:open_secrets", sealed=secrets["sealed"]) == {
            "said": {f"person-{n}": f"secret {n}" for n in range(3)}, "index": secrets["index"], "key": key,
        }  # fmt: skip
        outside = (here.folder / "var" / "checkpoints.log").read_text()
        with closing(verify.open_database(there.database)) as connection:
            found = verify.verify(connection, public_key=key, outside=outside)
        assert (found.problems, found.entries, found.unsealed) == ([], 15, 3)
        assert there.call("tests.kernel.scenes:seal") == 3
        assert json.dumps(there.do("SELECT count(*) FROM journal_entry WHERE position IS NULL")) == "[[0]]"
