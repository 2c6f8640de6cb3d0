"""Every setting of an installation, declared once: name, type, default and one sentence.

The environment is the only source. What a department may choose belongs in its service definition, not here.
"""

import difflib
import os
import sys
from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import available_timezones

from pydantic import AliasChoices, BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from praya.definition import sizes
from praya.kernel import plug
from praya.kernel.plug import Plug
from praya.project.refusal import Refused

PREFIX = "PRAYA_"
PACKAGE = Path(__file__).resolve().parents[1]
"""The folder of the installed `praya` package."""

Mode = Literal["demo", "preview", "production", "test"]
CommaList = Annotated[tuple[str, ...], NoDecode]


def shipped_pack() -> Path:
    """The Hong Kong pack of the checkout when there is one, else the one inside the installed package."""
    checkout = PACKAGE.parents[1] / "packs" / "hongkong"
    return checkout if checkout.is_dir() else PACKAGE / "packs" / "hongkong"


def pack_here() -> Path:
    """The pack in whose folder the process was started, at any depth, else the shipped one."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it was deleted meanwhile
        return shipped_pack()
    return next((folder for folder in (here, *here.parents) if folder.joinpath("pack.yaml").is_file()), shipped_pack())


class Configuration(BaseSettings):
    """The settings of one installation, frozen. `django.conf.settings.PRAYA` holds those in force."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True, case_sensitive=False
    )

    mode: Mode = Field(
        default="production",
        description="What this installation is for: `demo` (invented people), `production` or `test`; "
        "`preview` is for `praya preview` alone.",
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000",
        description="The address that people see, without a path; production needs https.",
    )
    allowed_hosts: CommaList = Field(
        default=("localhost", "127.0.0.1", "[::1]"),
        description="The host names that requests may name, separated by commas.",
    )
    hsts_subdomains: bool = Field(
        default=True,
        description="Whether browsers insist on https for the names below ours too; turn it off where one has none.",
    )
    behind_proxy: bool = Field(
        default=True,
        description="Whether a proxy ends TLS and sets X-Forwarded-Proto, removing what came from outside.",
    )
    trusted_proxies: CommaList = Field(
        default=("127.0.0.0/8", "::1/128"),
        description="The networks of our own proxies, separated by commas. What they write into X-Forwarded-For is "
        "believed, from anybody else it is ignored.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_URL", "database_url"),
        description="`postgresql://user:password@host:port/name` or `sqlite:///path`; "
        "when absent, SQLite in the data folder.",
    )
    owner_database_url: SecretStr | None = Field(
        default=None,
        description="The same database as the role that owns the tables, for `praya migrate` and `praya restore`; "
        "without it DATABASE_URL's role does everything.",
    )
    data_dir: Path = Field(
        default=Path("var"),
        validate_default=True,
        description="The folder for all that is kept on disk: the SQLite file, uploads, keys, built files.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Signs cookies and tokens; at least 50 characters. Demo and test make their own.",
    )
    secret_key_fallbacks: CommaList = Field(
        default=(),
        description="Earlier secret keys, separated by commas, that still open what they signed; "
        "empty it some days after a change of key.",
        repr=False,
    )
    keys: Path | None = Field(
        default=None,
        description='The file of the master keys of personal data: {"current": id, "keys": {id: base64}}.',
    )
    backup_recipients: CommaList = Field(
        default=(),
        description="Who can open backups instead of the key file's holder: age recipients (`age1...`) or public SSH "
        "keys, separated by commas.",
    )
    pack: Path = Field(
        default_factory=pack_here,
        description="The folder of the territory's pack: its services, lists, languages and calendar. Without it, "
        "it is the pack in whose folder the command is run.",
    )
    time_zone: str = Field(default="Asia/Hong_Kong", description="The zone in which people read times.")

    smtp_host: str | None = Field(default=None, description="The mail server; without it no e-mail leaves.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="The mail server's port.")
    smtp_user: str | None = Field(default=None, description="The mail server's user, when it asks for one.")
    smtp_password: SecretStr | None = Field(default=None, description="The mail server's password.")
    smtp_starttls: bool = Field(default=True, description="Whether the mail connection is upgraded to TLS.")
    smtp_from: str = Field(
        default="Praya <no-reply@praya.example>", description="Who the e-mails are from, as `Name <address>`."
    )
    security_contact: CommaList = Field(
        default=(),
        description="Where weaknesses are reported, as `mailto:security@...` or `https://...`, separated by commas; "
        "`/.well-known/security.txt` says so.",
    )
    sms_url: str | None = Field(default=None, description="The HTTP gateway that sends SMS; without it no SMS leaves.")
    sms_token: SecretStr | None = Field(default=None, description="The bearer token for the SMS gateway.")

    redis_url: str | None = Field(
        default=None,
        repr=False,
        description="`redis://host:port/number` where rate limits are counted for all processes together; "
        "without it each counts its own. It needs the package `redis`.",
    )
    clamd: str | None = Field(
        default=None,
        description="The virus scanner ClamAV as `host:port`; without it uploads are checked by their structure only.",
    )

    web_workers: int = Field(
        default=0,
        ge=0,
        le=256,
        description="Web processes; 0 chooses: one with SQLite, else one for each processor.",
    )
    web_threads: int = Field(default=4, ge=1, le=256, description="Requests that one web process answers at a time.")
    body_seconds: int = Field(
        default=20,
        ge=1,
        le=600,
        description="How long the body of a request may take whatever its size; from then on it must bring 2 kB a "
        "second.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="How much is logged; `debug` shows exception texts, and only outside production.",
    )
    access_log: Literal["files", "stdout", "off"] = Field(
        default="files",
        description="Where the access log goes, which holds source addresses and who was signed in: `files` in the "
        "data folder, one a day; `stdout`, for whoever keeps and deletes it elsewhere; or `off`.",
    )
    access_log_days: int = Field(
        default=14, ge=1, le=366, description="After how many days a file of the access log is deleted."
    )
    access_log_mb: int = Field(
        default=1000, ge=1, le=1_000_000, description="The largest file of the access log, of one day."
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        description="The bearer token for /metrics; without it only the machine itself may read them.",
    )
    session_minutes: int = Field(
        default=60, ge=5, le=1440, description="How long a resident stays signed in without doing anything."
    )
    officer_session_minutes: int = Field(
        default=30, ge=5, le=720, description="How long an officer stays signed in without doing anything."
    )
    upload_max_mb: int = Field(
        default=100,
        ge=sizes.MOST_MEGABYTES,
        le=1000,
        description="The most that one request may bring in files; never less than a page may ask for.",
    )
    uploads_a_day_mb: int = Field(
        default=500, ge=1, le=100_000, description="How much one person may send in files within a day."
    )
    request_max_kb: int = Field(
        default=16384,
        ge=sizes.BYTES // 1024,
        le=65536,
        description="The largest request apart from its files; never less than a page may ask for.",
    )
    disk_reserve_mb: int = Field(
        default=200,
        ge=0,
        le=1_000_000,
        description="The room that uploads leave free on the disk; below it they are refused and /readyz says `disk`.",
    )

    @field_validator(
        "allowed_hosts",
        "secret_key_fallbacks",
        "backup_recipients",
        "trusted_proxies",
        "security_contact",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("security_contact", mode="after")
    @classmethod
    def _contact(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not one.startswith(("mailto:", "https://", "tel:")) or not one.isprintable() for one in value):
            raise ValueError("it must be addresses that begin with mailto:, https:// or tel:")
        return value

    @field_validator("trusted_proxies", mode="after")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                ip_network(one, strict=False)
            except ValueError:
                raise ValueError("it must be networks such as 127.0.0.0/8,10.1.0.0/16") from None
        return value

    @field_validator("data_dir", "keys", "pack", mode="after")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().resolve() if value is not None else None

    @field_validator("redis_url", mode="after")
    @classmethod
    def _redis(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme not in {"redis", "rediss"}:
            raise ValueError("it must begin with redis:// or rediss://")
        if value is not None and find_spec("redis") is None:
            raise ValueError("the package `redis` is not installed")
        return value

    @field_validator("time_zone", mode="after")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("it must be a zone such as Asia/Hong_Kong")
        return value

    @field_validator("base_url", mode="after")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("it must be an address such as https://services.example.org")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("it must have no path")
        return value.rstrip("/")

    @property
    def demo(self) -> bool:
        """Whether this is a demonstration with invented people."""
        return self.mode in {"demo", "preview"}

    @property
    def throwaway(self) -> bool:
        """Whether all data is discarded when the process ends, so that writes need not survive a power cut."""
        return self.mode in {"preview", "test"}

    @property
    def secure(self) -> bool:
        """Whether people reach the site over https, so that cookies and HSTS may require it."""
        return self.base_url.startswith("https://")

    @property
    def keys_path(self) -> Path:
        """The path of the master keys, from the setting or by default."""
        return self.keys or self.data_dir / "keys.json"

    @property
    def files_dir(self) -> Path:
        """The folder of the encrypted uploads."""
        return self.data_dir / "files"

    def problems(self) -> list[str]:
        """The reasons for which these settings are refused, a sentence each; empty when they are good."""
        return [*self.incomplete(), *(self.exposed() if self.mode == "production" else [])]

    def incomplete(self) -> list[str]:
        """Settings that are missing, or too weak to run with, a sentence each."""
        if self.mode == "preview" and urlsplit(self.base_url).hostname != "127.0.0.1":
            return ["A preview lives on http://127.0.0.1 only; PRAYA_MODE=preview is for `praya preview`."]
        if self.mode != "production":
            return []
        problems = []
        if self.secret_key is None:
            problems.append("PRAYA_SECRET_KEY is missing: production needs a secret key of its own.")
        elif len(self.secret_key.get_secret_value()) < 50:
            problems.append("PRAYA_SECRET_KEY is too short: it needs at least 50 characters.")
        if self.keys is None:
            problems.append("PRAYA_KEYS is missing: production needs the path of its file of master keys.")
        if not self.secure:
            problems.append("PRAYA_BASE_URL must begin with https:// in production.")
        if "allowed_hosts" not in self.model_fields_set:
            problems.append("PRAYA_ALLOWED_HOSTS is missing: name the hosts that people use.")
        elif "*" in self.allowed_hosts:
            problems.append("PRAYA_ALLOWED_HOSTS must name hosts in production, not `*`.")
        return problems

    def exposed(self) -> list[str]:
        """Connections to other machines without encryption, and a missing sender of e-mails, a sentence each."""
        problems = []
        for name, url in (("DATABASE_URL", self.database_url), ("PRAYA_OWNER_DATABASE_URL", self.owner_database_url)):
            if url is not None and not _encrypted(url.get_secret_value()):
                mend = "add `?sslmode=verify-full` (or at least `require`)"
                problems.append(f"{name} names another machine without TLS: {mend}.")
        if self.sms_url is not None and not self.sms_url.startswith("https://") and not _here(self.sms_url):
            problems.append("PRAYA_SMS_URL must begin with https://: telephone numbers must not travel in the open.")
        if self.redis_url is not None and not self.redis_url.startswith("rediss://") and not _here(self.redis_url):
            problems.append("PRAYA_REDIS_URL must begin with rediss:// for another machine.")
        if self.smtp_host is not None:
            if not self.smtp_starttls and not _here(f"smtp://{self.smtp_host}"):
                problems.append(
                    "PRAYA_SMTP_STARTTLS must be on for another machine: letters must not travel in the open."
                )
            if parseaddr(self.smtp_from)[1].lower().endswith((".example", "@example")):
                problems.append("PRAYA_SMTP_FROM is missing: say who the e-mails are from, as `Name <address>`.")
        return problems


def _here(url: str) -> bool:
    """Whether an address belongs to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _encrypted(database_url: str) -> bool:
    """Whether a database is on this machine or its address requires TLS."""
    parts = urlsplit(database_url)
    options = dict(parse_qsl(parts.query))
    hosts = (options.get("host") or parts.netloc.rpartition("@")[2]).split(",")
    if parts.scheme not in {"postgresql", "postgres"} or options.get("sslmode") in {
        "require", "verify-ca", "verify-full",
    }:  # fmt: skip
        return True
    # An empty host, or one that is a path, is a socket of this machine.
    return all(not host or host.startswith("/") or _here(f"//{host}") for host in hosts)


def environment_name(field: str) -> str:
    """The name of the environment variable that sets a field."""
    return "DATABASE_URL" if field == "database_url" else PREFIX + field.upper()


def unknown_names(environment: Mapping[str, str]) -> dict[str, str | None]:
    """The PRAYA_ variables that are no settings, each with the nearest name that is one."""
    known = [environment_name(field) for field in Configuration.model_fields] + [name for name, _, _ in of_plugs()]
    ours = sorted(name for name in environment if name.upper().startswith(PREFIX))
    strangers = [name for name in ours if name.upper() not in known]
    return {name: next(iter(difflib.get_close_matches(name.upper(), known, 1)), None) for name in strangers}


def of_plugs() -> Iterator[tuple[str, Plug, str]]:
    """The settings that plugs bring: the variable, the plug, the field of its model."""
    for one in plug.plugs():
        if one.settings:
            for field in plug.value(one.settings).model_fields:
                yield f"{PREFIX}{one.name}_{field}".upper(), one, field


def load_plugs(environment: Mapping[str, str]) -> dict[str, BaseModel]:
    """Each plug's settings from the environment. Raises Refused with a sentence for each value that cannot be used."""
    given: dict[str, dict[str, str]] = {one.name: {} for one in plug.plugs() if one.settings}
    owners = {environment_name(field): "Praya itself" for field in Configuration.model_fields}
    for variable, one, field in of_plugs():
        if (first := owners.setdefault(variable, one.package)) != one.package:
            raise Refused(f"{one.package}/plug.py: {first} declares the setting {variable} already; rename the field.")
        if environment.get(variable):
            given[one.name][field] = environment[variable]
    models, wrong = {}, []
    for one in plug.plugs():
        if one.settings:
            try:
                models[one.name] = plug.value(one.settings).model_validate(given[one.name])
            except ValidationError as error:
                fields = [(str(problem["loc"][0]), problem["msg"]) for problem in error.errors()]
                wrong += [_sentence((f"{one.name}_{field}",), message) for field, message in fields]
    if wrong:
        raise Refused("\n".join(wrong))
    return models


def load() -> Configuration:
    """Read the settings from the environment.

    Raises Refused with a sentence for each value that cannot be used. Values are not repeated: they may be secret.
    """
    try:
        return Configuration()
    except ValidationError as error:
        sentences = [_sentence(problem["loc"], problem["msg"]) for problem in error.errors()]
        raise Refused("\n".join(sentences)) from None


def _for_demo() -> str:
    return f"PRAYA_MODE=demo praya {sys.argv[1] if len(sys.argv) > 1 else 'publish'} ..."


def _sentence(where: tuple[int | str, ...], message: str) -> str:
    field = str(where[0]) if where else ""
    name = field if field == "DATABASE_URL" else environment_name(field)
    return f"{name} cannot be used: {message.removeprefix('Value error, ')}."


_examining = False


def only_examine() -> None:
    """Allow settings that `exposed` refuses in this process, which only examines the installation."""
    global _examining  # noqa: PLW0603 (a process is the doctor's or not)
    _examining = True


def in_use() -> Configuration:
    """The settings from the environment, complete for their mode.

    Raises Refused with every sentence of `problems`.
    """
    configuration = load()
    if problems := configuration.incomplete() if _examining else configuration.problems():
        if "PRAYA_MODE" not in os.environ:
            problems.append(
                "(PRAYA_MODE is not set, so this is production. `praya demo` needs no settings; once it has made a "
                f"demonstration in this folder, a command means that with PRAYA_MODE=demo before it: {_for_demo()}.)"
            )
        raise Refused("\n".join(problems))
    plug.configure(load_plugs(os.environ))
    return configuration
