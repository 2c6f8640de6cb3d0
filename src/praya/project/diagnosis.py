"""The checks of `praya doctor`: each returns faults of an installation, and how to correct them."""

import os
import platform
import shutil
import smtplib
import socket
import sqlite3
import ssl
import stat
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from praya.definition.load import load_pack
from praya.definition.source import Broken
from praya.kernel import plug
from praya.kernel.check_result import CheckResult, CheckResults, State, fail, ok, warn
from praya.kernel.clock import now
from praya.kernel.paper import making
from praya.project import config, keys, proxies
from praya.project.config import Configuration
from praya.project.refusal import Refused
from praya.web.client_address import Misfit, networks

CLOCK_SECONDS = 5
OLDEST_POSTGRESQL = 14
# A year's holidays are gazetted in the spring before; from then on, time limits may end in that year.
LOOK_AHEAD = timedelta(days=180)
# No clock can show an earlier day than the one this was written on.
WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)


def examine() -> CheckResults:
    """Run every check in order. Checks that depend on settings are left out when the settings cannot be read."""
    yield from python()
    yield from names()
    yield from documents()
    try:
        configuration = config.load()
    except Refused as refusal:
        for sentence in str(refusal).splitlines():
            yield fail("settings", sentence, "Correct this environment variable.")
        return
    problems = configuration.problems()
    for sentence in problems:
        word = "Set" if "is missing" in sentence else "Correct"
        yield fail("settings", sentence, f"{word} this environment variable.")
    if not problems:
        yield ok("settings", f"complete for {configuration.mode} mode")
    for check in SETTINGS_CHECKS:
        yield from check(configuration)
    if not configuration.incomplete():
        config.only_examine()
        yield from database(configuration)


def documents() -> CheckResults:
    """Whether letters can be made as PDF."""
    if making.font_folder() is None:
        yield warn("documents", "the font of documents is missing: no PDF can be made", "Install noto-cjk-sans-otc.")
    else:
        yield ok("documents", "letters can be made as PDF")


def python() -> CheckResults:
    """The interpreter and its SQLite."""
    running = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    if sys.version_info < (3, 11) or sqlite3.sqlite_version_info < (3, 35):
        yield fail("python", running, "Use Python 3.11 or later with SQLite 3.35 or later.")
    else:
        yield ok("python", running)


def names() -> CheckResults:
    """Find environment variables that begin with PRAYA_ and are not settings."""
    unknown = config.unknown_names(os.environ)
    for name, nearest in unknown.items():
        mend = f"Did you mean {nearest}?" if nearest else "Remove it."
        yield fail("names", f"{name} is no setting of Praya, so it changes nothing", mend)
    if not unknown:
        yield ok("names", "every PRAYA_ name is known")


def address(configuration: Configuration) -> CheckResults:
    """The mode and the address are consistent."""
    host = urlsplit(configuration.base_url).hostname or ""
    here = host in {"localhost", "127.0.0.1", "::1"}
    if configuration.demo and not here:
        yield warn(
            "address",
            f"a demonstration at {configuration.base_url}: anyone may sign in as anyone",
            "Never put real people's data into it.",
        )
    elif not configuration.secure and not here:
        yield fail("address", "PRAYA_BASE_URL is not https", "Put a proxy with TLS in front and give its address.")
    else:
        yield ok("address", f"{configuration.base_url} in {configuration.mode} mode")
    if host not in configuration.allowed_hosts and "*" not in configuration.allowed_hosts:
        yield fail("hosts", f"PRAYA_ALLOWED_HOSTS does not name {host}", f"Add {host}.")


MISFITS: Mapping[Misfit, tuple[State, str, str]] = {
    "missing": (
        "fail",
        "requests came without X-Forwarded-For{machine}: rate limits take all people for one",
        "Let the proxy set X-Forwarded-For (docs/howto/nginx.conf), and name its network in PRAYA_TRUSTED_PROXIES.",
    ),
    "untrusted": (
        "warn",
        "X-Forwarded-For came{machine}, where no trusted proxy is, and was ignored",
        "Name the proxy's network in PRAYA_TRUSTED_PROXIES, and let nobody else reach this port.",
    ),
    "unreadable": (
        "fail",
        "the proxy wrote something into X-Forwarded-For that is no address",
        "Let it write the client's address, as in docs/howto/nginx.conf.",
    ),
    "claimed": (
        "fail",
        "the proxy passes on an X-Forwarded-For that a client wrote: whoever writes one escapes every limit",
        "Let it overwrite the header, as in docs/howto/nginx.conf.",
    ),
}


