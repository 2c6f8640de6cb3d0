"""The door for a WSGI server. It stays shut when the database was made in another mode."""

import gc
import multiprocessing
import os

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

from praya.project import running


def _open() -> WSGIHandler:
    if multiprocessing.parent_process() is not None:
        running.stop_with_parent(os.getppid())  # a killed `praya serve` must leave nobody on its port
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "praya.project.settings")
    door = get_wsgi_application()
    from praya.project.installation import stamp  # models load only once Django is ready

    stamp.insist(mode=settings.PRAYA.mode)
    _settle()
    return door


def _settle() -> None:
    """Tell the collector that what is loaded stays.

    Looking through it again and again took up to a fifth of the time of a page. A page makes thousands of objects and
    hardly any circle, so the collector also comes a hundred times less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


application = _open()
