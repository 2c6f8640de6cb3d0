"""The addresses of officers' signing in, below `/<lang>/desk/`."""

from django.urls import URLPattern, path

from praya.web.sign_in import passkeys, proofs
from praya.web.sign_in import views as identity

urlpatterns: list[URLPattern] = [
    path("sign-in", identity.ask, {"desk": True}),
    path("sign-in/code", identity.code, {"desk": True}),
    path("sign-in/passkey", passkeys.enter, {"desk": True}),
    path("sign-in/confirm", passkeys.officers_confirm),
    path("identity", proofs.officers_proof),
    path("passkeys", passkeys.officers_passkeys),
    path("sessions", identity.officers_sessions),
    path("to-portal", identity.as_resident),
]
