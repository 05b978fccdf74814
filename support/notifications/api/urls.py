"""Endpoints of the notifications room."""

from django.urls import path

from support.notifications.api import views

urlpatterns = [path("notifications/", views.NotificationList.as_view(), name="api_notifications")]
