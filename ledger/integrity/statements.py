"""What check_ledger asks. Each statement answers wrong rows only: where, and what was found.

Parameters: ``book``, ``limit``; ``since`` (or None); ``account`` (or None) or a piece ``after`` < id <= ``upto``.
"""

from __future__ import annotations

_LEGS = """
SELECT p.entry, sum(p.amount) AS total, min(p.currency) AS currency, max(p.currency) AS other,
       min(p.account) AS account,
       string_agg('[' || p.account || ',' || p.amount || ',"' || p.currency || '"]', ',' ORDER BY p.line)
         FILTER (WHERE p.line <= 20000) AS legs
  FROM ledger_posting p WHERE p.book = %(book)s AND {which} GROUP BY p.entry
"""

# An entry against its postings: there are some, they are zero per currency, and they are what was asked for. An entry
# that only gathers stripes has no lines of a caller; its hash names the account (or 0) and itself.
_ENTRY = """
SELECT w.id::text, w.found FROM (
    SELECT e.id, CASE
             WHEN p.entry IS NULL THEN 'no postings'
             WHEN p.currency = p.other AND p.total <> 0 THEN format('not balanced: %%s %%s', p.currency, p.total)
             WHEN p.currency <> p.other AND EXISTS (
                 SELECT FROM ledger_posting q WHERE q.book = e.book AND q.entry = e.id
                  GROUP BY q.currency HAVING sum(q.amount) <> 0)
             THEN 'not balanced in each currency'
             WHEN p.legs IS NULL AND e.request_hash IN (
                 sha256(convert_to('sweep', 'UTF8') || int8send(0) || uuid_send(e.id)),
                 sha256(convert_to('sweep', 'UTF8') || int8send(p.account) || uuid_send(e.id)))
             THEN CASE WHEN (e.kind, e.reference, e.details, e.reverses)
                            IS DISTINCT FROM ('sweep', '', '{{}}'::jsonb, NULL::uuid)
                       THEN 'a sweep that says more' END
             WHEN e.request_hash
                  <> ledger_request_hash(e.kind, e.details, e.reference, e.reverses, coalesce(p.legs, ''))
             THEN 'it is not what was asked for: the request hash is another'
           END AS found
      FROM ledger_entry e {join}
     WHERE e.book = %(book)s AND {entries}
       AND (%(since)s::timestamptz IS NULL OR e.created_at >= %(since)s::timestamptz)) w
 WHERE w.found IS NOT NULL ORDER BY w.id LIMIT %(limit)s
"""
_PIECE = "{0} > %(after)s::uuid AND {0} <= %(upto)s::uuid"
ENTRIES = _ENTRY.format(
    join=f"LEFT JOIN ({_LEGS.format(which=_PIECE.format('p.entry'))}) p ON p.entry = e.id",
    entries=_PIECE.format("e.id"),
)
ENTRIES_OF_ACCOUNT = _ENTRY.format(
    join=f"LEFT JOIN LATERAL ({_LEGS.format(which='p.entry = e.id')}) p ON true",
    entries="e.id IN (SELECT p.entry FROM ledger_posting p WHERE p.book = %(book)s AND p.account = %(account)s)",
)
NEXT_ENTRY = "SELECT id FROM ledger_entry WHERE book = %s AND id > %s ORDER BY id OFFSET %s LIMIT 1"

