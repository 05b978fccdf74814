-- Trails: what happened to accounts and holds, as chains of their own. They are rare, so the hot rows stay narrow.

-- What an account was opened as. The first link of its trail follows from it.
CREATE OR REPLACE FUNCTION ledger_account_seal(p_account ledger_account) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(p_account.book, p_account.id, p_account.public_id, p_account.owner_kind, p_account.owner_id,
        p_account.code, p_account.kind, p_account.currency, p_account.stripes, extract(epoch FROM p_account.opened_at))::text, 'UTF8'))
$$;

CREATE OR REPLACE FUNCTION ledger_account_link(p_head bytea, p_event ledger_account_event) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(p_head || convert_to(jsonb_build_array(p_event.book, p_event.no, p_event.flags, p_event.account, p_event.floor,
        p_event.ceiling, extract(epoch FROM p_event.at), extract(epoch FROM p_event.created_at), p_event.kind)::text, 'UTF8'))
$$;

-- Notes what an account is now allowed. The caller has locked its balances (or just made them).
CREATE OR REPLACE FUNCTION ledger_note_account(p_book integer, p_account bigint, p_kind text, p_at timestamptz, p_created_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_last  ledger_account_event;
    v_event ledger_account_event;
BEGIN
    SELECT e.* INTO v_last FROM ledger_account_event e WHERE e.book = p_book AND e.account = p_account ORDER BY e.no DESC LIMIT 1;
    SELECT p_book, coalesce(v_last.no, 0) + 1, b.flags, b.account, b.floor, b.ceiling, p_at, p_created_at, p_kind, NULL INTO v_event
      FROM ledger_balance b WHERE b.book = p_book AND b.account = p_account AND b.stripe = 0;
    v_event.hash := ledger_account_link(
        coalesce(v_last.hash, (SELECT ledger_account_seal(a) FROM ledger_account a WHERE a.book = p_book AND a.id = p_account)), v_event);
    INSERT INTO ledger_account_event SELECT v_event.*;
END $$;

-- What a hold was placed as. The first link of its trail follows from it.
CREATE OR REPLACE FUNCTION ledger_hold_seal(p_hold ledger_hold) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(p_hold.book, p_hold.id, p_hold.account, p_hold.destination, p_hold.amount,
                                               extract(epoch FROM p_hold.created_at), p_hold.reason)::text, 'UTF8'))
$$;

-- What a link of a hold's trail covers.
CREATE OR REPLACE FUNCTION ledger_hold_body(p_event ledger_hold_event) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT convert_to(jsonb_build_array(p_event.book, p_event.no, p_event.hold, p_event.amount, p_event.entry,
        extract(epoch FROM p_event.expires_at), extract(epoch FROM p_event.at), extract(epoch FROM p_event.created_at),
        p_event.kind)::text, 'UTF8')
$$;
