-- What was posted on an account at a moment, over all its stripes.
CREATE OR REPLACE FUNCTION ledger_balance_at(p_book integer, p_account bigint, p_at timestamptz)
RETURNS numeric LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT coalesce(sum(p.posted_after), 0) FROM ledger_balance b
      JOIN ledger_posting p ON p.book = b.book AND p.account = b.account AND p.stripe = b.stripe
                           AND p.seq = ledger_seq_at(b.book, b.account, b.stripe, p_at)
     WHERE b.book = p_book AND b.account = p_account
$$;
