"""The addresses for monitoring: /healthz, /readyz and /metrics."""

from django.urls import path
from django.views.decorators.http import require_safe

from praya.project import health, metrics

urlpatterns = [
    path("healthz", require_safe(health.alive), name="healthz"),
    path("readyz", require_safe(health.ready), name="readyz"),
    path("metrics", require_safe(metrics.page), name="metrics"),
]
