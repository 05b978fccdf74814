"""Pages of sending money."""

from django.urls import path

from transfers.p2p import views

urlpatterns = [
    path("send/", views.send, name="send"),
    path("send/<slug:draft_id>/amount/", views.send_amount, name="send_amount"),
    path("send/<slug:draft_id>/review/", views.send_review, name="send_review"),
    path("transfers/<str:transfer_id>/", views.transfer, name="transfer"),
    path("transfers/<str:transfer_id>/confirm/", views.transfer_confirm, name="transfer_confirm"),
    path("transfers/<str:transfer_id>/cancel/", views.transfer_cancel, name="transfer_cancel"),
]
