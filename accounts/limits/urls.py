"""Pages of the limits room."""

from django.urls import path

from accounts.limits import views

urlpatterns = [path("settings/limits/", views.limits_page, name="limits")]
