"""Pages of transfers, by room."""

from django.urls import include, path

urlpatterns = [
    path("", include("transfers.p2p.urls")),
]
