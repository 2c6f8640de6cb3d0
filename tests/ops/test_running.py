"""Who holds a data folder is named, so that whoever must stop it knows what to stop."""

import os
from pathlib import Path

import pytest

from praya.project import running
from praya.project.refusal import Refused


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="this machine does not tell who holds a lock")
def test_the_refusal_names_the_process_and_its_command(tmp_path: Path) -> None:
    named = rf"\(process {os.getpid()}: .+\)\. Stop it first\."
    with running.together(tmp_path), pytest.raises(Refused, match=named), running.alone(tmp_path):
        pass
    with running.alone(tmp_path), pytest.raises(Refused, match="restored or emptied"), running.together(tmp_path):
        pass