def proxy(configuration: Configuration) -> CheckResults:
    """The proxy names the client's address and drops one that a client claims, as the web server saw during a day."""
    if not (configuration.mode == "production" and configuration.behind_proxy and configuration.secure):
        return
    if any(network.prefixlen == 0 for network in networks(configuration.trusted_proxies)):
        yield fail("proxy", "PRAYA_TRUSTED_PROXIES trusts everybody", "Name the networks of your own proxies only.")
    reached = proxies.claim(configuration.base_url)
    seen = {kind: mark for kind, mark in proxies.noted(configuration.data_dir).items() if _of_today(mark[0])}
    for kind, (moment, machine) in seen.items():
        state, template, mend = MISFITS[kind]
        sentence = template.format(machine=f" from {machine}" if machine else "")
        yield CheckResult("proxy", state, f"{sentence} (last at {moment:%H:%M} UTC)", mend)
    if not seen and reached:
        yield ok("proxy", f"{configuration.base_url} answers, and what a client claims of itself counts for nothing")
    elif not seen:
        yield ok("proxy", f"nothing wrong was seen; {configuration.base_url} could not be asked from here")


def _of_today(moment: datetime) -> bool:
    return datetime.now(UTC) - moment < timedelta(days=1)


def data_folder(configuration: Configuration) -> CheckResults:
    """The data folder can be written and has room."""
    folder = configuration.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"praya")
    except OSError as problem:
        yield fail("data folder", f"{folder} cannot be written: {problem.strerror}", "Give this user the folder.")
        return
    yield ok("data folder", f"{folder} can be written")
    usage = shutil.disk_usage(folder)
    free, reserve = usage.free / 1e9, configuration.disk_reserve_mb / 1e3
    if free < reserve:
        sentence = f"{free:.1f} GB free, the reserve is {reserve:.1f} GB: uploads are refused"
        yield fail("disk", sentence, "Make room before anything is lost.")
    elif free < reserve + 2:
        yield warn("disk", f"{free:.1f} GB free", "Make room soon.")
    else:
        yield ok("disk", f"{free:.0f} GB free")


def master_keys(configuration: Configuration) -> CheckResults:
    """The file of master keys is whole, and nobody else reads it."""
    path = configuration.keys_path
    if configuration.mode != "production" and not path.exists():
        yield ok("keys", f"{path} is made at the first start")
        return
    try:
        held = keys.key_names(path)
    except Refused as refusal:
        yield fail("keys", str(refusal), "Give PRAYA_KEYS the right file; without it personal data is lost.")
        return
    rights = stat.S_IMODE(path.stat().st_mode)
    if rights & 0o077:
        sentence = f"{path} may be read by others (its mode is {rights:04o})"
        yield (fail if configuration.mode == "production" else warn)("keys", sentence, f"chmod 600 {path}")
    elif configuration.mode == "production" and path.is_relative_to(configuration.data_dir):
        yield warn("keys", "the keys lie beside the data they protect", "Keep and back them up in another place.")
    else:
        yield ok("keys", f"{len(held)} in {path}, current {held[0]}")


def pack(configuration: Configuration) -> CheckResults:
    """The territory's pack can be read."""
    path = configuration.pack
    if not (path / "pack.yaml").is_file():
        yield fail("pack", f"{path} has no pack.yaml", "Give PRAYA_PACK the folder of a pack.")
        return
    services = len(list(path.glob("services/*/service.yaml")))
    summary = f"{path}: {services} services"
    yield ok("pack", summary) if services else warn("pack", summary, "Make one with `praya new-service`.")
    yield from holidays(path, now())


