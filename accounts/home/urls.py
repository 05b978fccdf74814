"""Pages of the home room."""

from django.urls import path

from accounts.home import views

urlpatterns = [path("home/", views.home, name="home")]
