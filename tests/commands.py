"""Commands of praya as somebody types them: each in a new process, with nothing of this one's settings.

Half of a command's time goes into reading libraries. One process reads them, and nothing that depends on settings, and
forks itself for each command. `python -m praya.project.cli` itself is started by `running` processes, the demonstration
and the tests of the wheel.
"""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from functools import cache
from importlib import import_module
from pathlib import Path
from random import seed
from typing import Any

ROOT = Path(__file__).parents[1]
OUTSIDE = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
CLI = "praya.project.cli:main"
LIBRARIES = (
    "praya.project.cli", "praya.definition.load", "praya.definition.example", "praya.project.config", "structlog",
    "cryptography.hazmat.primitives.ciphers.aead", "cryptography.x509", "prometheus_client", "django.http",
    "django.template", "django.urls", "django.core.management.commands.migrate", "django.core.serializers.json",
    "django.db.models", "django.forms", "django.contrib.sessions.backends.signed_cookies",
    "django.core.mail.backends.smtp", "django.db.backends.sqlite3.base", "django.db.backends.postgresql.base",
    "django.test.utils", "httpx", "jinja2", "joserfc.jws", "joserfc.jwk", "limits.storage", "limits.strategies",
    "PIL.Image", "puremagic", "pytest", "smtplib", "whitenoise.middleware", "zxingcpp",
)  # fmt: skip


def praya(
    *command: object, cwd: Path | None = None, timeout: float = 120, together: bool = False, **settings: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command of praya to its end; what it says on both channels comes `together`, in order, as on a screen."""
    words = [str(word) for word in command]
    return run(CLI, words, cwd=cwd, settings=settings, timeout=timeout, together=together)


def run(
    function: str,
    words: list[str],
    *,
    cwd: Path | None,
    settings: dict[str, str],
    timeout: float,
    together: bool = False,
) -> "subprocess.CompletedProcess[str]":
    """Run `module:function`, which reads `sys.argv`, in a process of its own. Raises TimeoutExpired."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        asked = {"function": function, "words": words, "cwd": str(cwd or ROOT), "environment": OUTSIDE | settings}
        server = _server()
        # The two files are reached through this process: what it has open, another of the same user can open too.
        asked["files"] = [f"/proc/{os.getpid()}/fd/{file.fileno()}" for file in (out, out if together else err)]
        assert server.stdin
        assert server.stdout
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        if not select.select([server.stdout], [], [], timeout)[0]:
            os.killpg(server.pid, signal.SIGKILL)
            _server.cache_clear()
            raise subprocess.TimeoutExpired([function, *words], timeout)
        code = int(server.stdout.readline())
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode())
    return subprocess.CompletedProcess([function, *words], code, *said)


@cache
def _server() -> "subprocess.Popen[str]":
    paths = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.commands"], env=OUTSIDE | {"PYTHONPATH": paths}, cwd=ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    atexit.register(server.kill)
    return server


def _serve() -> None:
    for name in LIBRARIES:
        import_module(name)
    replies = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(**json.loads(line))
        _, status = os.waitpid(child, 0)
        replies.write(f"{os.waitstatus_to_exitcode(status)}\n")
        replies.flush()


def _become(function: str, words: list[str], cwd: str, environment: dict[str, str], files: list[str]) -> None:
    code: Any = 1
    try:
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        seed()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, descriptor in enumerate((nothing, *(os.open(name, os.O_WRONLY | os.O_APPEND) for name in files))):
            os.dup2(descriptor, number)
        os.chdir(cwd)
        module, _, name = function.partition(":")
        sys.argv = [name, *words]
        code = getattr(import_module(module), name)()
    except SystemExit as ended:
        code = ended.code
        if isinstance(code, str):
            print(code, file=sys.stderr)  # noqa: T201
            code = 1
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or 0)


if __name__ == "__main__":
    _serve()
