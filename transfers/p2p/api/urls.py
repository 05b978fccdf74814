"""Endpoints of the p2p room."""

from django.urls import path

from transfers.p2p.api import views

urlpatterns = [
    path("transfers/", views.TransferList.as_view(), name="api_transfers"),
    path("transfers/<str:transfer_id>/", views.TransferDetail.as_view(), name="api_transfer"),
    path("transfers/<str:transfer_id>/cancel/", views.TransferCancel.as_view(), name="api_transfer_cancel"),
]
