"""A service is tried in the sandbox, then live, then withdrawn; each stage is seen by whom it is for."""

from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import Client

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.services import api as services
from praya.definition.example import Example
from praya.definition.sandbox import as_trial
from praya.definition.service import Service
from praya.definition.source import read
from praya.journey import jobs, load, play
from praya.kernel import clock
from praya.kernel.journal import sealing
from praya.kernel.journal.models import JournalEntry
from praya.systems.open_data import api as open_data
from praya.web import who

pytestmark = pytest.mark.django_db
PACK = Path(__file__).parents[2] / "packs" / "hongkong"
AT = datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Asia/Hong_Kong"))
NAME, TRIAL = "restaurant-licence", "trial-restaurant-licence"
LANGUAGES = ["en", "zh-hant", "zh-hans"]
MARK = {"en": "Trial", "zh-hant": "試行", "zh-hans": "试行"}


@pytest.fixture(autouse=True)
def moment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    load.forget()
    yield
    load.forget()


@pytest.fixture(scope="module")
def service() -> Service:
    return next(s for s in load.read_services(PACK, load.pack()) if s.service == NAME)


def publish(service: Service) -> None:
    load.publish(service, at=AT, by="operator")
    load.forget()


def withdraw(name: str) -> None:
    services.withdraw(service=name, at=AT, by="operator")
    load.forget()


def browser(**whom: Any) -> Client:
    client, request = Client(), HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    who.begin_session(request, **whom)
    request.session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
    return client


@pytest.fixture
def officer() -> Client:
    roles = frozenset({identity.Role("fehd", "officer"), identity.Role("fehd", "supervisor")})
    return browser(officer=identity.add_officer(name="O", email="o@example.com", roles=roles, at=AT, by="system"))


@pytest.fixture
def resident() -> Client:
    return browser(person_ref=identity.enrol(email="r@example.com", name=None, language="en", at=AT).ref)


def played(service: Service, person: identity.Person, steps: int = 0) -> cases.Case:
    story = Example.model_validate(read(PACK / "services" / NAME / "examples" / "licence-granted.yaml").data)
    part = story.model_copy(update={"steps": story.steps[:steps], "starts": AT})
    found = play.play(part, service, load.pack(), person=person, compare=False).case
    assert found is not None
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_in_the_sandbox_is_there_for_officers_only(
    service: Service, officer: Client, resident: Client, lang: str
) -> None:
    publish(as_trial(service))
    for client in (Client(), resident):
        assert client.get(f"/{lang}/services/{TRIAL}").status_code == 404
        assert client.get(f"/{lang}/services/{TRIAL}/apply").status_code in {302, 404}
        for page in ("", "search?q=restaurant", "statistics", "registers", "topics/food-and-business"):
            assert TRIAL not in client.get(f"/{lang}/{page}").content.decode()
        for page in (f"data/statistics/{TRIAL}.json", f"data/statistics/{TRIAL}.csv",
                     f"data/registers/{TRIAL}/licensed-restaurants.csv", f"{lang}/statistics/{TRIAL}",
                     f"{lang}/registers/{TRIAL}/licensed-restaurants"):  # fmt: skip
            assert client.get(f"/{page}").status_code == 404
    assert resident.get(f"/{lang}/services/{TRIAL}/apply").status_code == 404
    assert resident.post(f"/{lang}/desk/trials/{TRIAL}")["Location"].startswith(f"/{lang}/desk/sign-in")
    assert TRIAL not in Client().get("/api/v1/services").content.decode()
    listed = officer.get(f"/{lang}/desk/trials").content.decode()
    assert MARK[lang] in listed
    assert f"/{lang}/desk/trials/{TRIAL}" in listed


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_officer_tries_it_as_an_applicant_and_as_an_officer_and_every_page_says_so(
    service: Service, officer: Client, lang: str
) -> None:
    publish(service)
    publish(as_trial(service))
    answer = officer.post(f"/{lang}/desk/trials/{TRIAL}")
    assert answer["Location"] == f"/{lang}/services/{TRIAL}"
    seen = [officer.get(answer["Location"])]
    seen.append(officer.get(f"/{lang}/services/{TRIAL}/apply", follow=True))
    seen.append(officer.get(f"/{lang}/me"))
    # As the made-up applicant nothing real can be applied for.
    assert officer.get(f"/{lang}/services/{NAME}/apply").status_code == 404
    (person,) = [p for p in identity.residents() if p.email and p.email.startswith("trial.")]
    case = played(as_trial(service), person)
    assert case.ref.startswith("ZZRL-")
    seen.append(officer.get(f"/{lang}/cases/{case.ref}"))
    seen.append(officer.get(f"/{lang}/desk/cases/{case.ref}"))
    seen.append(officer.get(f"/{lang}/desk/cases/{case.ref}/do/refuse"))
    for page in seen:
        assert page.status_code == 200
        assert f'aria-label="{MARK[lang]}"' in page.content.decode()


