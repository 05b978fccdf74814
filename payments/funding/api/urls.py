"""Endpoints of the funding room."""

from django.urls import path

from payments.funding.api import views

urlpatterns = [
    path("top-ups/", views.TopUpList.as_view(), name="api_top_ups"),
    path("top-ups/<str:top_up>/", views.TopUpDetail.as_view(), name="api_top_up"),
    path("top-ups/<str:top_up>/cancel/", views.TopUpCancel.as_view(), name="api_top_up_cancel"),
]
