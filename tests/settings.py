"""The settings under test: those of the project in test mode, over a folder that is gone afterwards."""

import atexit
import os
import shutil
import sys
import tempfile

if "mypy" in sys.modules:  # its plugin reads the settings, and never comes to atexit
    os.environ |= {"PRAYA_MODE": "test", "PRAYA_DATA_DIR": ".mypy_cache/praya"}
elif "PRAYA_DATA_DIR" not in os.environ or os.environ.get("PRAYA_MODE") != "test":
    os.environ["PRAYA_MODE"] = "test"
    os.environ["PRAYA_DATA_DIR"] = tempfile.mkdtemp(prefix="praya-test-")
    atexit.register(shutil.rmtree, os.environ["PRAYA_DATA_DIR"], ignore_errors=True)

from praya.project.settings import *  # noqa: F403
from praya.project.settings import DATABASES, PRAYA, STATIC_ROOT

# Two runs at once, by two people or two branches, must not share a database.
if "postgresql" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["TEST"] = {"NAME": "test_" + PRAYA.data_dir.name.replace("-", "_").lower()}
    # What is gone after the test need not reach the disk; the tests of crashes have databases of their own.
    DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"
else:
    # A file, not memory: the same WAL and the same locking that residents meet.
    DATABASES["default"]["TEST"] = {"NAME": PRAYA.data_dir / "test.sqlite3"}

# Nothing is gathered for a test; the finders answer. Whitenoise warns unless the folder is there.
STATIC_ROOT.mkdir(exist_ok=True)
