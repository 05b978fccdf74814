"""A bank account on the desk: shown masked, corrected by compliance only, and what a correction does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from accounts.audit.models import RecordedEvent
from ledger.money import Money
from payments.banking.models import BankAccount, Withdrawal
from tests.factories.people import give_money, make_person
from tests.factories.staff import desk, make_officer
from tests.factories.withdrawals import add_account, confirmed

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(db: None) -> User:
    user = make_person("anna")
    give_money(user, Money(600_000, "EUR"))
    return user


@pytest.fixture
def account(anna: User) -> BankAccount:
    return add_account(anna)


@pytest.fixture
def erin(db: None) -> User:
    return make_officer("erin", "compliance")


def url(account: BankAccount, act: str = "change") -> str:
    return f"/admin/payments/bankaccount/{account.pk}/{act}/"


def correct(officer: User, account: BankAccount, **sent: str) -> Any:
    values = {"holder_name": "Anna Maria Example", "bic": "COBADEFFXXX", "reason": "customer_asked"}
    return desk(officer).post(url(account, "correct"), values | sent, follow=True)


def again(account: BankAccount) -> BankAccount:
    return BankAccount.objects.get(pk=account.pk)


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


class TestThePage:
    def test_shows_no_iban_and_no_name(self, erin: User, account: BankAccount) -> None:
        answer = desk(erin).get(url(account))
        assert answer.status_code == 200
        assert "DE•• •••• 3000" in words(answer)
        assert "Anna E•••" in words(answer)
        for whole in ("DE89370400440532013000", "Anna Example"):
            assert whole not in answer.content.decode()

    def test_lists_accounts_masked(self, erin: User, account: BankAccount) -> None:
        page = desk(erin).get("/admin/payments/bankaccount/").content.decode()
        assert "DE•• •••• 3000" in page
        assert "DE89370400440532013000" not in page

    def test_support_only_looks(self, account: BankAccount) -> None:
        dave = make_officer("dave", "support")
        page = desk(dave).get(url(account))
        assert "Only compliance corrects bank accounts." in words(page)
        assert correct(dave, account).status_code == 403
        assert again(account).revision == 1

    def test_treasury_sees_nothing(self, account: BankAccount) -> None:
        grace = make_officer("grace", "treasury")
        assert desk(grace).get(url(account)).status_code == 403
        assert correct(grace, account).status_code == 403


class TestLists:
    @pytest.mark.parametrize("path", ["payments/bankaccount", "accounts/approval"])
    @pytest.mark.parametrize("name", ["status__exact", "q", "p"])
    def test_a_filter_the_database_cannot_read_is_no_filter(self, erin: User, path: str, name: str) -> None:
        answer = desk(erin).get(f"/admin/{path}/", {name: "a\x00"})
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/admin/{path}/?e=1")
        assert desk(erin).get(f"/admin/{path}/?e=1").status_code == 200

    def test_filters_are_named_in_the_officers_language(self, account: BankAccount) -> None:
        lili = make_officer("lili", "compliance", language="zh-hans")
        page = words(desk(lili).get("/admin/payments/bankaccount/"))
        assert "按 状态" in page
        assert "按 国家或地区" in page


class TestCorrecting:
    def test_is_a_new_revision_of_the_officers(self, erin: User, account: BankAccount) -> None:
        before = again(account)
        answer = correct(erin, account)
        after = again(account)
        assert "The bank account is corrected." in words(answer)
        assert (after.holder_name, after.revision, after.last_editor) == ("Anna Maria Example", 2, erin)
        assert after.iban == before.iban
        assert RecordedEvent.objects.filter(name="bank_account.corrected", subject_id=account.pk).count() == 1

    def test_sends_its_withdrawals_back_to_review(self, erin: User, anna: User, account: BankAccount) -> None:
        row = confirmed(anna, account, 60_000)
        frank = make_officer("frank", "compliance_lead")
        desk(frank).post(
            f"/admin/payments/withdrawal/{row.pk}/act/approve/", {"revision": row.revision, "account_revision": 1}
        )
        assert Withdrawal.objects.get(pk=row.pk).status == "APPROVED"
        correct(erin, account)
        found = Withdrawal.objects.get(pk=row.pk)
        assert (found.status, found.approved_by) == ("UNDER_REVIEW", None)

    def test_an_empty_name_keeps_the_name(self, erin: User, account: BankAccount) -> None:
        answer = correct(erin, account, holder_name="", bic="COBADEFF")
        assert answer.status_code in {200, 409}
        assert again(account).holder_name == account.holder_name

    @pytest.mark.parametrize(
        ("sent", "status", "said"),
        [
            ({"reason": ""}, 422, "Fill in “Reason”."),
            ({"reason": "because"}, 422, "Select a valid choice"),
            ({"bic": "NOTABIC"}, 400, ""),
            ({"bic": "BNPAFRPPXXX"}, 400, ""),
            ({"holder_name": "12345"}, 400, ""),
        ],
    )
    def test_says_what_is_wrong_and_keeps_what_was_typed(
        self, erin: User, account: BankAccount, sent: dict[str, str], status: int, said: str
    ) -> None:
        answer = correct(erin, account, **sent)
        assert answer.status_code == status
        assert said in words(answer)
        assert f'value="{sent.get("holder_name", "Anna Maria Example")}"' in answer.content.decode()
        assert again(account).revision == 1

    def test_twice_is_once(self, erin: User, account: BankAccount) -> None:
        correct(erin, account)
        assert correct(erin, account).status_code == 409
        assert again(account).revision == 2
