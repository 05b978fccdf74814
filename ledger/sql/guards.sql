-- What the database itself refuses, whoever asks, the owner included.

CREATE OR REPLACE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'WL014', MESSAGE = format('%s is never allowed on %s', TG_OP, TG_TABLE_NAME);
END $$;

-- One statement, one check: every entry touched by this INSERT is balanced per currency.
CREATE OR REPLACE FUNCTION ledger_refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_wrong record;
BEGIN
    SELECT a.entry, a.currency, sum(a.amount) AS total INTO v_wrong
      FROM added a GROUP BY a.book, a.entry, a.currency HAVING sum(a.amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'WL008', MESSAGE = 'the entry is not balanced',
            DETAIL = jsonb_build_object('entry_id', v_wrong.entry, 'currency', v_wrong.currency,
                                        'difference_minor', v_wrong.total)::text;
    END IF;
    RETURN NULL;
END $$;

-- An account is what it was opened as; only its closing is recorded later.
CREATE OR REPLACE FUNCTION ledger_refuse_account_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.book, OLD.id, OLD.public_id, OLD.owner_kind, OLD.owner_id, OLD.code, OLD.kind, OLD.currency, OLD.stripes, OLD.opened_at)
       IS DISTINCT FROM
       (NEW.book, NEW.id, NEW.public_id, NEW.owner_kind, NEW.owner_id, NEW.code, NEW.kind, NEW.currency, NEW.stripes, NEW.opened_at)
       OR OLD.closed_at IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'WL014', MESSAGE = 'a ledger account never changes';
    END IF;
    RETURN NEW;
END $$;

-- A reversal is not taken back: what was right after all is posted again, as an entry of its own.
CREATE OR REPLACE FUNCTION ledger_refuse_reversal_of_reversal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger_entry e WHERE e.book = NEW.book AND e.id = NEW.reverses AND e.reverses IS NOT NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'WL018', MESSAGE = 'a reversal is not reversed',
            DETAIL = jsonb_build_object('entry_id', NEW.reverses)::text;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ledger_entry_reversal_once BEFORE INSERT ON ledger_entry
    FOR EACH ROW WHEN (NEW.reverses IS NOT NULL) EXECUTE FUNCTION ledger_refuse_reversal_of_reversal();
CREATE TRIGGER ledger_posting_zero_sum AFTER INSERT ON ledger_posting
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_unbalanced();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_posting_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_posting
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_hold_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_hold_event
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_account_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_account_event
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_check_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_check
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_account_kept BEFORE DELETE OR TRUNCATE ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_account_static BEFORE UPDATE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_account_edit();
CREATE TRIGGER ledger_balance_kept BEFORE DELETE OR TRUNCATE ON ledger_balance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_hold_kept BEFORE DELETE OR TRUNCATE ON ledger_hold
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
