"""The desk's queue reads withdrawals by state in the order of their ids: one index per part that stays small."""

from django.db import migrations

QUEUE = """
CREATE INDEX withdrawal_queue_review ON payments_withdrawal (id)
    WHERE status IN ('UNDER_REVIEW', 'AWAITING_CUSTOMER', 'AWAITING_SECOND_APPROVAL');
CREATE INDEX withdrawal_queue_bank ON payments_withdrawal (id)
    WHERE status IN ('APPROVED', 'SUBMITTED', 'UNKNOWN', 'SENT');
CREATE INDEX withdrawal_queue_mine ON payments_withdrawal (claimed_by_id, id)
    WHERE claimed_by_id IS NOT NULL AND status IN ('UNDER_REVIEW', 'AWAITING_CUSTOMER', 'AWAITING_SECOND_APPROVAL');
"""
QUEUE_BACK = """
DROP INDEX withdrawal_queue_mine;
DROP INDEX withdrawal_queue_bank;
DROP INDEX withdrawal_queue_review;
"""


class Migration(migrations.Migration):
    dependencies = [("support", "0001_initial"), ("payments", "0004_banking_sql")]

    operations = [migrations.RunSQL(QUEUE, QUEUE_BACK)]
