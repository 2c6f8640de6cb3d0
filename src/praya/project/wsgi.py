"""The WSGI application. It refuses to start when the database was made in another mode."""

import gc
import multiprocessing
import os

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

from praya.project import running


def _open() -> WSGIHandler:
    if multiprocessing.parent_process() is not None:
        running.stop_with_parent(os.getppid())  # after a kill of `praya serve`, no process may keep its port
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "praya.project.settings")
    door = get_wsgi_application()
    from praya.project.installation import stamp  # models load only once Django is ready

    stamp.insist(mode=settings.PRAYA.mode)
    _settle()
    return door


def _settle() -> None:
    """Exempt all loaded objects from garbage collection, and collect a hundred times less often.

    Collections took up to a fifth of the time of a page. A page makes thousands of objects and hardly any cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


application = _open()
