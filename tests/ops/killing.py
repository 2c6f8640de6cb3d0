"""`praya restore` that kills itself (kill -9) at the n-th thing that it does to disk or database once it has begun.

KILL_AT is n; with KILL_AT=0 it lives and prints how many there were.
"""

import os
import signal
import sys

CHANGES = {"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "subprocess.Popen", "sqlite3.connect"}
STATEMENTS = (
    "ALTER ",
    "DROP ",
    "CREATE SCHEMA",
    "UPDATE praya_restoring",
    "GRANT USAGE ON SCHEMA praya_",
    "INSERT INTO praya_",
)


def main() -> int:
    from django.db.backends.utils import CursorWrapper

    from praya.project import cli, dumps

    at, seen, begun = int(os.environ.pop("KILL_AT")), [0], []

    def step() -> None:
        if begun:
            seen[0] += 1
            if seen[0] == at:
                os.kill(os.getpid(), signal.SIGKILL)

    def hear(event: str, _: object) -> None:
        if event in CHANGES:
            step()

    execute, begin = CursorWrapper.execute, dumps.begin

    def executed(self, sql, params=None):
        if str(sql).startswith(STATEMENTS):
            step()
        return execute(self, sql, params)

    def began(**arguments):
        begun.append(True)
        begin(**arguments)

    CursorWrapper.execute, dumps.begin = executed, began
    sys.addaudithook(hear)
    code = cli.main()
    print(f"steps {seen[0]}")  # noqa: T201
    return code
