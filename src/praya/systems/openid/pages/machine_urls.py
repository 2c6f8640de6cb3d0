"""The endpoints for clients, below `/openid/`."""

from django.urls import URLPattern, path

from praya.systems.openid.pages import endpoints

urlpatterns: list[URLPattern] = [
    path("par", endpoints.push),
    path("token", endpoints.token),
    path("userinfo", endpoints.userinfo),
    path("introspect", endpoints.introspect),
    path("revoke", endpoints.revoke),
    path("keys", endpoints.keys),
]
