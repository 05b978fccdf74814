"""Pages of support, by room."""

from django.urls import include, path

urlpatterns = [
    path("", include("support.help.urls")),
    path("", include("support.notifications.urls")),
]
