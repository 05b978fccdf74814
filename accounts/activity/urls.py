"""Pages of the activity room."""

from django.urls import path

from accounts.activity import views

urlpatterns = [
    path("activity/", views.feed, name="activity"),
    path("activity/<str:item_id>/", views.item, name="activity_item"),
]
