"""The endpoints for clients: forms in, JSON out, and no cookie is read."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from praya.journey import load
from praya.kernel.plug import ErrorResponse
from praya.kernel.text import html_language
from praya.systems.openid import api as openid
from praya.web import rate_limits, who


def issuer() -> str:
    """The identifier of this provider."""
    return str(settings.PRAYA.base_url)


def problem(error: ErrorResponse) -> HttpResponse:
    """An error of the house as RFC 6749 writes it."""
    code = {429: "temporarily_unavailable", 404: "not_found"}.get(error.status, "invalid_request")
    code = "server_error" if error.status >= 500 else code
    said = {"error": code, "error_description": error.message}
    if error.request_id:
        said["error_uri"] = f"urn:praya:request:{error.request_id}"
    return JsonResponse(said, status=error.status, headers={"Cache-Control": "no-store"})


def _endpoint(view: Callable[[HttpRequest], dict[str, Any] | HttpResponse]) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        rate_limits.count("openid_machine", rate_limits.address(request))
        try:
            said = view(request)
        except openid.ProtocolError as refused:
            said = JsonResponse({"error": refused.code, "error_description": refused.sentence}, status=refused.status)
            for name, value in refused.headers.items():
                said[name] = value
        response = said if isinstance(said, HttpResponse) else JsonResponse(said)
        response["Cache-Control"] = "no-store"
        return response

    return csrf_exempt(who.open_to("anyone")(answered))


def _sent(request: HttpRequest) -> openid.proving.Sent:
    values = openid.single(dict(request.POST.lists()))
    return openid.proving.Sent(
        url=issuer() + request.path, method=request.method or "", values=values, issuer=issuer(),
        authorization=request.headers.get("Authorization", ""), proof=request.headers.get("DPoP", ""),
    )  # fmt: skip


@require_POST
@_endpoint
def push(request: HttpRequest) -> HttpResponse:
    """Take a pushed authorization request (RFC 9126)."""
    sent = _sent(request)
    mine = {"client_assertion", "client_assertion_type", "client_secret"}
    parameters = {name: values for name, values in request.POST.lists() if name not in mine}
    uri = openid.authorizing.push(sent, parameters, at=who.now())
    return JsonResponse({"request_uri": uri, "expires_in": openid.authorizing.PUSHED_SECONDS}, status=201)


@require_POST
@_endpoint
def token(request: HttpRequest) -> dict[str, Any]:
    """Give tokens for a code, or for a refresh token."""
    return openid.tokens.exchange(_sent(request), at=who.now())


@require_http_methods(["GET", "HEAD", "POST"])
@_endpoint
def userinfo(request: HttpRequest) -> dict[str, Any]:
    """Give the data of the person that they agreed to."""
    return openid.tokens.person_data(_sent(request), at=who.now())


@require_POST
@_endpoint
def introspect(request: HttpRequest) -> dict[str, Any]:
    """Say what a token is (RFC 7662)."""
    return openid.tokens.introspect(_sent(request), at=who.now())


@require_POST
@_endpoint
def revoke(request: HttpRequest) -> HttpResponse:
    """Revoke a token (RFC 7009)."""
    openid.tokens.revoke(_sent(request), at=who.now())
    return HttpResponse(status=200)


@require_safe
@who.open_to("anyone")
def keys(request: HttpRequest) -> HttpResponse:
    """The public keys (RFC 7517)."""
    response = JsonResponse(openid.keys.key_set(at=who.now()))
    response["Cache-Control"] = f"public, max-age={int(openid.CACHED.total_seconds())}"
    return response


@require_safe
@who.open_to("anyone")
def discovery(request: HttpRequest) -> HttpResponse:
    """The description of this provider (OpenID Connect Discovery, RFC 8414)."""
    here = issuer()
    ways = ["private_key_jwt", "client_secret_basic", "client_secret_post"]
    algorithms = list(openid.ALGORITHMS)
    response = JsonResponse(
        {
            "issuer": here,
            "authorization_endpoint": f"{here}/authorize",
            "pushed_authorization_request_endpoint": f"{here}/openid/par",
            "token_endpoint": f"{here}/openid/token",
            "userinfo_endpoint": f"{here}/openid/userinfo",
            "introspection_endpoint": f"{here}/openid/introspect",
            "revocation_endpoint": f"{here}/openid/revoke",
            "jwks_uri": f"{here}/openid/keys",
            "end_session_endpoint": f"{here}/end-session",
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": list(openid.SCOPES),
            "claims_supported": ["sub", *(claim for claims in openid.FIELDS.values() for claim in claims)],
            "claims_parameter_supported": True,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "acr_values_supported": list(openid.ACR_VALUES),
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": [*ways, "none"],
            "token_endpoint_auth_signing_alg_values_supported": algorithms,
            "introspection_endpoint_auth_methods_supported": ways,
            "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
            "revocation_endpoint_auth_methods_supported": [*ways, "none"],
            "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
            "dpop_signing_alg_values_supported": algorithms,
            "authorization_response_iss_parameter_supported": True,
            "ui_locales_supported": [html_language(language) for language in load.pack().languages],
            "service_documentation": f"{here}/en/privacy",
        }
    )
    response["Cache-Control"] = "public, max-age=3600"
    return response
