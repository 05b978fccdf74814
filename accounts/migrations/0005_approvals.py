"""Four eyes: proposals, and what the database itself refuses about them."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import wallet_project.lib.crypto
import wallet_project.lib.ids

sql = import_module("accounts.migrations.0002_sql")

# What a proposal is about never changes, and it moves only as the states allow: whoever agreed, agreed to this.
GUARD = """
CREATE FUNCTION accounts_guard_approval() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.purpose, NEW.subject_id, NEW.payload, NEW.payload_hash, NEW.before, NEW.maker_id, NEW.reason,
        NEW.proposed_at, NEW.expires_at)
       IS DISTINCT FROM
       (OLD.id, OLD.purpose, OLD.subject_id, OLD.payload, OLD.payload_hash, OLD.before, OLD.maker_id, OLD.reason,
        OLD.proposed_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'what approval % is about does not change', OLD.id USING ERRCODE = 'WL014';
    END IF;
    IF (OLD.status, NEW.status) NOT IN (
        ('PROPOSED', 'APPROVED'), ('PROPOSED', 'REFUSED'), ('PROPOSED', 'EXPIRED'), ('PROPOSED', 'VOIDED'),
        ('APPROVED', 'EXECUTED')) THEN
        RAISE EXCEPTION 'approval % cannot go from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'WL014';
    END IF;
    IF OLD.checker_id IS NOT NULL AND NEW.checker_id IS DISTINCT FROM OLD.checker_id THEN
        RAISE EXCEPTION 'the checker of approval % does not change', OLD.id USING ERRCODE = 'WL014';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_approval_guard BEFORE UPDATE ON accounts_approval
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_approval();

CREATE FUNCTION accounts_guard_new_approval() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.status <> 'PROPOSED' THEN
        RAISE EXCEPTION 'an approval begins as a proposal' USING ERRCODE = 'WL014';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_approval_begins BEFORE INSERT ON accounts_approval
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_new_approval();
"""
GUARD_BACK = """
DROP TRIGGER accounts_approval_begins ON accounts_approval;
DROP TRIGGER accounts_approval_guard ON accounts_approval;
DROP FUNCTION accounts_guard_new_approval();
DROP FUNCTION accounts_guard_approval();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_staff_and_kept_rows"),
    ]

    operations = [
        migrations.CreateModel(
            name="Approval",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wallet_project.lib.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("purpose", models.CharField(max_length=40)),
                ("subject_id", models.UUIDField()),
                ("payload", models.JSONField()),
                ("payload_hash", models.CharField(max_length=64)),
                ("before", models.JSONField(default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PROPOSED", "Proposed"),
                            ("APPROVED", "Approved"),
                            ("EXECUTED", "Done"),
                            ("REFUSED", "Refused"),
                            ("EXPIRED", "Expired"),
                            ("VOIDED", "Changed since"),
                        ],
                        default="PROPOSED",
                        max_length=8,
                    ),
                ),
                ("reason", wallet_project.lib.crypto.EncryptedTextField(blank=True, default="", owner="id")),
                ("note", wallet_project.lib.crypto.EncryptedTextField(blank=True, default="", owner="id")),
                ("proposed_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField()),
                (
                    "checker",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "maker",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "approval",
                "verbose_name_plural": "approvals",
            },
        ),
        migrations.CreateModel(
            name="ApprovalEvent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wallet_project.lib.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("from_status", models.CharField(blank=True, max_length=8)),
                ("to_status", models.CharField(max_length=8)),
                ("actor", models.CharField(max_length=64)),
                ("cause", models.CharField(max_length=40)),
                ("occurred_at", models.DateTimeField()),
                (
                    "approval",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="accounts.approval",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(condition=models.Q(("status", "PROPOSED")), fields=["expires_at"], name="approval_open"),
        ),
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(fields=["subject_id", "proposed_at"], name="approval_subject"),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["PROPOSED", "APPROVED", "EXECUTED", "REFUSED", "EXPIRED", "VOIDED"])
                ),
                name="approval_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(("maker", models.F("checker")), _negated=True), name="approval_maker_is_not_checker"
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("checker__isnull", False), ("status__in", ["APPROVED", "EXECUTED", "REFUSED"])),
                    models.Q(
                        models.Q(("status__in", ["APPROVED", "EXECUTED", "REFUSED"]), _negated=True),
                        ("checker__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="approval_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("status", "PROPOSED")),
                    models.Q(models.Q(("status", "PROPOSED"), _negated=True), ("decided_at__isnull", False)),
                    _connector="OR",
                ),
                name="approval_decided_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("proposed_at"))), name="approval_ends_after_it_began"
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "PROPOSED")),
                fields=("purpose", "subject_id"),
                name="approval_one_open_per_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("from_status", ""), ("to_status__in", ["PROPOSED"])),
                    models.Q(
                        ("from_status", "PROPOSED"), ("to_status__in", ["APPROVED", "REFUSED", "EXPIRED", "VOIDED"])
                    ),
                    models.Q(("from_status", "APPROVED"), ("to_status__in", ["EXECUTED"])),
                    _connector="OR",
                ),
                name="approval_event_move_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalevent",
            constraint=models.UniqueConstraint(fields=("approval", "to_status"), name="approval_event_once"),
        ),
        migrations.RunSQL(GUARD, GUARD_BACK),
        sql.append_only("accounts_approvalevent"),
        sql.kept("accounts_approval"),
    ]
