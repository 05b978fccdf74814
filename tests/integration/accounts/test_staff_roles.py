"""Roles as code: the groups in the database equal the table, and the table is what each role can do on the desk."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from accounts.audit.models import RecordedEvent
from accounts.identity.models import User
from accounts.staff import policy
from accounts.staff.errors import PermissionsMissing, RoleUnknown
from accounts.staff.policy import COMPLIANCE, COMPLIANCE_LEAD, GROUPS, SUPPORT, TREASURY
from accounts.staff.services import give_role, sync_groups
from tests.factories.people import ORIGIN, make_person, make_staff, now
from tests.factories.staff import desk, make_officer

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.django_db

ROLES = (SUPPORT, COMPLIANCE, COMPLIANCE_LEAD, TREASURY)

# Each list of the desk, and who may open it. Everybody else gets 403.
PAGES: dict[str, set[str]] = {
    "/admin/": set(ROLES),
    "/admin/accounts/user/": {SUPPORT, COMPLIANCE, COMPLIANCE_LEAD},
    "/admin/accounts/paymentpindevice/": {SUPPORT},
    "/admin/accounts/approval/": {COMPLIANCE, COMPLIANCE_LEAD, TREASURY},
    "/admin/accounts/recordedevent/": {COMPLIANCE, COMPLIANCE_LEAD},
    "/admin/accounts/riskdecision/": {COMPLIANCE, COMPLIANCE_LEAD},
    "/admin/accounts/securityeventrecord/": {COMPLIANCE, COMPLIANCE_LEAD},
    "/admin/accounts/limitusage/": {COMPLIANCE, COMPLIANCE_LEAD},
    "/admin/accounts/delivery/": {COMPLIANCE_LEAD, TREASURY},
    "/admin/accounts/jobrun/": {COMPLIANCE_LEAD, TREASURY},
    "/admin/ledger/account/": {TREASURY},
    "/admin/ledger/check/": {TREASURY},
    "/admin/ledger/checkpoint/": {TREASURY},
    "/admin/ledger/entry/": {TREASURY},
    "/admin/ledger/hold/": {TREASURY},
    "/admin/payments/bankaccount/": {SUPPORT, COMPLIANCE, COMPLIANCE_LEAD},
    "/admin/payments/bankmessage/": {TREASURY},
    "/admin/payments/bankstatement/": {TREASURY},
    "/admin/payments/clearingcheck/": {TREASURY},
    "/admin/payments/payoutbatch/": {TREASURY},
    "/admin/payments/payoutitem/": {TREASURY},
    "/admin/payments/reconciliationbreak/": {TREASURY},
    "/admin/payments/topup/": set(ROLES),
    "/admin/payments/withdrawal/": set(ROLES),
    "/admin/payments/providerevent/": {TREASURY},
    "/admin/support/helprequest/": {SUPPORT, COMPLIANCE, COMPLIANCE_LEAD},
    "/admin/support/noticemessage/": {SUPPORT},
    "/admin/transfers/transfer/": {SUPPORT, COMPLIANCE, COMPLIANCE_LEAD},
}

# What is done, by the permission its page and its service ask for, and who may.
ACTS: dict[str, set[str]] = {
    "accounts.change_delivery": {COMPLIANCE_LEAD, TREASURY},
    "accounts.change_user": {COMPLIANCE, COMPLIANCE_LEAD},
    "accounts.force_pin_reset": {SUPPORT},
    "accounts.reveal_person": {SUPPORT, COMPLIANCE, COMPLIANCE_LEAD},
    "payments.correct_bankaccount": {COMPLIANCE, COMPLIANCE_LEAD},
    "payments.correct_payoutitem": {TREASURY},
    "payments.decide_topup": {TREASURY},
    "payments.resolve_bankmessage": {TREASURY},
    "payments.resolve_reconciliationbreak": {TREASURY},
    "payments.review_withdrawal": {COMPLIANCE, COMPLIANCE_LEAD},
    "payments.second_approve_withdrawal": {COMPLIANCE_LEAD},
    "support.change_helprequest": {SUPPORT},
    "transfers.change_transfer": {COMPLIANCE, COMPLIANCE_LEAD},
}


def in_the_database() -> dict[str, set[str]]:
    return {
        group.name: {f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.all()}
        for group in Group.objects.prefetch_related("permissions__content_type")
    }


def in_the_code() -> dict[str, set[str]]:
    return {name: set(permissions) for name, permissions in GROUPS.items()}


class TestSyncGroups:
    def test_a_migrated_database_has_the_groups_of_the_code(self) -> None:
        assert in_the_database() == in_the_code()

    def test_takes_back_what_somebody_changed(self) -> None:
        support = Group.objects.get(name=SUPPORT)
        support.permissions.add(Permission.objects.get(codename="review_withdrawal"))
        support.permissions.remove(Permission.objects.get(codename="view_user"))
        Group.objects.filter(name=TREASURY).delete()
        Group.objects.create(name="made by hand")
        assert in_the_database() != in_the_code()
        sync_groups()
        assert in_the_database() == in_the_code()

    def test_names_a_permission_that_nobody_has_and_changes_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        wrong: Mapping[str, frozenset[str]] = {"x": frozenset({"accounts.view_user", "accounts.misspelt"})}
        monkeypatch.setattr("accounts.staff.services.GROUPS", wrong)
        with pytest.raises(PermissionsMissing) as refusal:
            sync_groups()
        assert refusal.value.missing == ["accounts.misspelt"]
        with pytest.raises(CommandError, match=r"No such permission: accounts\.misspelt"):
            call_command("sync_groups")
        assert in_the_database() == in_the_code()

    def test_the_command_says_what_there_is(self) -> None:
        out = StringIO()
        call_command("sync_groups", stdout=out)
        assert out.getvalue() == "Groups: compliance, compliance_lead, support, treasury\n"


class TestGiveRole:
    def test_is_one_role_and_is_recorded(self) -> None:
        erin = make_officer("erin", SUPPORT)
        give_role(user=erin, role=COMPLIANCE, actor="operator", origin=ORIGIN, at=now())
        give_role(user=erin, role=COMPLIANCE, actor="operator", origin=ORIGIN, at=now())
        assert list(erin.groups.values_list("name", flat=True)) == [COMPLIANCE]
        events = RecordedEvent.objects.filter(name="role_given", subject_id=erin.pk).order_by("id")
        assert [event.payload["role"] for event in events] == [SUPPORT, COMPLIANCE]
        assert events[1].payload["before"] == [SUPPORT]

    def test_customers_and_unknown_roles_are_refused(self) -> None:
        for user, role in ((make_person("alice"), SUPPORT), (make_staff("dave"), "root")):
            with pytest.raises(RoleUnknown):
                give_role(user=user, role=role, actor="operator", origin=ORIGIN, at=now())
            assert not user.groups.exists()

    def test_the_command_knows_staff_only(self) -> None:
        make_person("alice")
        dave, out = make_staff("dave"), StringIO()
        call_command("give_role", "dave", SUPPORT, stdout=out)
        assert out.getvalue() == "dave: support\n"
        assert User.objects.get(pk=dave.pk).has_perm("accounts.force_pin_reset")
        with pytest.raises(CommandError, match="There is no member of staff alice"):
            call_command("give_role", "alice", SUPPORT)


class TestWhoMayWhat:
    @pytest.mark.parametrize("role", ROLES)
    def test_pages(self, role: str) -> None:
        client = desk(make_officer("somebody", role))
        opened = {path: client.get(path).status_code for path in PAGES}
        assert opened == {path: 200 if role in roles else 403 for path, roles in PAGES.items()}

    @pytest.mark.parametrize("role", ROLES)
    def test_acts(self, role: str) -> None:
        officer = make_officer("somebody", role)
        may = {permission for permission in ACTS if officer.has_perm(permission)}
        assert may == {permission for permission, roles in ACTS.items() if role in roles}

    def test_whatever_is_not_seeing_is_in_the_table_of_acts(self) -> None:
        given = {permission for permissions in GROUPS.values() for permission in permissions}
        assert {permission for permission in given if ".view_" not in permission} == set(ACTS)

    def test_every_list_of_the_desk_is_in_the_table_of_pages(self) -> None:
        lists = {f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry}
        assert lists | {"/admin/"} == set(PAGES)

    def test_without_a_role_the_desk_is_empty(self) -> None:
        client = desk(make_staff("nobody"))
        assert client.get("/admin/").status_code == 200
        assert {path: client.get(path).status_code for path in PAGES if path != "/admin/"} == dict.fromkeys(
            set(PAGES) - {"/admin/"}, 403
        )

    def test_nobody_may_add_change_or_delete_by_a_form(self) -> None:
        given = {permission for permissions in GROUPS.values() for permission in permissions}
        assert {one for one in given if ".add_" in one or ".delete_" in one} == set()
        assert policy.GROUPS.keys() == set(ROLES)
