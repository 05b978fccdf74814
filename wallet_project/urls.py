"""The roof: every address of the wallet, by app. Rooms own theirs; this file only mounts them."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from wallet_project import health
from wallet_project.lib.theme import set_theme

urlpatterns = [
    path("", include("support.urls")),
    path("", include("accounts.urls")),
    path("", include("payments.urls")),
    path("", include("transfers.urls")),
    path("account/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path("api/v1/", include("wallet_project.api")),
    path("admin/", admin.site.urls),
    path("theme/", set_theme, name="set_theme"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("csp-report/", health.csp_report, name="csp_report"),
]

if settings.DEV_OUTBOX:
    urlpatterns += [
        path("dev/styleguide/", include("wallet_project.styleguide")),
        path("dev/", include("wallet_project.dev_outbox")),
    ]
