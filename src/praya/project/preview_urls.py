"""Every address of a preview: those of the site, and those of the preview's bar."""

from django.urls import include, path

from praya.project import urls

urlpatterns = [path("preview/", include("praya.web.preview.urls")), *urls.urlpatterns]

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
