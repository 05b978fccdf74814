"""Statements: what was asked for never changes, what was issued never changes, and a file goes only when it may."""

from importlib import import_module

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import wallet_project.lib.crypto
import wallet_project.lib.ids

sql = import_module("accounts.migrations.0002_sql")

# A statement is proof of what we said on a day: nobody, the application included, says later that it was something else.
GUARD = """
CREATE FUNCTION accounts_guard_statement() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.user_id, NEW.wallet_id, NEW.account_id, NEW.currency, NEW.first_day, NEW.last_day, NEW.time_zone,
        NEW.format, NEW.with_bom, NEW.language, NEW.idempotency_key, NEW.fingerprint, NEW.requested_at)
       IS DISTINCT FROM
       (OLD.id, OLD.user_id, OLD.wallet_id, OLD.account_id, OLD.currency, OLD.first_day, OLD.last_day, OLD.time_zone,
        OLD.format, OLD.with_bom, OLD.language, OLD.idempotency_key, OLD.fingerprint, OLD.requested_at) THEN
        RAISE EXCEPTION 'what statement % is about does not change', OLD.id USING ERRCODE = 'WL014';
    END IF;
    IF OLD.status IN ('READY', 'EXPIRED', 'FAILED') AND to_jsonb(NEW) - 'status' <> to_jsonb(OLD) - 'status' THEN
        RAISE EXCEPTION 'statement % was issued and does not change', OLD.id USING ERRCODE = 'WL014';
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('REQUESTED', 'WORKING'), ('REQUESTED', 'FAILED'), ('WORKING', 'REQUESTED'), ('WORKING', 'READY'),
        ('WORKING', 'FAILED'), ('READY', 'EXPIRED')) THEN
        RAISE EXCEPTION 'statement % cannot go from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'WL014';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_statement_guard BEFORE UPDATE ON accounts_statement
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_statement();

CREATE FUNCTION accounts_guard_new_statement() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.status <> 'REQUESTED' THEN
        RAISE EXCEPTION 'a statement begins as a request' USING ERRCODE = 'WL014';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_statement_begins BEFORE INSERT ON accounts_statement
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_new_statement();

-- Sealing anew under another key (manage.py reencrypt) is the one change: the hash of the statement keeps the content.
CREATE FUNCTION accounts_guard_statement_file() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.statement_id, NEW.user_id) IS DISTINCT FROM (OLD.statement_id, OLD.user_id) THEN
            RAISE EXCEPTION 'whose file % is does not change', OLD.statement_id USING ERRCODE = 'WL014';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT FROM accounts_statement s WHERE s.id = OLD.statement_id AND s.status = 'EXPIRED') THEN
        RAISE EXCEPTION 'the file of statement % is still kept', OLD.statement_id USING ERRCODE = 'WL014';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER accounts_statement_file_guard BEFORE UPDATE OR DELETE ON accounts_statement_file
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_statement_file();
CREATE TRIGGER accounts_statement_file_no_truncate BEFORE TRUNCATE ON accounts_statement_file
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_refuse_change();
"""
GUARD_BACK = """
DROP TRIGGER accounts_statement_file_no_truncate ON accounts_statement_file;
DROP TRIGGER accounts_statement_file_guard ON accounts_statement_file;
DROP TRIGGER accounts_statement_begins ON accounts_statement;
DROP TRIGGER accounts_statement_guard ON accounts_statement;
DROP FUNCTION accounts_guard_statement_file();
DROP FUNCTION accounts_guard_new_statement();
DROP FUNCTION accounts_guard_statement();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_job_runs"),
    ]

    operations = [
        migrations.CreateModel(
            name="Statement",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wallet_project.lib.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("wallet_id", models.UUIDField()),
                ("account_id", models.BigIntegerField()),
                ("currency", models.CharField(max_length=12)),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("time_zone", models.CharField(max_length=64)),
                (
                    "format",
                    models.CharField(
                        choices=[("pdf", "PDF, to read and print"), ("csv", "CSV, for spreadsheets")], max_length=3
                    ),
                ),
                ("with_bom", models.BooleanField(default=False)),
                ("language", models.CharField(max_length=10)),
                ("idempotency_key", models.CharField(max_length=255)),
                ("fingerprint", models.CharField(max_length=64)),
                ("requested_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("REQUESTED", "Waiting to be made"),
                            ("WORKING", "Being made"),
                            ("READY", "Ready"),
                            ("FAILED", "Could not be made"),
                            ("EXPIRED", "File deleted"),
                        ],
                        default="REQUESTED",
                        max_length=9,
                    ),
                ),
                ("rows_total", models.BigIntegerField(default=0)),
                ("rows_done", models.BigIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField()),
                ("failure", models.CharField(blank=True, default="", max_length=40)),
                ("after_seq", models.BigIntegerField(null=True)),
                ("to_seq", models.BigIntegerField(null=True)),
                ("cut_off_at", models.DateTimeField(null=True)),
                ("is_complete", models.BooleanField(null=True)),
                ("opening_minor", models.BigIntegerField(null=True)),
                ("closing_minor", models.BigIntegerField(null=True)),
                ("in_minor", models.BigIntegerField(null=True)),
                ("out_minor", models.BigIntegerField(null=True)),
                ("fees_minor", models.BigIntegerField(null=True)),
                ("entries", models.BigIntegerField(null=True)),
                ("sha256", models.CharField(blank=True, default="", max_length=64)),
                ("size_bytes", models.BigIntegerField(null=True)),
                ("made_at", models.DateTimeField(null=True)),
                ("file_expires_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "statement",
                "verbose_name_plural": "statements",
            },
        ),
        migrations.CreateModel(
            name="StatementFile",
            fields=[
                (
                    "statement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="file",
                        serialize=False,
                        to="accounts.statement",
                    ),
                ),
                ("document", wallet_project.lib.crypto.EncryptedTextField(owner="user_id")),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "accounts_statement_file",
            },
        ),
        migrations.AddIndex(
            model_name="statement",
            index=models.Index(fields=["user", "-requested_at", "-id"], name="statement_list"),
        ),
        migrations.AddIndex(
            model_name="statement",
            index=models.Index(
                condition=models.Q(("status__in", ["REQUESTED", "WORKING"])),
                fields=["next_try_at"],
                name="statement_to_make",
            ),
        ),
        migrations.AddIndex(
            model_name="statement",
            index=models.Index(
                condition=models.Q(("status", "READY")), fields=["file_expires_at"], name="statement_to_expire"
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.UniqueConstraint(fields=("user", "idempotency_key"), name="statement_once_per_key"),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["REQUESTED", "WORKING", "READY", "FAILED", "EXPIRED"])),
                name="statement_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(("format__in", ["pdf", "csv"])), name="statement_format_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_day__lte", models.F("last_day"))), name="statement_days_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["READY", "EXPIRED"]), _negated=True),
                    models.Q(
                        ("after_seq__isnull", False),
                        ("closing_minor__isnull", False),
                        ("cut_off_at__isnull", False),
                        ("entries__isnull", False),
                        ("fees_minor__isnull", False),
                        ("file_expires_at__isnull", False),
                        ("in_minor__isnull", False),
                        ("is_complete__isnull", False),
                        ("made_at__isnull", False),
                        ("opening_minor__isnull", False),
                        ("out_minor__isnull", False),
                        ("sha256__gt", ""),
                        ("size_bytes__isnull", False),
                        ("to_seq__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="statement_issued_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["READY", "EXPIRED"]), _negated=True),
                    (
                        "closing_minor",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("opening_minor"), "+", models.F("in_minor")
                            ),
                            "-",
                            models.F("out_minor"),
                        ),
                    ),
                    _connector="OR",
                ),
                name="statement_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("status", "FAILED"), _negated=True), ("failure__gt", ""), _connector="OR"),
                name="statement_failed_says_why",
            ),
        ),
        migrations.RunSQL(GUARD, GUARD_BACK),
        sql.kept("accounts_statement"),
    ]
