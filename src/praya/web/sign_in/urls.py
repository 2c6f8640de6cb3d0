"""The addresses of signing in and out, below `/<lang>/`."""

from django.urls import URLPattern, path

from praya.web.sign_in import passkeys, proofs
from praya.web.sign_in import views as identity

urlpatterns: list[URLPattern] = [
    path("sign-in", identity.ask),
    path("sign-in/code", identity.code),
    path("sign-in/invented", identity.as_invented),
    path("sign-in/passkey", passkeys.enter),
    path("sign-in/confirm", passkeys.residents_confirm),
    path("passkey-options", passkeys.options),
    path("identity", proofs.residents_proof),
    path("passkeys", passkeys.residents_passkeys),
    path("sign-out", identity.out),
    path("session", identity.session),
    path("sessions", identity.residents_sessions),
    path("to-desk", identity.as_officer),
    path("demo/messages", identity.messages),
]