# Each posting against the one before it on the same balance, and against its entry; the first of a balance against its
# account. Many of a piece follow each other, so that the one before is at hand; else ``other`` is looked up.
_CHAINS = """
SELECT format('account %%s stripe %%s seq %%s', c.account, c.stripe, c.seq),
       CASE WHEN c.seal IS NULL THEN 'its entry is missing'
            WHEN c.is_alone THEN 'the posting before it is missing'
            WHEN c.posted_after <> c.posted_before + c.amount
              THEN format('%%s and %%s is not %%s', c.posted_before, c.amount, c.posted_after)
            WHEN c.currency IS DISTINCT FROM c.currency_due
              THEN format('%%s on an account in %%s', c.currency, c.currency_due)
            WHEN c.created_at < c.created_before OR NOT c.is_timely THEN 'its time is wrong'
            ELSE 'its hash does not follow' END
  FROM (
    SELECT w.*, w.seq <> 1 AND w.follows IS NOT TRUE AND (w.other).seq IS NULL AS is_alone,
           coalesce(CASE WHEN w.follows THEN w.last_posted ELSE (w.other).posted_after END, 0) AS posted_before,
           CASE WHEN w.follows THEN w.last_created ELSE (w.other).created_at END AS created_before,
           coalesce(CASE WHEN w.follows THEN w.last_currency ELSE (w.other).currency END, (
               SELECT a.currency FROM ledger_account a WHERE a.book = %(book)s AND a.id = w.account)) AS currency_due,
           ledger_link(coalesce(CASE WHEN w.follows THEN w.last_hash ELSE (w.other).hash END, (
                           SELECT ledger_genesis(a.book, a.id, w.stripe, a.public_id, a.currency)
                             FROM ledger_account a WHERE a.book = %(book)s AND a.id = w.account)),
                       w.seal, w.seq, w.line, w.amount, w.posted_after, w.held_after, w.created_at) AS hash_due
      FROM (
        SELECT v.*, CASE WHEN v.seq <> 1 AND v.follows IS NOT TRUE THEN (
                   SELECT o FROM ledger_posting o WHERE o.book = %(book)s AND o.account = v.account
                      AND o.stripe = v.stripe AND o.seq = v.seq - 1) END AS other
          FROM (
            SELECT p.*, lag(p.seq) OVER balance = p.seq - 1 AS follows, lag(p.posted_after) OVER balance AS last_posted,
                   lag(p.created_at) OVER balance AS last_created, lag(p.currency) OVER balance AS last_currency,
                   lag(p.hash) OVER balance AS last_hash
              FROM ({postings}) p
            WINDOW balance AS (PARTITION BY p.account, p.stripe ORDER BY p.seq)) v
        OFFSET 0) w
  ) c
 WHERE c.seal IS NULL OR c.is_alone OR c.posted_after <> c.posted_before + c.amount
    OR c.currency IS DISTINCT FROM c.currency_due OR c.created_at < c.created_before OR NOT c.is_timely
    OR c.hash IS DISTINCT FROM c.hash_due
 ORDER BY c.account, c.stripe, c.seq LIMIT %(limit)s
"""
_COLUMNS = """
       p.account, p.seq, p.amount, p.posted_after, p.held_after, p.created_at, p.stripe, p.line,
       p.effective_at = e.effective_at AS is_timely, p.currency, p.hash, e.seal
"""
_SEALED = """
SELECT e.id, e.effective_at, ledger_seal(e.id, e.tx, e.request_hash, e.effective_at, e.created_at, e.actor) AS seal
  FROM ledger_entry e WHERE e.book = %(book)s AND {which} OFFSET 0
"""
# All of them, by their entries: these lie side by side, and what an entry's postings share is computed once.
_OF_ENTRIES = """
        SELECT {columns} FROM ledger_posting p LEFT JOIN ({sealed}) e ON e.id = p.entry
         WHERE p.book = %(book)s AND {piece}
"""
CHAINS = _CHAINS.format(
    postings=_OF_ENTRIES.format(
        columns=_COLUMNS, sealed=_SEALED.format(which=_PIECE.format("e.id")), piece=_PIECE.format("p.entry")
    )
)
# Those of some balances, with ``since`` only what came since. By index: a piece must not read the whole table.
_OF_BALANCES = """
        SELECT {columns} FROM ledger_balance b
          CROSS JOIN LATERAL (
            SELECT CASE WHEN %(since)s::timestamptz IS NULL THEN 0
                        ELSE ledger_seq_at(b.book, b.account, b.stripe, %(since)s::timestamptz) END AS seq OFFSET 0) f
          CROSS JOIN LATERAL (SELECT * FROM ledger_posting p WHERE p.book = b.book AND p.account = b.account
                                 AND p.stripe = b.stripe AND p.seq > f.seq OFFSET 0) p
          LEFT JOIN LATERAL ({sealed}) e ON true
         WHERE b.book = %(book)s AND b.id > %(after)s AND b.id <= %(upto)s
           AND (%(since)s::timestamptz IS NULL OR b.last_at >= %(since)s::timestamptz)
"""
CHAINS_OF_BALANCES = _CHAINS.format(
    postings=_OF_BALANCES.format(columns=_COLUMNS, sealed=_SEALED.format(which="e.id = p.entry"))
)

