"""The log tells what happened, without personal data."""

import json
import logging

import pytest
import structlog

from praya.project import logs

TYPED = ("Chan", "A123456", "203.0.113.9", "secret-answer")


@pytest.fixture
def failing(client, settings):
    settings.ROOT_URLCONF = "tests.ops.failing_urls"
    client.raise_request_exception = False
    return client


def test_a_failing_view_is_logged_by_its_place_without_what_was_typed(failing, capsys):
    response = failing.get("/people/Chan?hkid=A123456", REMOTE_ADDR="203.0.113.9")
    said = capsys.readouterr().err
    assert response.status_code == 500
    assert "builtins.RuntimeError" in said
    assert "tests/ops/failing_urls.py:" in said
    assert "/people/<str:name>" in said
    assert not [word for word in TYPED if word in said]


def test_a_request_is_logged_by_method_pattern_status_and_time(client, capsys):
    client.post("/nowhere/Chan?hkid=A123456", {"answer": "secret-answer"}, REMOTE_ADDR="203.0.113.9")
    said = capsys.readouterr().err
    for part in ("method=POST", "route=(none)", "status=404", "ms=", "request="):
        assert part in said
    assert not [word for word in TYPED if word in said]


def test_the_request_number_is_answered_and_logged(client, capsys):
    number = client.get("/nowhere")["X-Request-ID"]
    assert f"request={number}" in capsys.readouterr().err


def test_an_unknown_method_cannot_grow_the_metrics(client, capsys):
    client.generic("CHAN-A123456", "/nowhere")
    said = capsys.readouterr().err
    assert "method=OTHER" in said
    assert "A123456" not in said


def test_exceptions_of_any_logger_lose_their_words(capsys):
    try:
        raise ValueError("Chan A123456")
    except ValueError:
        structlog.get_logger().error("it failed", exc_info=True)
        event = logs.without_words(None, "error", {"event": "it failed", "exc_info": True})
    assert event["error"] == "builtins.ValueError"
    assert "Chan" not in json.dumps(event)
    assert "Chan" not in capsys.readouterr().err


def test_djangos_own_loggers_with_paths_in_them_are_silent(client, caplog):
    client.get("/nowhere/Chan")
    logging.getLogger("django.request").error("Not Found: /nowhere/Chan")
    assert not [record for record in caplog.records if "Chan" in record.getMessage()]


def test_ready_writes_one_json_object_a_line_and_no_query(ready, tmp_path):
    from tests.ops.conftest import free_port, get, wait_for

    port = free_port()
    with ready.running("serve", "--port", port) as process:
        wait_for(lambda: get(f"http://127.0.0.1:{port}/readyz")[0] == 200)
        status, _ = get(
            f"http://127.0.0.1:{port}/people/Chan?hkid=A123456",
            Host="services.example.org",
            X_Forwarded_Proto="https",
            X_Forwarded_For="203.0.113.9",
        )
        process.terminate()
        assert process.wait(20) == 0
    assert status == 404
    said = ready.said("err.txt")
    lines = [json.loads(line) for line in said.splitlines()]
    [seen] = [line for line in lines if line["event"] == "request"]
    assert (seen["method"], seen["route"], seen["status"]) == ("GET", "(none)", 404)
    assert not [word for word in TYPED if word in said]
