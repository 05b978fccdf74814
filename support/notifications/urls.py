"""Pages of the notifications room."""

from django.urls import path

from support.notifications import views

urlpatterns = [path("notifications/", views.inbox, name="notifications")]