# Each balance against its last posting, its open holds, and what its account was last allowed.
BALANCES = """
SELECT format('account %%s stripe %%s', b.account, b.stripe),
       format('posted %%s, postings end at %%s; seq %%s, postings %%s; held %%s, open holds %%s',
              b.posted, l.posted_after, b.seq, coalesce(l.seq, 0), b.held, h.held)
       || CASE WHEN b.id <> b.account * 64 + b.stripe THEN format('; its id is %%s', b.id) ELSE '' END
       || CASE WHEN b.head <> coalesce(l.hash, g.genesis) THEN '; the head is not the last hash' ELSE '' END
       || CASE WHEN b.last_at <> coalesce(l.created_at, o.created_at) THEN '; the last time is wrong' ELSE '' END
       || CASE WHEN (b.flags, b.floor, b.ceiling) IS DISTINCT FROM (t.flags, d.floor, d.ceiling)
               THEN format('; flags %%s, floor %%s, ceiling %%s are not those of the trail (%%s, %%s, %%s)',
                           b.flags, b.floor, b.ceiling, t.flags, d.floor, d.ceiling) ELSE '' END
  FROM ledger_balance b
  JOIN ledger_account a ON a.book = b.book AND a.id = b.account
  CROSS JOIN LATERAL (SELECT ledger_genesis(b.book, b.account, b.stripe, a.public_id, a.currency) AS genesis) g
  LEFT JOIN LATERAL (SELECT p.seq, p.posted_after, p.hash, p.created_at FROM ledger_posting p
                      WHERE p.book = b.book AND p.account = b.account AND p.stripe = b.stripe
                      ORDER BY p.seq DESC LIMIT 1) l ON true
  LEFT JOIN LATERAL (SELECT e.* FROM ledger_account_event e WHERE e.book = b.book AND e.account = b.account
                      ORDER BY e.no DESC LIMIT 1) t ON true
  LEFT JOIN LATERAL (SELECT e.created_at FROM ledger_account_event e WHERE e.book = b.book AND e.account = b.account
                      ORDER BY e.no LIMIT 1) o ON true
  CROSS JOIN LATERAL (SELECT CASE WHEN b.stripe > 0 AND t.floor IS NOT NULL THEN 0 ELSE t.floor END AS floor,
                             t.ceiling) d
  CROSS JOIN LATERAL (SELECT coalesce(sum(h.amount - h.captured - h.released), 0) AS held FROM ledger_hold h
                       WHERE h.book = b.book AND h.account = b.account AND h.state = 'OPEN' AND b.stripe = 0) h
 WHERE b.book = %(book)s AND b.id > %(after)s AND b.id <= %(upto)s
   AND (b.id <> b.account * 64 + b.stripe
        OR b.posted <> coalesce(l.posted_after, 0) OR b.seq <> coalesce(l.seq, 0) OR b.held <> h.held
        OR b.head <> coalesce(l.hash, g.genesis) OR b.last_at IS DISTINCT FROM coalesce(l.created_at, o.created_at)
        OR (b.flags, b.floor, b.ceiling) IS DISTINCT FROM (t.flags, d.floor, d.ceiling))
 ORDER BY b.id LIMIT %(limit)s
"""

# Each hold against its trail, and trails without their hold.
HOLDS = """
SELECT h.id::text, CASE WHEN NOT e.linked THEN 'its trail does not follow' ELSE
       format('%%s, captured %%s by events %%s, released %%s by events %%s, %%s events of %%s',
              h.state, h.captured, e.captured, h.released, e.released, e.count, h.version) END
  FROM ledger_hold h
  CROSS JOIN LATERAL (
    SELECT count(*) AS count, coalesce(sum(v.amount) FILTER (WHERE v.kind = 'CAPTURED'), 0) AS captured,
           coalesce(sum(v.amount) FILTER (WHERE v.kind IN ('RELEASED', 'EXPIRED')), 0) AS released,
           coalesce(bool_and(v.linked AND (v.kind = 'PLACED') = (v.no = 1)
                             AND (v.no > 1 OR v.amount = h.amount)), false) AS linked,
           (array_agg(v.expires_at ORDER BY v.no DESC))[1] AS expires_at,
           (array_agg(v.kind ORDER BY v.no DESC))[1] AS kind
      FROM (SELECT e.*, e.hash IS NOT DISTINCT FROM sha256(
                       coalesce(lag(e.hash) OVER (ORDER BY e.no), ledger_hold_seal(h)) || ledger_hold_body(e)) AS linked
              FROM ledger_hold_event e WHERE e.book = h.book AND e.hold = h.id) v) e
 WHERE h.book = %(book)s AND (%(account)s::bigint IS NULL OR h.account = %(account)s::bigint)
   AND ((h.captured, h.released, h.version::bigint, h.expires_at)
            IS DISTINCT FROM (e.captured, e.released, e.count, e.expires_at)
        OR NOT e.linked
        OR h.state <> CASE WHEN e.captured + e.released < h.amount THEN 'OPEN'
                           WHEN e.captured > 0 THEN 'CAPTURED' ELSE e.kind END)
UNION ALL
SELECT e.hold::text, format('event %%s of a hold that is not there', e.no) FROM ledger_hold_event e
 WHERE e.book = %(book)s AND %(account)s::bigint IS NULL
   AND NOT EXISTS (SELECT FROM ledger_hold h WHERE h.book = e.book AND h.id = e.hold)
 ORDER BY 1 LIMIT %(limit)s
"""

