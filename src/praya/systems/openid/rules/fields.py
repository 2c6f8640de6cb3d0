"""The data that may go to a client, field by field: which scopes and claims ask for each, and what the person sees."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"name": ("name",), "email": ("email", "email_verified"), "language": ("locale",)}
)
"""Field, as a person agrees to it -> the claims that it consists of."""
SCOPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"openid": (), "profile": ("name", "language"), "email": ("email",), "offline_access": ()}
)
"""Scope -> the fields that it asks for."""
OF_CLAIM = {claim: field for field, claims in FIELDS.items() for claim in claims}


def of_scopes(scopes: Iterable[str]) -> set[str]:
    """The fields that these scopes ask for."""
    return {field for scope in scopes for field in SCOPES.get(scope, ())}


def of_claims(claims: Iterable[str]) -> set[str]:
    """The fields that these claims belong to; what is no field of ours is left out, as OpenID Connect wants it."""
    return {OF_CLAIM[claim] for claim in claims if claim in OF_CLAIM}
