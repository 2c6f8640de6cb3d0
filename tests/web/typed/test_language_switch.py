"""What was typed comes along when the language changes."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.small import GRANT, player, published
from tests.web.typed.world import WORDS, World, fields, shown

from praya.journey import samples


@pytest.mark.parametrize("lang", ["zh-hant", "zh-hans"])
def test_what_is_typed_comes_along_into_another_language(world: World, lang: str) -> None:
    client, page = world.begun()
    first = shown(client.get(f"/en{page}"))
    assert f'form="typed" name="_language" value="{lang}"' in first
    # The Enter key presses the first button of a form: it must not be one of the languages.
    assert first.index('<button class="vh" type="submit" form="typed"') < first.index('name="_language"')
    file = SimpleUploadedFile("proof.pdf", samples.file("proof.pdf"), "application/pdf")
    answer = client.post(f"/en{page}", fields(client, f"/en{page}", story=WORDS, proof=file, _language=lang))
    assert answer["Location"] == f"/{lang}{page}"
    other = shown(client.get(answer["Location"]))
    assert WORDS in other
    assert "proof.pdf" in other
    assert 'class="error"' not in other, "nothing was sent, so nothing is wrong yet"
    assert 'id="restored"' not in other


def test_the_desk_switches_the_language_with_what_is_typed(world: World) -> None:
    case = player(published(GRANT))({"by": "officer", "do": "recommend"}).case.ref
    client = world.sign_in(Client(), officer=1)
    for page, name in ((f"/desk/cases/{case}", "note"), (f"/desk/cases/{case}/do/assess", "reason")):
        target = f"/en{page}/notes" if name == "note" else f"/en{page}"
        answer = client.post(target, fields(client, f"/en{page}", **{name: WORDS}, _language="zh-hant"))
        assert answer["Location"] == f"/zh-hant{page}"
        assert WORDS in shown(client.get(answer["Location"]))


def test_pages_without_a_session_switch_too(world: World) -> None:
    client = Client()
    answer = client.get("/en/track", {"ref": "SG-2222-2222", "_language": "zh-hant"})
    assert answer["Location"] == "/zh-hant/track?ref=SG-2222-2222&_switched=1"
    sent = fields(client, "/en/verify", record="abc", _language="zh-hans")
    answer = client.post("/en/verify", sent)
    assert answer["Location"] == "/zh-hans/verify"
    assert ">\nabc</textarea>" in shown(client.get("/zh-hans/verify"))
    sent = fields(client, "/en/sign-in?next=/en/me", email="a@example.com", _language="zh-hant")
    answer = client.post("/en/sign-in?next=/en/me", sent)
    assert answer["Location"] == "/zh-hant/sign-in?next=/en/me"
    assert 'value="a@example.com"' in shown(client.get(answer["Location"]))
    assert client.post("/en/verify", {"record": "x", "_language": "xx"}).status_code == 200, "no such language"
