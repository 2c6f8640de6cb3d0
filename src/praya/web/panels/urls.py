"""The addresses of a member of a panel, below `/<lang>/`."""

from django.urls import URLPattern, path

from praya.web.panels import views

urlpatterns: list[URLPattern] = [
    path("panels", views.own_list),
    path("panels/entries/<str:ref>", views.own_entry),
    path("panels/entries/<str:ref>/files/<str:upload>", views.own_file),
    path("panels/rounds/<str:ref>", views.own_round),
    path("panels/rounds/<str:ref>/<int:number>", views.own_score),
]
