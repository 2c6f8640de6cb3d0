"""A site with one view that fails with what a person typed, for the tests of logs."""

from django.urls import path


def fail(request, name):
    try:
        int(request.GET["hkid"])
    except ValueError as problem:
        raise RuntimeError(f"no such person: {name}") from problem


urlpatterns = [path("people/<str:name>", fail)]
