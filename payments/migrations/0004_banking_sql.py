"""What constraints cannot say: who may approve, which moves there are, what never changes, what is only ever added."""

from django.db import migrations

BANK_ACCOUNT = """
CREATE FUNCTION payments_guard_bank_account() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.user_id, NEW.currency, NEW.iban_index, NEW.iban_last4, NEW.country, NEW.added_at)
       IS DISTINCT FROM
       (OLD.id, OLD.user_id, OLD.currency, OLD.iban_index, OLD.iban_last4, OLD.country, OLD.added_at) THEN
        RAISE EXCEPTION 'bank account % stays the account it is', OLD.id USING ERRCODE = 'WL014';
    END IF;
    IF OLD.status IN ('REMOVED', 'EXPIRED') AND NEW.status <> OLD.status
       OR OLD.status = 'ACTIVE' AND NEW.status NOT IN ('ACTIVE', 'REMOVED') THEN
        RAISE EXCEPTION 'bank account % does not come back', OLD.id USING ERRCODE = 'WL014';
    END IF;
    IF (NEW.bic, NEW.last_editor_id) IS DISTINCT FROM (OLD.bic, OLD.last_editor_id) AND NEW.revision <= OLD.revision
       OR NEW.revision < OLD.revision THEN
        RAISE EXCEPTION 'an edit of bank account % raises its revision', OLD.id USING ERRCODE = 'WL014';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_bankaccount_guard BEFORE UPDATE ON payments_bankaccount
    FOR EACH ROW EXECUTE FUNCTION payments_guard_bank_account();
CREATE TRIGGER payments_bankaccount_kept BEFORE DELETE OR TRUNCATE ON payments_bankaccount
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse();
REVOKE DELETE, TRUNCATE ON payments_bankaccount FROM PUBLIC, wallet_app;
"""
BANK_ACCOUNT_BACK = """
GRANT DELETE ON payments_bankaccount TO wallet_app;
DROP TRIGGER payments_bankaccount_kept ON payments_bankaccount;
DROP TRIGGER payments_bankaccount_guard ON payments_bankaccount;
DROP FUNCTION payments_guard_bank_account();
"""

# The row's own copy of the table of moves; a test compares it with payments/banking/states.py.
MOVES = """
CREATE FUNCTION payments_withdrawal_may_move(p_from text, p_to text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p_to = ANY (CASE p_from
        WHEN 'AWAITING_STEP_UP' THEN ARRAY['SCREENING', 'CANCELLED', 'EXPIRED']
        WHEN 'SCREENING' THEN ARRAY['APPROVED', 'UNDER_REVIEW', 'CANCELLED']
        WHEN 'UNDER_REVIEW' THEN ARRAY['AWAITING_CUSTOMER', 'AWAITING_SECOND_APPROVAL', 'APPROVED', 'REJECTED', 'CANCELLED']
        WHEN 'AWAITING_CUSTOMER' THEN ARRAY['UNDER_REVIEW', 'REJECTED', 'CANCELLED']
        WHEN 'AWAITING_SECOND_APPROVAL' THEN ARRAY['APPROVED', 'REJECTED', 'UNDER_REVIEW', 'CANCELLED']
        WHEN 'APPROVED' THEN ARRAY['SUBMITTED', 'UNDER_REVIEW', 'CANCELLED']
        WHEN 'SUBMITTED' THEN ARRAY['SENT', 'UNKNOWN', 'FAILED']
        WHEN 'UNKNOWN' THEN ARRAY['SENT', 'FAILED']
        WHEN 'SENT' THEN ARRAY['SETTLED']
        ELSE ARRAY[]::text[] END)
$$;
"""
MOVES_BACK = "DROP FUNCTION payments_withdrawal_may_move(text, text);"

