"""Nothing personal is kept longer than the table says, and nothing that is still needed goes early."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist

from accounts.identity.models import User
from accounts.privacy import services, tasks
from accounts.privacy.policy import RETENTION, RETENTION_JOB, kept
from accounts.privacy.registry import forgetting
from ledger.money import Money
from support.help import services as help_room
from support.help.models import HelpRequest
from support.notifications.models import NoticeMessage, NoticeState, Notification
from tests.factories.people import ORIGIN, give_money, make_person, make_staff, now
from tests.factories.transfers import known_payee, send
from transfers.p2p.models import Transfer
from transfers.payees.models import Payee
from transfers.payees.services import resolve
from wallet_project.lib.jobs import jobs

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def alice() -> User:
    return make_person("alice")


def just_before(code: str, at: datetime) -> datetime:
    """Kept long enough, by a minute."""
    return at - kept(code) - timedelta(minutes=1)


def just_after(code: str, at: datetime) -> datetime:
    """A minute short of it."""
    return at - kept(code) + timedelta(minutes=1)


class TestTable:
    def test_the_page_shows_it(self) -> None:
        page = (Path(settings.BASE_DIR) / "docs/concepts/privacy.md").read_text()
        shown = [line for line in page.partition("## How long")[2].splitlines() if line.startswith("|")][2:]
        wanted = [
            f"| {keep.what} | {keep.how_long} | {keep.why} | {f'`{keep.job}`' if keep.job else ''} |"
            for keep in RETENTION
        ]
        assert shown == wanted

    def test_each_line_of_the_job_has_a_room_that_forgets(self) -> None:
        assert {name for name, _ in forgetting.items()} == {one.code for one in RETENTION if one.job == RETENTION_JOB}
        assert all((one.period is not None) is (one.job == RETENTION_JOB) for one in RETENTION)

    def test_each_job_exists(self) -> None:
        assert {one.job for one in RETENTION if one.job} <= set(jobs)

    def test_says_periods_in_words(self) -> None:
        words = {one.code: one.how_long for one in RETENTION}
        assert words["failed_sign_ins"] == "7 days"
        assert words["looked_up"] == "1 year"
        assert words["help_requests"] == "3 years after they are closed"

    def test_what_another_job_ends_has_no_period_here(self) -> None:
        with pytest.raises(KeyError):
            kept("sessions")

    def test_the_notice_promises_no_less(self) -> None:
        """What the privacy notice says in numbers is what the table does."""
        notice = (Path(settings.BASE_DIR) / "accounts/privacy/legal/privacy-2026-11.en.txt").read_text()
        words = {one.code: one.how_long for one in RETENTION}
        assert f"Failed sign-ins: {words['failed_sign_ins']}." in notice
        assert f"Notices in your wallet: {words['notices']}." in notice
        assert f"Help requests: {words['help_requests']}." in notice
        assert f"Files of statements: {words['statement_files']}." in notice


class TestForgetting:
    def test_failed_sign_ins(self) -> None:
        at = now()
        for number, moment in enumerate((just_before("failed_sign_ins", at), just_after("failed_sign_ins", at))):
            attempt = AccessAttempt.objects.create(
                username=f"uid:{number}", ip_address="192.0.2.7", user_agent="x", failures_since_start=1
            )
            AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=moment)
        assert services.forget_old(at=at)["failed_sign_ins"] == 1
        assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["uid:1"]

    def test_closed_help_requests(self, alice: User) -> None:
        at, dave = now(), make_staff("dave")
        rows = [
            help_room.ask_for_help(
                submission=uuid4(), user=alice, topic="OTHER", contact="a@b.c", message="?", at=at, origin=ORIGIN
            )
            for _ in range(3)
        ]
        for row, moment in zip(rows, (just_before("help_requests", at), just_after("help_requests", at)), strict=False):
            help_room.close_request(request_id=row.pk, by=dave, at=moment, origin=ORIGIN)
        HelpRequest.objects.filter(pk=rows[2].pk).update(created_at=at - 9 * 365 * DAY)  # open: somebody still waits
        assert services.forget_old(at=at)["help_requests"] == 1
        assert set(HelpRequest.objects.values_list("pk", flat=True)) == {rows[1].pk, rows[2].pk}

    def test_notices_and_their_messages(self, alice: User) -> None:
        at = now()
        Notification.objects.all().delete()
        old, young, waiting = (
            Notification.objects.create(user=alice, event_id=uuid4(), kind="pin_set", created_at=moment)
            for moment in (just_before("notices", at), just_after("notices", at), just_before("notices", at))
        )
        for notice, state in ((old, NoticeState.SENT), (young, NoticeState.SENT), (waiting, NoticeState.QUEUED)):
            sent_at = at if state == NoticeState.SENT else None
            NoticeMessage.objects.create(
                notification=notice, channel="email", state=state, next_attempt_at=at, sent_at=sent_at
            )
        assert services.forget_old(at=at)["notices"] == 1
        with pytest.raises(ObjectDoesNotExist):
            old.refresh_from_db()
        assert set(NoticeMessage.objects.values_list("notification_id", flat=True)) == {young.pk, waiting.pk}

    def test_people_looked_up_for_nothing(self, alice: User) -> None:
        at = now()
        for handle in ("bob", "dora", "emil"):
            make_person(handle)
        unpaid, young = (resolve(payer=alice, identifier=f"@{handle}", at=at).payee for handle in ("bob", "dora"))
        trusted = known_payee(alice, User.objects.get(handle="emil"), trusted=True)
        Payee.objects.update(created_at=just_before("looked_up", at))
        Payee.objects.filter(pk=young.pk).update(created_at=just_after("looked_up", at))
        assert services.forget_old(at=at)["looked_up"] == 1
        assert set(Payee.objects.values_list("pk", flat=True)) == {young.pk, trusted.pk}
        assert unpaid.pk not in {young.pk, trusted.pk}

    def test_whom_a_transfer_names_stays(self, alice: User) -> None:
        bob = make_person("bob")
        give_money(alice, Money(5_000, "EUR"))
        payee = resolve(payer=alice, identifier="@bob", at=now()).payee
        sent = send(alice, payee, 4_000)
        Payee.objects.update(created_at=now() - 9 * 365 * DAY)
        assert services.forget_old(at=now())["looked_up"] == 0
        assert Transfer.objects.get(pk=sent.transfer.pk).payee.user_id == bob.pk

    def test_a_backlog_goes_in_small_steps(self, alice: User) -> None:
        at, moment = now(), just_before("notices", now())
        Notification.objects.all().delete()
        rows = [Notification(user=alice, event_id=uuid4(), kind="pin_set", created_at=moment) for _ in range(1_100)]
        Notification.objects.bulk_create(rows)
        assert services.forget_old(at=at)["notices"] == 1_100
        assert Notification.objects.count() == 0

    def test_the_job_counts_rows_and_a_second_run_finds_none(self) -> None:
        attempt = AccessAttempt.objects.create(
            username="uid:1", ip_address="192.0.2.7", user_agent="x", failures_since_start=1
        )
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=now() - 8 * DAY)
        assert tasks.retention() == 1
        assert tasks.retention() == 0
