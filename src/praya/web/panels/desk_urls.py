"""The addresses of panels at the desk, below `/<lang>/desk/`."""

from django.urls import URLPattern, path

from praya.web.panels import department, views

urlpatterns: list[URLPattern] = [
    path("panels", views.desk_list),
    path("panels/entries/<str:ref>", views.desk_entry),
    path("panels/entries/<str:ref>/files/<str:upload>", views.desk_file),
    path("panels/rounds/<str:ref>", views.desk_round),
    path("panels/rounds/<str:ref>/<int:number>", views.desk_score),
    path("panels/rounds/<str:ref>/minutes", department.minutes),
    path("panels/rounds/<str:ref>/ranking.txt", department.lines),
    path("panels/of/<slug:service>/<str:panel>", department.members),
]
