"""The journal records the operator of a command, by the name of the user only."""

import base64
import json
import os
import pwd
import sqlite3
from contextlib import closing

import pytest
from tests.ops.conftest import whole

from praya.project import operators, startup


def actors(operator):
    with closing(sqlite3.connect(operator.folder / "var" / "praya.sqlite3")) as connection:
        return dict(connection.execute("SELECT event, actor FROM journal_entry ORDER BY seq"))


def test_every_command_that_writes_names_its_operator(ready):
    own = f"operator:{operators.login_name()}"
    add = ["officers", "add", "--email", "a@example.org", "--name", "A", "--role", "td:officer"]
    assert ready.praya(*add).returncode == 0
    assert actors(ready)["officer_added"] == own
    issue = ["tokens", "issue", "--department", "td", "--scope", "read", "--name", "machine"]
    assert ready.praya(*issue, "--as", "wong.siu-ming").returncode == 0
    assert ready.praya("rotate-keys", "--new", "--as", "lee_k").returncode == 0
    assert ready.praya("tokens", "revoke", "machine", SUDO_USER="ho").returncode == 0
    assert ready.praya("backup", "archive").returncode == 0
    assert ready.praya("restore", "archive", "--replace", "--as", "lam").returncode == 0
    named = actors(ready)
    assert named["token_issued"] == "operator:wong.siu-ming"
    assert named["keys_rotated"] == "operator:lee_k"
    assert named["token_revoked"] == "operator:ho"
    assert named["restored"] == "operator:lam"


@pytest.mark.parametrize("name", ["chan@dept.example.org", "Chan Tai Man", "", "x" * 41, "陳大文"])
def test_an_operator_is_a_user_s_name_and_no_address(ready, name):
    before = actors(ready)
    result = ready.praya("tokens", "issue", "--department", "td", "--scope", "read", "--name", "m", "--as", name)
    assert result.returncode == 1
    assert "--as takes the name of a user" in result.stderr
    assert actors(ready) == before


def test_without_sudo_the_system_s_user_is_meant(monkeypatch):
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(operators, "_login_number", lambda: None)
    assert operators.login_name() == pwd.getpwuid(os.getuid()).pw_name
    monkeypatch.setenv("SUDO_USER", "a b; c")  # no name of a user
    assert operators.login_name() == pwd.getpwuid(os.getuid()).pw_name


def test_settings_are_read_from_a_file_as_systemd_reads_it(operator, monkeypatch):
    """Stumble 1 of the instructions: a sender with `<>` breaks a shell that reads the file."""
    settings = whole(operator.folder).environment
    lines = [
        "# settings", "", *(f"{name}={value}" for name, value in settings.items()),
        "PRAYA_SMTP_FROM=Praya $HOME `id` <no-reply@dept.example.org>", "PRAYA_TIME_ZONE='Asia/Hong_Kong'",
    ]  # fmt: skip
    (operator.folder / "praya.env").write_text("\n".join(lines))
    assert operator.praya("--env-file", "praya.env", "migrate").returncode == 0
    monkeypatch.setattr(os, "environ", {"PRAYA_MODE": "test"})
    startup.read_env_file(operator.folder / "praya.env")
    assert os.environ["PRAYA_SMTP_FROM"] == "Praya $HOME `id` <no-reply@dept.example.org>"
    assert (os.environ["PRAYA_TIME_ZONE"], os.environ["PRAYA_MODE"]) == ("Asia/Hong_Kong", "test")
    assert "cannot be read" in operator.praya("--env-file", "none.env", "settings").stderr
    (operator.folder / "praya.env").write_text("PRAYA_MODE=production\nexport X\n")
    assert "line 2" in operator.praya("--env-file", "praya.env", "settings").stderr


def test_new_keys_beside_a_file_in_a_folder_of_another_are_refused_with_the_way(ready, monkeypatch):
    from praya.project.commands import rotate_keys
    from praya.project.refusal import Refused

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    path = ready.folder / "keys.json"
    before = path.read_bytes()
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Refused, match="as root"):
        rotate_keys._write(path, json.loads(before))
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert base64.b64decode(json.loads(before)["keys"]["k1"])