def holidays(path: Path, at: datetime) -> CheckResults:
    """The pack knows the territory's holidays as far ahead as clocks reach."""
    try:
        calendar = load_pack(path).calendar
    except Broken:
        yield fail("holidays", "the pack cannot be read", "Run `praya check`.")
        return
    today, mend = calendar.day_of(at), "Add the next year's holidays to `days` in pack.yaml, and publish."
    if calendar.until is None:
        yield warn("holidays", "the pack has none: every weekday counts as a working day", mend)
    elif calendar.ends_before(today):
        yield fail("holidays", f"known until {calendar.until} only: every clock counts wrongly", mend)
    elif calendar.ends_before(today + LOOK_AHEAD):
        yield warn("holidays", f"known until {calendar.until} only: clocks that run longer count wrongly", mend)
    else:
        yield ok("holidays", f"known until {calendar.until}")


def mail(configuration: Configuration) -> CheckResults:
    """The mail server takes a connection."""
    if configuration.smtp_host is None:
        if configuration.mode == "production":
            yield warn("mail", "PRAYA_SMTP_HOST is not set: no e-mail leaves", "Set it, or people hear nothing.")
        else:
            yield ok("mail", "no mail server: e-mails are kept here to be looked at")
        return
    where = f"{configuration.smtp_host}:{configuration.smtp_port}"
    try:
        with smtplib.SMTP(configuration.smtp_host, configuration.smtp_port, timeout=5) as server:
            if configuration.smtp_starttls:
                server.starttls(context=ssl.create_default_context())
            if configuration.smtp_user and configuration.smtp_password:
                server.login(configuration.smtp_user, configuration.smtp_password.get_secret_value())
            server.noop()
    except (OSError, smtplib.SMTPException) as problem:
        reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else type(problem).__name__
        yield fail("mail", f"{where} did not take us: {reason}", "Check PRAYA_SMTP_* and the way to the server.")
        return
    if not configuration.smtp_starttls and configuration.mode == "production":
        yield warn("mail", f"{where} answers, without encryption", "Set PRAYA_SMTP_STARTTLS=true.")
        return
    yield ok("mail", f"{where} answers")


def sms(configuration: Configuration) -> CheckResults:
    """The SMS gateway's settings are complete and use https. The gateway is not called, because a call costs money."""
    if configuration.sms_url is None:
        if configuration.mode == "production":
            yield warn("sms", "PRAYA_SMS_URL is not set: no SMS leaves", "Set it, or keep to e-mail.")
        else:
            yield ok("sms", "no gateway: SMS are kept here to be looked at")
    elif configuration.mode == "production" and any("PRAYA_SMS_URL" in one for one in configuration.exposed()):
        yield fail("sms", "PRAYA_SMS_URL is not https", "Telephone numbers must not travel in the open.")
    elif configuration.sms_token is None:
        yield warn("sms", "PRAYA_SMS_TOKEN is not set", "Set it unless the gateway knows us otherwise.")
    else:
        yield ok("sms", "gateway and token are set")


def virus_scanner(configuration: Configuration) -> CheckResults:
    """ClamAV answers. Production needs it: our own inspection of a file finds scripts and macros, but no virus."""
    if configuration.clamd is None:
        if configuration.mode == "production":
            yield fail("virus scanner", "PRAYA_CLAMD is not set: uploads are not scanned", "Install ClamAV.")
        else:
            yield ok("virus scanner", "none: uploads are checked by their structure only")
        return
    try:
        address = urlsplit(f"//{configuration.clamd}")
        with socket.create_connection((address.hostname or "", address.port or 3310), timeout=5) as line:
            line.sendall(b"zPING\0")
            answer = line.recv(64)
    except (OSError, ValueError) as problem:
        answer = type(problem).__name__.encode()
    if answer.startswith(b"PONG"):
        yield ok("virus scanner", f"{configuration.clamd} answers")
    else:
        yield fail("virus scanner", f"{configuration.clamd} does not answer", "Start ClamAV, or correct PRAYA_CLAMD.")


