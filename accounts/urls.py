"""Pages of the accounts rooms."""

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.activity.urls")),
    path("", include("accounts.home.urls")),
    path("", include("accounts.identity.urls")),
    path("", include("accounts.limits.urls")),
    path("", include("accounts.overview.urls")),
    path("", include("accounts.privacy.urls")),
    path("", include("accounts.statements.urls")),
    path("", include("accounts.stepup.urls")),
    path("", include("accounts.wallets.urls")),
]
