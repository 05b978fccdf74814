"""Endpoints of the overview."""

from django.urls import path

from accounts.overview.api import views

urlpatterns = [
    path("me/", views.Me.as_view(), name="api_me"),
    path("me/access-log/", views.AccessLog.as_view(), name="api_access_log"),
    path("me/devices/", views.Devices.as_view(), name="api_devices"),
    path("me/devices/<str:device>/", views.Device.as_view(), name="api_device"),
]
