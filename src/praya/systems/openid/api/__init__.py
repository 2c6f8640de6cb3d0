"""The interface of the OpenID provider: clients, requests of browsers, tokens, consents and signing keys."""

from praya.systems.openid.api import authorizing, clients, consents, keys, logouts, proving, tokens, warnings
from praya.systems.openid.rules.clients import LANGUAGES, WAYS, Details, Unfit
from praya.systems.openid.rules.fields import FIELDS, SCOPES
from praya.systems.openid.rules.jose import ALGORITHMS
from praya.systems.openid.rules.keys import CACHED
from praya.systems.openid.rules.levels import ACR_VALUES, LEVELS
from praya.systems.openid.rules.refusal import ProtocolError
from praya.systems.openid.rules.requests import single

__all__ = [
    "ACR_VALUES", "ALGORITHMS", "CACHED", "FIELDS", "LANGUAGES", "LEVELS", "SCOPES", "WAYS", "Details", "ProtocolError",
    "Unfit", "authorizing", "clients", "consents", "keys", "logouts", "proving", "single", "tokens", "warnings",
]  # fmt: skip
