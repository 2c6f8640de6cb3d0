"""What test_tide_gauge does in a process of its own, with or without the toy: it uses every field of a plug."""

import argparse
import io
import json
import os
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from praya.project import cli, startup


def said_by(*command: str) -> tuple[int, str]:
    """The exit code and the lines of a command of `praya`."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        try:
            code = cli.main(list(command))
        except SystemExit as end:
            code = int(end.code or 0)
    return code, out.getvalue()


def main() -> None:
    startup.ready_django()
    from django.conf import settings
    from django.db import connection
    from django.http import HttpRequest
    from django.test import Client
    from django.test.utils import setup_test_environment

    from praya.blocks.identity import api as identity
    from praya.blocks.registers import rows
    from praya.journey import load, play
    from praya.kernel import plug
    from praya.project import migration, sample, wiring
    from praya.project.commands import demo
    from praya.project.designing.stories import read_stories
    from praya.web import who

    setup_test_environment()
    at, seen, pack_folder = datetime.now(UTC), dict[str, Any](), Path(settings.PRAYA.pack)
    assert migration.migrate(at=at, by="system") != []
    load.publish_pack(at=at, by="system")
    sample.load_people(at=at)
    there = "tide_gauge" in [one.name for one in plug.plugs()]

    def signed_in(**whom: Any) -> Client:
        client, request = Client(), HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore()
        who.begin_session(request, **whom)
        request.session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
        return client

    person = identity.find(email="omar@example.com")
    assert person is not None
    cases = {}
    for name, story in (("stall-licence", "refused"), ("garden-plot-ballot", "drawn-and-accepted")):
        path, service = pack_folder / "services" / name / "service.yaml", load.territory().service(name)
        stories = {one.path.stem: one.example for one in read_stories(path, service, load.pack())[0]}
        cases[name] = play.play(stories[story], service, load.pack(), person=person).case
    load.forget()

    # Roles: of the system, of a department, of nobody; a role is given by a command.
    trades = identity.Role("trades", "officer")
    plain = identity.add_officer(name="Plain", email="p@example.com", roles=frozenset({trades}), at=at, by="system")
    seen["given"] = [
        said_by("officers", "add", "--email", "k@example.com", "--name", "Keeper", "--role", "trades:officer",
                "--role", role)[0]
        for role in ("system:tide_gauge:tide-keeper", "trades:tide-warden")
    ]  # fmt: skip
    said_by("officers", "add", "--email", "k@example.com", "--name", "Keeper", "--role", "trades:officer",
            "--role", "system:tide_gauge:tide-keeper")  # fmt: skip
    keeper = next((o for o in identity.officers() if o.email == "k@example.com"), plain)
    anyone, resident, desk, other = Client(), signed_in(person_ref=person.ref), signed_in(officer=keeper), signed_in(
        officer=plain
    )  # fmt: skip

    # Entries and slots of every place. The worker announces the draw.
    wiring.tick(at=at)
    pages = {
        "home": anyone.get("/en/"),
        "me": resident.get("/en/me"),
        "service": anyone.get("/en/services/garden-plot-ballot"),
        "register": anyone.get("/en/registers/stall-licence/licensed-stalls"),
        "case": desk.get(f"/en/desk/cases/{cases['stall-licence'].ref}"),
    }
    juror = next(one for one in identity.officers() if one.email == "panel.arts@example.com")
    pages["community"] = signed_in(officer=juror).get("/en/desk/communities/arts-panel")
    assert {name: page.status_code for name, page in pages.items()} == dict.fromkeys(pages, 200)
    text = {name: page.content.decode() for name, page in pages.items()}
    shown = "\n".join([*text.values(), sample.guide(base_url="http://x")])
    seen["entries"] = sorted(
        name for name, words in (
            ("header", "Tides above"), ("footer", "Tides below"), ("home", "Tides at home"), ("me", "Tides of mine"),
            ("demo", "Tides to try"), ("of", "/en/tides?of=garden-plot-ballot"), ("tab", "Tide desk"),
        ) if words in shown
    )  # fmt: skip
    seen["tab_of_others"] = "Tide desk" in other.get("/en/desk/").content.decode()
    seen["slots"] = sorted(
        {line.split(" -->")[0] for page in text.values() for line in page.split("<!-- tide ")[1:]}
    )  # fmt: skip
    seen["slots"] = [one.replace(cases["stall-licence"].ref, "REF") for one in seen["slots"]]

    # Routes: languages, audience, level, access.
    seen["page"] = [anyone.get(f"/{lang}/tides").status_code for lang in ("en", "zh-hant", "zh-hans")]
    seen["stranger"] = anyone.get("/en/tides/charts").get("Location", "")
    seen["level"] = resident.get("/en/tides/charts").status_code
    seen["higher_level"] = signed_in(person_ref=person.ref, level=2).get("/en/tides/charts").status_code
    seen["desk"] = [client.get("/en/desk/tides").status_code for client in (desk, other, resident)]
    seen["noted"] = desk.post("/en/desk/tides", {"height": "320"}).status_code

    # Headers, cache, the format of errors.
    heights, private = anyone.get("/tide-data/heights.json"), anyone.get("/tide-data/private.json")
    missing = anyone.get("/tide-data/none.json", headers={"accept-language": "zh-HK"})
    seen["headers"] = {
        name: heights.get(name, "")
        for name in ("Access-Control-Allow-Origin", "Cross-Origin-Resource-Policy", "Cache-Control")
    }  # fmt: skip
    seen["form_action"] = "form-action 'self' https://tides.example" in heights.get("Content-Security-Policy", "")
    seen["own_cache"] = private.get("Cache-Control", "")
    seen["error"] = [missing.status_code, missing["Content-Type"]]
    seen["error_code"] = missing.json().get("error_code") if there else None

    # Scopes and operations, rates.
    code, issued = said_by("tokens", "issue", "--department", "trades", "--scope", "tides", "--name", "gauge")
    seen["token"] = code
    _, narrow = said_by("tokens", "issue", "--department", "trades", "--scope", "read", "--name", "reader")
    secrets = {"right": issued.split()[0], "narrow": narrow.split()[0], "none": "x"}
    seen["api"] = {
        name: anyone.post(
            "/api/v1/tides", {"centimetres": 9999}, "application/json", headers={"authorization": f"Bearer {secret}"}
        ).status_code
        for name, secret in secrets.items()
    }
    seen["described"] = "note_tide" in anyone.get("/api/v1/openapi.json").content.decode()
    seen["rates"] = [anyone.get("/en/tides?counted=1").status_code for _ in range(5)]

    # The worker: a job, effects of a kind, a fold, a measure.
    seen["parts"] = [part.name for part in wiring.parts() if "tide" in part.name]
    for hours in (0, 0, 2):
        wiring.tick(at=datetime.now(UTC) + timedelta(hours=hours))
    if there:
        from tide_gauge import models

        seen["heights"] = list(models.Height.objects.values_list("centimetres", flat=True))
        seen["total"] = list(models.Total.objects.values_list("number", flat=True))
        models.Total.objects.update(number=99)
    seen["rebuilt"] = said_by("rebuild", "tide_gauge_totals")[0]
    if there:
        seen["total_again"] = list(models.Total.objects.values_list("number", flat=True))
    tiles, charts = settings.PRAYA.data_dir / "made/tide-tiles", settings.PRAYA.files_dir / "stores/tide-charts"
    seen["warned"] = len(list(tiles.glob("warned-*")))
    seen["figures"] = anyone.get("/data/statistics/stall-licence.json").json()["totals"].get("tides", "none")

    # Settings, checks, readiness, metrics.
    seen["settings"] = "PRAYA_TIDE_GAUGE_FLOOD" in said_by("settings")[1]
    findings = json.loads(said_by("doctor", "--json")[1])
    seen["doctor"] = {
        name: [one["sentence"].split(":")[0] for one in findings if one["check"] == name and "tide" in one["sentence"]]
        for name in ("tide gauge", "store", "process")
    }
    # People are warned of any gauge.
    seen["doctor"]["tide gauge"] = [one["sentence"].split(":")[0] for one in findings if one["check"] == "tide gauge"]
    ready = anyone.get("/readyz")
    seen["ready"] = ready.json()["checks"].get("tide_gauge")
    if there:
        (tiles / "taken-away").touch()
        seen["not_ready"] = [anyone.get("/readyz").status_code, anyone.get("/readyz").json()["checks"]["tide_gauge"]]
        (tiles / "taken-away").unlink()
    seen["metric"] = "praya_tide_gauge_height " in anyone.get("/metrics").content.decode()

    # Search, open data.
    seen["search"] = "Tides of the harbour" in anyone.get("/en/search?q=springtide").content.decode()
    seen["fact"] = rows.read_facts("stall-licence", "licensed-stalls", {"tide": "320"}, {"tide": 320})["tide"]
    seen["data_set"] = "/tide-data/heights.json" in anyone.get("/data/sets.json?after=t").content.decode()

    # Commands; own processes, as `praya demo` starts them.
    seen["command"] = said_by("tide-gauge", "latest")
    programs = demo.programs(argparse.Namespace(host="127.0.0.1", port=1, parse=cli.parsed))
    seen["programs"] = list(programs)
    if there:
        out = io.StringIO()
        with redirect_stdout(out):
            seen["process"] = [startup.carry_out(programs["tide gauge"]), out.getvalue().strip()]

    _pack_files(seen, pack_folder, anyone, there=there)
    _stores(seen, charts, tiles, at, there=there)
    seen["tables"] = [name for name in connection.introspection.table_names() if name.startswith("tide")]
    Path(sys.argv[1]).write_text(json.dumps(seen, ensure_ascii=False), encoding="utf-8")


def _pack_files(seen: dict[str, Any], pack: Path, anyone: Any, *, there: bool) -> None:
    """A file with a mistake and one without: checked, previewed, published with the same error."""
    from praya.project.designing import preview_run
    from praya.web.preview import stage

    file = pack / "tide-tables" / "pier.yaml"
    file.parent.mkdir()
    file.write_text("highest: deep\n")
    os.chdir(pack.parent)
    problem = "tide-tables/pier.yaml:1"
    seen["checked"] = {
        name: [code, problem in lines]
        for name, (code, lines) in {
            "pack": said_by("check", str(pack)), "file": said_by("check", str(file)),
            "publish": said_by("publish", str(pack)), "publish_file": said_by("publish", str(file)),
        }.items()
    }  # fmt: skip
    if there:
        watcher = preview_run.FileWatcher(file, pack, shown_at="tides?table={name}")
        watcher.look()
        seen["preview"] = [stage.edition().has_page, [str(one).split(" ", 1)[0] for one in stage.edition().errors]]
        seen["looked_again"] = watcher.look()
        file.write_text("highest: 412\n")
        watcher.look()
        seen["previewed"] = [stage.edition().address, len(stage.edition().errors)]
        seen["shown"] = "pier: 412 cm" in anyone.get("/en/" + stage.edition().address).content.decode()
        file.write_text("highest: 413 \n")
        seen["published"] = said_by("publish", str(file))
        seen["shown_published"] = "pier: 413 cm" in anyone.get("/en/tides?table=pier").content.decode()
    shutil.rmtree(file.parent)


def _stores(seen: dict[str, Any], charts: Path, tiles: Path, at: datetime, *, there: bool) -> None:
    """What a store holds is backed up, restored and erased; caches of the database are emptied after a restore."""
    from django.db import connections

    from praya.blocks.identity import api as identity
    from praya.journey import erasure
    from praya.project import backup

    omar = identity.find(email="omar@example.com")
    assert omar is not None
    if there:
        from tide_gauge import api

        (charts / omar.ref).write_text("mine")
        (charts / "of-nobody").write_text("theirs")
    archive = charts.parents[2] / "backup.praya"
    backup.make(archive, at=at)
    erasure.erase(person_ref=omar.ref, at=at, by="system")
    seen["erased"] = not (charts / omar.ref).exists()
    if there:
        (charts / "of-nobody").unlink()
        (tiles / "tile").touch()
        seen["before"] = api.latest()
        api.cached[:] = [-1]
    connections.close_all()
    seen["restored"] = backup.restore(archive, replace=True, at=at, by="system")[1]
    if there:
        seen["of_nobody"] = (charts / "of-nobody").read_text()
        seen["erased_again"] = not (charts / omar.ref).exists()
        seen["after"] = api.latest()


if __name__ == "__main__":
    main()