# Each account against its stripes and its trail, and balances and trails without their account.
ACCOUNTS = """
SELECT format('account %%s', a.id),
       CASE WHEN a.stripes <> s.count THEN format('%%s stripes, %%s balances', a.stripes, s.count)
            WHEN NOT e.linked THEN 'its trail does not follow: it is not what was opened, or an event was changed'
            ELSE format('closed at %%s, by its trail at %%s', a.closed_at, e.closed_at) END
  FROM ledger_account a
  CROSS JOIN LATERAL (SELECT count(*) AS count FROM ledger_balance b WHERE b.book = a.book AND b.account = a.id) s
  CROSS JOIN LATERAL (
    SELECT coalesce(bool_and(v.linked AND (v.kind = 'OPENED') = (v.no = 1)) AND count(*) = max(v.no), false) AS linked,
           max(v.at) FILTER (WHERE v.kind = 'CLOSED') AS closed_at
      FROM (SELECT e.no, e.kind, e.at, e.hash IS NOT DISTINCT FROM ledger_account_link(
                       coalesce(lag(e.hash) OVER (ORDER BY e.no), ledger_account_seal(a)), e) AS linked
              FROM ledger_account_event e WHERE e.book = a.book AND e.account = a.id) v) e
 WHERE a.book = %(book)s AND (%(account)s::bigint IS NULL OR a.id = %(account)s::bigint)
   AND (a.stripes <> s.count OR NOT e.linked OR a.closed_at IS DISTINCT FROM e.closed_at)
UNION ALL
SELECT format('account %%s', x.account), x.what FROM (
    SELECT b.book, b.account, format('stripe %%s of an account that is not there', b.stripe) AS what
      FROM ledger_balance b
    UNION ALL
    SELECT e.book, e.account, format('event %%s of an account that is not there', e.no)
      FROM ledger_account_event e) x
 WHERE x.book = %(book)s AND (%(account)s::bigint IS NULL OR x.account = %(account)s::bigint)
   AND NOT EXISTS (SELECT FROM ledger_account a WHERE a.book = x.book AND a.id = x.account)
 ORDER BY 1 LIMIT %(limit)s
"""

# The platform's accounts, in every currency that is used, as chart.py has them.
CHART = """
SELECT c.code || ' ' || u.currency,
       CASE WHEN a.id IS NULL THEN 'not opened' ELSE format('id %%s, kind %%s', a.id, a.kind) END
  FROM (SELECT DISTINCT currency FROM ledger_account WHERE book = %(book)s) u
  CROSS JOIN unnest(%(codes)s::text[], %(kinds)s::text[], %(bases)s::bigint[]) AS c (code, kind, base)
  JOIN unnest(%(currencies)s::text[], %(numbers)s::bigint[]) AS n (currency, number) ON n.currency = u.currency
  LEFT JOIN ledger_account a ON a.book = %(book)s AND a.owner_kind = %(owner_kind)s AND a.owner_id = %(owner)s
                            AND a.code = c.code AND a.currency = u.currency
 WHERE a.id IS DISTINCT FROM c.base + n.number OR a.kind <> c.kind
 ORDER BY 1 LIMIT %(limit)s
"""

PIECES = """
SELECT max(id) FROM (SELECT id, (sum(seq + 10) OVER (ORDER BY id) / %s)::bigint AS piece
                       FROM ledger_balance WHERE book = %s) b
 GROUP BY piece ORDER BY piece
"""
