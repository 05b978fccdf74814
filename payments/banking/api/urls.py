"""Endpoints of the banking room."""

from django.urls import path

from payments.banking.api import views

urlpatterns = [
    path("bank-accounts/", views.BankAccounts.as_view(), name="api_bank_accounts"),
    path("bank-accounts/<str:account_id>/", views.BankAccountDetail.as_view(), name="api_bank_account"),
    path("withdrawals/", views.Withdrawals.as_view(), name="api_withdrawals"),
    path("withdrawals/terms/", views.WithdrawalTerms.as_view(), name="api_withdrawal_terms"),
    path("withdrawals/<str:withdrawal_id>/", views.WithdrawalDetail.as_view(), name="api_withdrawal"),
    path("withdrawals/<str:withdrawal_id>/cancel/", views.WithdrawalCancel.as_view(), name="api_withdrawal_cancel"),
    path("withdrawals/<str:withdrawal_id>/answer/", views.WithdrawalAnswer.as_view(), name="api_withdrawal_answer"),
]