def security_contact(configuration: Configuration) -> CheckResults:
    """There is an address to which weaknesses can be reported."""
    if configuration.mode != "production":
        return
    if configuration.security_contact:
        yield ok("security contact", f"{configuration.base_url}/.well-known/security.txt names it")
    else:
        mend = "Set it to mailto:security@... or to the address of a page; it appears in /.well-known/security.txt."
        yield warn("security contact", "PRAYA_SECURITY_CONTACT is not set", mend)


def redis(configuration: Configuration) -> CheckResults:
    """Redis answers, where rate limits are counted in it."""
    from limits.storage import storage_from_string

    if configuration.redis_url is None:
        if configuration.web_workers > 1:
            yield warn("redis", "each web process counts rate limits by itself", "Set PRAYA_REDIS_URL.")
        return
    if storage_from_string(configuration.redis_url).check():
        yield ok("redis", "answers")
    else:
        yield fail("redis", "does not answer", "Check PRAYA_REDIS_URL and that the server runs.")


def clock(configuration: Configuration) -> CheckResults:  # noqa: ARG001  the same form as its sisters
    """The clock is plausible. `database` compares it with PostgreSQL's."""
    now = datetime.now(UTC)
    if now < WRITTEN:
        yield fail("clock", f"it shows {now:%Y-%m-%d}, before this version was made", "Set the clock (NTP).")
    else:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M} UTC")


SETTINGS_CHECKS: tuple[Callable[[Configuration], CheckResults], ...] = (
    address,
    proxy,
    data_folder,
    master_keys,
    pack,
    mail,
    sms,
    security_contact,
    virus_scanner,
    redis,
    clock,
)


def database(configuration: Configuration) -> CheckResults:
    """The database answers, was made for this mode, and needs no migration."""
    from praya.project import startup

    try:
        startup.ready_django()
        from praya.project import health, migration
        from praya.project.installation import stamp

        migration.reach()
    except Refused as refusal:
        yield fail("database", str(refusal), "Check DATABASE_URL and that the server runs.")
        return
    from django.db import connection

    version = connection.get_database_version()
    named = f"{connection.display_name} {'.'.join(map(str, version))}"
    if connection.vendor == "postgresql":
        yield from _postgresql(named, version[0])
    else:
        yield ok("database", f"{named}, {connection.settings_dict['NAME']}")
        if configuration.web_workers > 1:
            yield warn("workers", "SQLite has one writer at a time", "Set PRAYA_WEB_WORKERS=1, or use PostgreSQL.")
    pending = health.pending_migrations()
    if pending:
        yield fail("migrations", f"{len(pending)} wait", "Run `praya migrate`.")
    else:
        yield ok("migrations", "all applied")
    mark = stamp.read()
    if mark is None:
        yield fail("stamp", "this database was never made ready", "Run `praya migrate`.")
    elif mark.mode != configuration.mode:
        yield fail("stamp", f"made in {mark.mode} mode, used in {configuration.mode}", "Use another DATABASE_URL.")
    else:
        yield ok("stamp", f"{mark.mode} since {mark.created_at:%Y-%m-%d}")
        if not pending:
            yield from keys_in_use()
            if connection.vendor == "postgresql" and configuration.mode == "production":
                yield from database_role()
            yield from draws(at=datetime.now(UTC))
            yield from worker(at=datetime.now(UTC))
            yield from systems(at=datetime.now(UTC))
            yield from stores()
            yield from processes()


def keys_in_use() -> CheckResults:
    """The master keys of the key file unwrap the keys in the database."""
    from praya.project import health

    try:
        health.prove_keys()
    except Refused as refusal:
        yield fail(
            "keys in use", str(refusal), "Put the right file back (PRAYA_KEYS); it may be in a backup of its own."
        )
    else:
        yield ok("keys in use", "the key file opens them")


def database_role() -> CheckResults:
    """The running role can change neither tables nor the triggers that keep the journal append-only."""
    from praya.project import database_roles

    excesses = database_roles.excesses()
    for excess in excesses:
        mend = "Give DATABASE_URL a role of its own and PRAYA_OWNER_DATABASE_URL the owner, then `praya migrate`."
        yield warn("database role", f"the role that runs {excess}", mend)
    if not excesses:
        yield ok("database role", "it reads and writes rows, and owns nothing")