def test_its_cases_references_and_figures_are_kept_apart(service: Service, officer: Client, resident: Client) -> None:
    publish(service)
    publish(as_trial(service))
    person = identity.enrol(email="someone@example.com", name=None, language="en", at=AT)
    other = identity.enrol(email="other@example.com", name=None, language="en", at=AT)
    real, tried = played(service, person), played(as_trial(service), other)
    assert (real.ref[:3], tried.ref[:5]) == ("RL-", "ZZRL-")
    desk = officer.get("/en/desk/").content.decode()
    assert real.ref in desk
    assert tried.ref not in desk
    apart = officer.get(f"/en/desk/?service={TRIAL}").content.decode()
    assert tried.ref in apart
    assert real.ref not in apart
    assert officer.get("/en/desk/numbers").content.decode().count(f"service={TRIAL}") == 0
    sealing.seal(at=AT)
    open_data.catch_up()
    whole = service.statistics.model_copy(update={"suppress_below": 0})
    for shown in (service, as_trial(service)):
        counted = open_data.figures(shown.model_copy(update={"statistics": whole}))
        assert counted.totals["applications"] == 1
    for client, found in ((Client(), False), (resident, False), (officer, True)):
        page = client.get(f"/en/track?ref={tried.ref}").content.decode()
        assert ("timeline" in page) == found
        assert client.get(f"/api/v1/track/{tried.ref}").status_code == 404
    assert Client().get(f"/api/v1/track/{real.ref}").status_code == 200
    assert "timeline" in Client().get(f"/en/track?ref={real.ref}").content.decode()
    # Letters of a trial leave the house by no way but the inbox.
    assert {notice.channels for notice in as_trial(service).notices.values()} == {("inbox",)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_withdrawn_service_takes_nobody_new_says_so_kindly_and_ends_what_was_begun(
    service: Service, officer: Client, lang: str
) -> None:
    publish(service)
    person = identity.enrol(email="someone@example.com", name=None, language="en", at=AT)
    applicant = browser(person_ref=person.ref)
    case = played(service, person)
    begun = applicant.get(f"/{lang}/services/{NAME}/apply")["Location"]
    withdraw(NAME)

    page = Client().get(f"/{lang}/services/{NAME}")
    assert page.status_code == 410
    assert service.title.in_(lang) in page.content.decode()
    assert f"/{lang}/track" in page.content.decode()
    for path in (f"/{lang}/services/{NAME}/apply", begun, f"{begun.rsplit('/', 1)[0]}/check"):
        for method in (applicant.get, applicant.post):
            assert method(path)["Location"] == f"/{lang}/services/{NAME}"
    assert NAME not in Client().get(f"/{lang}/").content.decode()
    with pytest.raises(load.Withdrawn):
        played(service, identity.enrol(email="late@example.com", name=None, language="en", at=AT))

    # What was begun goes on; what was registered and counted stays public.
    assert applicant.get(f"/{lang}/cases/{case.ref}").status_code == 200
    assert case.ref in officer.get(f"/{lang}/desk/").content.decode()
    assert officer.get(f"/{lang}/desk/cases/{case.ref}/do/refuse").status_code == 200
    assert Client().get(f"/{lang}/registers/{NAME}/licensed-restaurants").status_code == 200
    assert Client().get(f"/data/statistics/{NAME}.json").status_code == 200
    assert jobs.end_retention(at=AT) == 0


def test_a_withdrawn_service_comes_back_with_a_higher_version_only(service: Service) -> None:
    publish(service)
    publish(service.model_copy(update={"version": service.version + 1}))
    withdraw(NAME)
    assert load.territory().live == {}
    assert load.territory().withdrawn[NAME].version == service.version + 1
    publish(service)
    assert load.territory().live == {}
    publish(service.model_copy(update={"version": service.version + 2}))
    assert load.territory().live[NAME].version == service.version + 2
    assert load.territory().withdrawn == {}


def test_the_journal_tells_each_step(service: Service) -> None:
    publish(as_trial(service))
    publish(service)
    withdraw(TRIAL)
    withdraw(NAME)
    told = list(
        JournalEntry.objects.filter(event__startswith="service_").order_by("seq").values_list("event", "service")
    )
    assert told == [
        ("service_published", TRIAL), ("service_published", NAME), ("service_withdrawn", TRIAL),
        ("service_withdrawn", NAME),
    ]  # fmt: skip
