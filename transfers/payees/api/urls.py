"""Endpoints of the payees room."""

from django.urls import path

from transfers.payees.api import views

urlpatterns = [
    path("payees/resolve/", views.PayeeResolve.as_view(), name="api_payee_resolve"),
    path("payees/", views.PayeeList.as_view(), name="api_payees"),
    path("payees/<str:payee_id>/", views.PayeeDetail.as_view(), name="api_payee"),
]
