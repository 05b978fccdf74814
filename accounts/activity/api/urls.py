"""Endpoints of the activity room."""

from django.urls import path

from accounts.activity.api import views

urlpatterns = [
    path("activity/", views.Activity.as_view(), name="api_activity"),
    path("activity/<str:item_id>/", views.ActivityDetail.as_view(), name="api_activity_item"),
]
