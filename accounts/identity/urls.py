"""Pages of identity; sign-in itself is allauth's, under /account/."""

from django.urls import path

from accounts.identity import views

urlpatterns = [
    path("settings/", views.profile, name="settings"),
    path("settings/welcome/", views.welcome, name="welcome"),
    path("i18n/setlang/", views.set_language, name="set_language"),
]
