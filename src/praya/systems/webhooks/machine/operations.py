"""Webhooks over the API: what a supervisor does at the desk, for a department's machines."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from pydantic import AwareDatetime, Field

from praya.kernel.text import Text, spoken
from praya.systems.webhooks import api as webhooks
from praya.web import who
from praya.web.api.guards import answered, operation, token_of
from praya.web.api.refusals import Refused
from praya.web.api.schemas import RequestPart, ResponsePart
from praya.web.words import translator

SUBJECT = "webhooks.subject"
ON_A_PAGE = 100


class WebhookIn(RequestPart):
    """A receiver to register; without services it gets events of all services of the department."""

    url: str = Field(min_length=1, max_length=webhooks.LONGEST_URL)
    services: list[str] = Field(default=[], max_length=200)


class ReplayIn(RequestPart):
    """Which events are sent again: one, or all since a moment."""

    sequence: int | None = None
    since: AwareDatetime | None = None


class WebhookSaid(ResponsePart):
    """A receiver; `waiting` counts events that it has not taken."""

    ref: str
    url: str
    services: list[str]
    state: str
    why: str
    waiting: int
    failures: int
    failing_since: datetime | None
    next_attempt_at: datetime | None
    delivered_at: datetime | None


class SecretSaid(ResponsePart):
    """A receiver and its secret, which is told only this once."""

    ref: str
    secret: str


class WebhooksSaid(ResponsePart):
    """The receivers of the department."""

    webhooks: list[WebhookSaid]


class DeliverySaid(ResponsePart):
    """An event for a receiver, and the status of its last answer: 0 where there was none, and then `failure`."""

    sequence: int
    event: str
    service: str
    reference: str
    at: datetime
    state: str
    attempts: int
    status: int
    failure: str


class DeliveriesSaid(ResponsePart):
    """A page of deliveries, the newest event first; `next` is null on the last."""

    deliveries: list[DeliverySaid]
    next: int | None


class ReplayedSaid(ResponsePart):
    """How many events are sent again."""

    number: int


@operation("GET", "webhooks", audience="machine", scope="webhooks", gives={200: WebhooksSaid})
def list_webhooks(request: HttpRequest) -> HttpResponse:
    """The receivers of the token's department."""
    found = webhooks.endpoints([token_of(request).department])
    return answered(WebhooksSaid(webhooks=[_body_of(one) for one in found]))


@operation("POST", "webhooks", audience="machine", scope="webhooks", gives={201: SecretSaid}, refuses=[409])
def register_webhook(request: HttpRequest, webhook: WebhookIn) -> HttpResponse:
    """Register a receiver. It gets what happens from now on, signed with the secret of the answer."""
    token = token_of(request)
    try:
        made, secret = webhooks.register(
            department=token.department, url=webhook.url, services=webhook.services, at=who.now(), by=token.actor
        )
    except webhooks.Unfit as unfit:
        raise Refused(422, str(unfit), sentence=_sentence(str(unfit))) from None
    except webhooks.TooMany:
        raise Refused(409, "too_many_webhooks", sentence=_sentence("too_many")) from None
    return answered(SecretSaid(ref=made.ref, secret=secret), status=201)


@operation("DELETE", "webhooks/{ref}", audience="machine", scope="webhooks", gives={204: None}, refuses=[404])
def remove_webhook(request: HttpRequest, ref: str) -> HttpResponse:
    """Remove a receiver, with the list of what was sent."""
    token = token_of(request)
    try:
        webhooks.remove(ref[:32], departments=[token.department], at=who.now(), by=token.actor)
    except webhooks.NoEndpoint:
        raise _none() from None
    return HttpResponse(status=204)


@operation(
    "GET", "webhooks/{ref}/deliveries", audience="machine", scope="webhooks", gives={200: DeliveriesSaid}, refuses=[404]
)  # fmt: skip
def list_webhook_deliveries(request: HttpRequest, ref: str, state: str = "", before: int | None = None) -> HttpResponse:
    """What was sent to a receiver, or waits: a hundred at a time, below `before`, in one `state` or all."""
    try:
        found = webhooks.deliveries(
            ref[:32], departments=[token_of(request).department], state=state[:10], before=before, limit=ON_A_PAGE + 1
        )
    except webhooks.NoEndpoint:
        raise _none() from None
    page = [
        DeliverySaid(
            sequence=one.sequence, event=one.event, service=one.service, reference=one.reference, at=one.at,
            state=one.state, attempts=one.attempts, status=one.status, failure=one.failure,
        )
        for one in found[:ON_A_PAGE]
    ]  # fmt: skip
    return answered(DeliveriesSaid(deliveries=page, next=page[-1].sequence if len(found) > ON_A_PAGE else None))


@operation(
    "POST", "webhooks/{ref}/replay", audience="machine", scope="webhooks", gives={200: ReplayedSaid}, refuses=[404]
)  # fmt: skip
def replay_webhook(request: HttpRequest, ref: str, replay: ReplayIn) -> HttpResponse:
    """Send one event again, or all since a moment. A receiver recognises a repetition by its `webhook-id`."""
    token = token_of(request)
    if (replay.sequence is None) == (replay.since is None):
        raise Refused(422, "one_of_two", sentence=_sentence("one_of_two"))
    try:
        number = webhooks.replay(
            ref[:32], departments=[token.department], sequence=replay.sequence, since=replay.since, at=who.now(),
            by=token.actor,
        )  # fmt: skip
    except webhooks.NoEndpoint:
        raise _none() from None
    return answered(ReplayedSaid(number=number))


@operation(
    "POST", "webhooks/{ref}/secret", audience="machine", scope="webhooks", gives={200: SecretSaid}, refuses=[404]
)  # fmt: skip
def rotate_webhook_secret(request: HttpRequest, ref: str) -> HttpResponse:
    """Make a new secret. For two days the one before signs too."""
    token = token_of(request)
    try:
        secret = webhooks.rotate(ref[:32], departments=[token.department], at=who.now(), by=token.actor)
    except webhooks.NoEndpoint:
        raise _none() from None
    return answered(SecretSaid(ref=ref, secret=secret))


@operation("POST", "webhooks/{ref}/resume", audience="machine", scope="webhooks", gives={204: None}, refuses=[404])
def resume_webhook(request: HttpRequest, ref: str) -> HttpResponse:
    """Let a paused receiver go on: what waits is sent at once."""
    token = token_of(request)
    try:
        webhooks.resume(ref[:32], departments=[token.department], at=who.now(), by=token.actor)
    except webhooks.NoEndpoint:
        raise _none() from None
    return HttpResponse(status=204)


@operation("POST", "webhooks/{ref}/test", audience="machine", scope="webhooks", gives={204: None}, refuses=[404])
def test_webhook(request: HttpRequest, ref: str) -> HttpResponse:
    """Send an event `test`, which is about no application."""
    try:
        webhooks.test(ref[:32], departments=[token_of(request).department], at=who.now())
    except webhooks.NoEndpoint:
        raise _none() from None
    return HttpResponse(status=204)


def _body_of(one: webhooks.Endpoint) -> WebhookSaid:
    return WebhookSaid(
        ref=one.ref, url=one.url, services=list(one.services), state=one.state, why=one.why, waiting=one.waiting,
        failures=one.failures, failing_since=one.failed_since, next_attempt_at=one.retry_at,
        delivered_at=one.delivered_at,
    )  # fmt: skip


def _none() -> Refused:
    return Refused(404, "no_such_webhook", sentence=_sentence("no_such_webhook"))


def _sentence(code: str) -> Text:
    return Text({language: translator(language)(f"webhooks.{code}") for language in spoken()})
