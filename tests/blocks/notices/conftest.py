import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from tests.blocks.notices.sending import PERSON, Postbox

from praya.kernel.crypto import vault


@pytest.fixture(autouse=True)
def _a_person_with_a_key(db: None) -> Iterator[None]:
    vault.reset_memory()
    vault.new_key(PERSON)
    yield
    vault.reset_memory()


@pytest.fixture
def configured(settings: Any) -> Any:
    """Changes the settings of the installation for one test."""

    def change(**values: Any) -> None:
        settings.PRAYA = settings.PRAYA.model_copy(update=values)

    return change


@pytest.fixture
def postbox(settings: Any, configured: Any) -> Iterator[Postbox]:
    box = Postbox()
    # aiosmtpd wants to know its port beforehand; the system names one that is free.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
    configured(smtp_host="127.0.0.1", base_url="https://services.example.hk")
    yield box
    server.stop()
