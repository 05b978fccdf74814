"""No officer who ever corrected a bank account approves money to it, also when somebody else corrected it after."""

from django.db import migrations

REFUSE_APPROVER = """
CREATE OR REPLACE FUNCTION payments_refuse_approver(p_withdrawal uuid, p_user uuid, p_account uuid, p_approver uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF p_approver = p_user THEN
        RAISE EXCEPTION 'nobody approves their own withdrawal %', p_withdrawal USING ERRCODE = 'WL019';
    END IF;
    IF p_approver = (SELECT a.last_editor_id FROM payments_bankaccount a WHERE a.id = p_account)
       OR EXISTS (SELECT 1 FROM accounts_recorded_event e
                   WHERE e.subject_id = p_account AND e.name = 'bank_account.corrected'
                     AND e.actor_kind = 'staff' AND e.actor_id = p_approver::text) THEN
        RAISE EXCEPTION 'who edited the account does not approve withdrawal %', p_withdrawal USING ERRCODE = 'WL019';
    END IF;
END $$;
"""
REFUSE_APPROVER_BACK = """
CREATE OR REPLACE FUNCTION payments_refuse_approver(p_withdrawal uuid, p_user uuid, p_account uuid, p_approver uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF p_approver = p_user THEN
        RAISE EXCEPTION 'nobody approves their own withdrawal %', p_withdrawal USING ERRCODE = 'WL019';
    END IF;
    IF p_approver = (SELECT a.last_editor_id FROM payments_bankaccount a WHERE a.id = p_account) THEN
        RAISE EXCEPTION 'who edited the account does not approve withdrawal %', p_withdrawal USING ERRCODE = 'WL019';
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0008_bank_contradictions"), ("accounts", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE_APPROVER, REFUSE_APPROVER_BACK)]