def draws(*, at: datetime) -> CheckResults:
    """Every draw whose day has come was made."""
    from praya.journey import awarding, ballots, panels

    late = ballots.overdue(at=at)
    for service, draw in late:
        yield fail(
            "draws",
            f"the draw of {service} on {draw.on} is not made",
            "It is tried again every minute; the worker's log says why it fails (job=draw_ballots).",
        )
    for one, lacking in panels.overdue(at=at):
        yield fail(
            "judging",
            f"judging of {one.service} in the state '{one.state}' cannot be closed: {lacking} entries lack marks",
            "It is closed as soon as each entry has its quorum: ask the members of the panel, or add some.",
        )
    rankings = awarding.overdue(at=at)
    for ranking in rankings:
        yield fail(
            "rankings",
            f"the ranking of {ranking.service} in the state '{ranking.state}' on {ranking.on} is not made",
            "Judging in this state is still open."
            if ranking.why
            else "It is tried again every minute; the worker's log says why it fails (job=rank_cases).",
        )
    if not late and not rankings:
        yield ok("draws", "every draw and every ranking whose day came is made")


def worker(*, at: datetime) -> CheckResults:
    """The worker runs; none of its parts fails, hangs or is overdue; no effect was given up; the clock is believed."""
    from praya.project import watch

    troubles = watch.troubles(at=at)
    for trouble in troubles:
        yield (fail if trouble.grave else warn)(trouble.where, trouble.what, trouble.mend)
    if not troubles:
        yield ok("worker", "every part of it runs, and nothing is overdue")
    yield from _outside_checkpoints()


def systems(*, at: datetime) -> CheckResults:
    """Run the checks that plugs bring."""
    for one in plug.plugs():
        for path in one.checks:
            yield from plug.value(path)(at=at)


def stores() -> CheckResults:
    """The folders of the plugs' stores can be written; print their content."""
    for store in plug.stores():
        try:
            size = sum(path.stat().st_size for path in store.folder.rglob("*") if path.is_file())
            with tempfile.TemporaryFile(dir=store.folder):
                pass
        except OSError as problem:
            yield fail(
                "store",
                f"{store.name} cannot be used: {problem.strerror}",
                "Let the user of web and worker write into PRAYA_DATA_DIR.",
            )
            continue
        fate = "made again after a restore" if store.made_again else "in every backup"
        yield ok("store", f"{store.name}: {store.sentence} {size:,} bytes, {fate}")


def processes() -> CheckResults:
    """Programs that run beside web and worker; `praya demo` starts them by itself."""
    for one in plug.plugs():
        for process in one.processes:
            command = " ".join(("praya", *process.command))
            yield ok("process", f"{process.name} runs beside web and worker: `{command}`. {process.sentence}")


def _outside_checkpoints() -> CheckResults:
    from praya.kernel.journal import sealing, witness

    if sealing.latest() is not None and not witness.path().exists():
        yield warn(
            "checkpoints",
            f"{witness.path()} is not here: entries cut off at the journal's end are not seen",
            "The worker begins it again on its own machine; keep checkpoints elsewhere too.",
        )


def _postgresql(named: str, server: int) -> CheckResults:
    from django.db import connection

    from praya.project import dumps

    if server < OLDEST_POSTGRESQL:
        yield fail("database", named, f"Use PostgreSQL {OLDEST_POSTGRESQL} or later.")
    else:
        yield ok("database", named)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        apart = abs((cursor.fetchone()[0] - datetime.now(UTC)).total_seconds())
    if apart > CLOCK_SECONDS:
        yield fail("database clock", f"{apart:.0f} seconds apart from ours", "Set both clocks (NTP).")
    else:
        yield ok("database clock", "as ours")
    for program in ("pg_dump", "pg_restore"):
        held = dumps.client_version(program)
        if held is None or held < server:
            sentence = "is not installed" if held is None else f"is version {held}, the server is {server}"
            yield warn(
                "backup", f"{program} {sentence}", f"Install PostgreSQL's client {server}, or back up elsewhere."
            )
        else:
            yield ok("backup", f"{program} {held}")