WITHDRAWAL = """
CREATE FUNCTION payments_refuse_approver(p_withdrawal uuid, p_user uuid, p_account uuid, p_approver uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF p_approver = p_user THEN
        RAISE EXCEPTION 'nobody approves their own withdrawal %', p_withdrawal USING ERRCODE = 'WL019';
    END IF;
    IF p_approver = (SELECT a.last_editor_id FROM payments_bankaccount a WHERE a.id = p_account) THEN
        RAISE EXCEPTION 'who edited the account does not approve withdrawal %', p_withdrawal USING ERRCODE = 'WL019';
    END IF;
END $$;

CREATE FUNCTION payments_guard_withdrawal() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'AWAITING_STEP_UP' OR NEW.approved_by_id IS NOT NULL OR NEW.second_approved_by_id IS NOT NULL
           OR NEW.auto_approved THEN
            RAISE EXCEPTION 'withdrawal % begins with its confirmation', NEW.id USING ERRCODE = 'WL014';
        END IF;
        IF NEW.user_id <> (SELECT a.user_id FROM payments_bankaccount a WHERE a.id = NEW.bank_account_id) THEN
            RAISE EXCEPTION 'withdrawal % goes to an account of its person', NEW.id USING ERRCODE = 'WL014';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.user_id, NEW.bank_account_id, NEW.idempotency_key, NEW.fingerprint, NEW.amount_minor, NEW.fee_minor,
        NEW.currency, NEW.shown_target, NEW.end_to_end_id, NEW.second_approval_needed, NEW.created_at, NEW.expires_at)
       IS DISTINCT FROM
       (OLD.id, OLD.user_id, OLD.bank_account_id, OLD.idempotency_key, OLD.fingerprint, OLD.amount_minor, OLD.fee_minor,
        OLD.currency, OLD.shown_target, OLD.end_to_end_id, OLD.second_approval_needed, OLD.created_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'what withdrawal % is about does not change', OLD.id USING ERRCODE = 'WL014';
    END IF;
    IF NEW.status <> OLD.status THEN
        IF NOT public.payments_withdrawal_may_move(OLD.status, NEW.status) THEN
            RAISE EXCEPTION 'withdrawal % does not go from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'WL014';
        END IF;
        IF NEW.revision <> OLD.revision + 1 THEN
            RAISE EXCEPTION 'a move of withdrawal % is counted', OLD.id USING ERRCODE = 'WL014';
        END IF;
    ELSIF NEW.status IN ('SETTLED', 'REJECTED', 'CANCELLED', 'FAILED', 'EXPIRED') THEN
        RAISE EXCEPTION 'withdrawal % has ended', OLD.id USING ERRCODE = 'WL014';
    ELSIF NEW.revision <> OLD.revision THEN
        RAISE EXCEPTION 'only moves of withdrawal % are counted', OLD.id USING ERRCODE = 'WL014';
    END IF;
    IF NEW.approved_by_id IS NOT NULL AND NEW.approved_by_id IS DISTINCT FROM OLD.approved_by_id THEN
        PERFORM public.payments_refuse_approver(NEW.id, NEW.user_id, NEW.bank_account_id, NEW.approved_by_id);
    END IF;
    IF NEW.second_approved_by_id IS NOT NULL AND NEW.second_approved_by_id IS DISTINCT FROM OLD.second_approved_by_id THEN
        PERFORM public.payments_refuse_approver(NEW.id, NEW.user_id, NEW.bank_account_id, NEW.second_approved_by_id);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_withdrawal_guard BEFORE INSERT OR UPDATE ON payments_withdrawal
    FOR EACH ROW EXECUTE FUNCTION payments_guard_withdrawal();
CREATE TRIGGER payments_withdrawal_kept BEFORE DELETE OR TRUNCATE ON payments_withdrawal
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse();
REVOKE DELETE, TRUNCATE ON payments_withdrawal FROM PUBLIC, wallet_app;
"""
WITHDRAWAL_BACK = """
GRANT DELETE ON payments_withdrawal TO wallet_app;
DROP TRIGGER payments_withdrawal_kept ON payments_withdrawal;
DROP TRIGGER payments_withdrawal_guard ON payments_withdrawal;
DROP FUNCTION payments_guard_withdrawal();
DROP FUNCTION payments_refuse_approver(uuid, uuid, uuid, uuid);
"""

EVIDENCE = """
CREATE TRIGGER payments_withdrawalevent_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payments_withdrawalevent
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse();
CREATE TRIGGER payments_withdrawalcondition_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payments_withdrawalcondition
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse();
CREATE TRIGGER payments_withdrawalquestion_kept BEFORE DELETE OR TRUNCATE ON payments_withdrawalquestion
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse();
CREATE TRIGGER payments_withdrawalreturn_kept BEFORE DELETE OR TRUNCATE ON payments_withdrawalreturn
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse();
REVOKE UPDATE, DELETE, TRUNCATE ON payments_withdrawalevent, payments_withdrawalcondition FROM PUBLIC, wallet_app;
REVOKE DELETE, TRUNCATE ON payments_withdrawalquestion, payments_withdrawalreturn FROM PUBLIC, wallet_app;
"""
EVIDENCE_BACK = """
GRANT DELETE ON payments_withdrawalquestion, payments_withdrawalreturn TO wallet_app;
GRANT UPDATE, DELETE ON payments_withdrawalevent, payments_withdrawalcondition TO wallet_app;
DROP TRIGGER payments_withdrawalreturn_kept ON payments_withdrawalreturn;
DROP TRIGGER payments_withdrawalquestion_kept ON payments_withdrawalquestion;
DROP TRIGGER payments_withdrawalcondition_append_only ON payments_withdrawalcondition;
DROP TRIGGER payments_withdrawalevent_append_only ON payments_withdrawalevent;
"""

# A return is booked once: only that its money has arrived is still to be noted.
RETURN = """
CREATE FUNCTION payments_guard_return() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.withdrawal_id, NEW.reason_code, NEW.amount_minor, NEW.currency, NEW.fee_returned, NEW.returned_at)
       IS DISTINCT FROM
       (OLD.id, OLD.withdrawal_id, OLD.reason_code, OLD.amount_minor, OLD.currency, OLD.fee_returned, OLD.returned_at)
       OR OLD.settled_at IS NOT NULL AND NEW.settled_at IS DISTINCT FROM OLD.settled_at THEN
        RAISE EXCEPTION 'what return % is about does not change', OLD.id USING ERRCODE = 'WL014';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_withdrawalreturn_guard BEFORE UPDATE ON payments_withdrawalreturn
    FOR EACH ROW EXECUTE FUNCTION payments_guard_return();
"""
RETURN_BACK = """
DROP TRIGGER payments_withdrawalreturn_guard ON payments_withdrawalreturn;
DROP FUNCTION payments_guard_return();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_banking")]

    operations = [
        migrations.RunSQL(BANK_ACCOUNT, BANK_ACCOUNT_BACK),
        migrations.RunSQL(MOVES, MOVES_BACK),
        migrations.RunSQL(WITHDRAWAL, WITHDRAWAL_BACK),
        migrations.RunSQL(EVIDENCE, EVIDENCE_BACK),
        migrations.RunSQL(RETURN, RETURN_BACK),
    ]
