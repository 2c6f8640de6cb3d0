"""The door for a WSGI server. It stays shut when the database was made in another mode."""

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
    return door


application = _open()
