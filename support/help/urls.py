"""Pages of the help room: landing, help, and the answer to a request."""

from django.urls import path

from support.help import views

urlpatterns = [
    path("", views.landing, name="landing"),
    path("help/", views.help_page, name="help"),
    path("help/sent/", views.help_sent, name="help_sent"),
]
