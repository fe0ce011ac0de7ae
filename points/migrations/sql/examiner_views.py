"""Read-only views for an outside examiner: stable names, portable SQL, empty when all is well.

`ledger_*` show the books without inner columns; `audit_i*` return one row per breach of the
invariant they are named after, with (account_id, subject, subject_id, detail).
"""

VIEWS: dict[str, str] = {
    "ledger_accounts": """
        SELECT a.id AS account_id, a.member_id, a.unit, a.status, a.available, a.held, a.pending,
               a.debt, a.available + a.held - a.debt AS net, a.seq AS entries, a.opened_at
        FROM points_account a
    """,
    "ledger_entries": """
        SELECT e.id AS entry_id, e.account_id, e.seq, e.kind, e.reference, e.d_available, e.d_held,
               e.d_pending, e.d_debt, e.available_after, e.held_after, e.pending_after,
               e.debt_after, e.relates_to_id, e.source, e.store_id, e.actor, e.rule_version,
               e.explanation, e.occurred_at, e.created_at
        FROM points_entry e
    """,
    "ledger_lots": """
        SELECT l.id AS lot_id, l.account_id, l.entry_id, l.granted, l.remaining, l.held, l.spent,
               l.expired, l.clawed, l.settled, l.state, l.earned_at, l.usable_at, l.expires_at,
               l.expired_by_id, l.store_id
        FROM points_lot l
    """,
    "ledger_uses": """
        SELECT u.id AS use_id, u.entry_id, u.lot_id, u.bucket, u.amount, u.restored, u.forfeited,
               u.undoes_id
        FROM points_lotuse u
    """,
    "ledger_holds": """
        SELECT h.id AS hold_id, h.account_id, h.entry_id, h.points, h.state, h.expires_at,
               h.closed_by_id
        FROM points_hold h
    """,
    # I1: moving within an account creates nothing; what one side of a gift loses the other gains.
    "audit_i1": """
        SELECT e.account_id, 'entry' AS subject, e.id AS subject_id,
               'moves points it should only reserve or credit' AS detail
        FROM points_entry e
        WHERE e.kind IN ('hold', 'release', 'mature', 'freeze', 'unfreeze')
          AND e.d_available + e.d_held + e.d_pending - e.d_debt <> 0
        UNION ALL
        SELECT o.account_id, 'transfer', o.id, 'the two sides differ, or one is missing'
        FROM points_entry o
        LEFT JOIN points_entry i ON i.relates_to_id = o.id AND i.kind = 'transfer_in'
        WHERE o.kind = 'transfer_out'
          AND (i.id IS NULL OR o.d_available + i.d_available - i.d_debt <> 0)
        UNION ALL
        SELECT i.account_id, 'transfer', i.id, 'came from nowhere'
        FROM points_entry i
        LEFT JOIN points_entry o ON o.id = i.relates_to_id AND o.kind = 'transfer_out'
        WHERE i.kind = 'transfer_in' AND o.id IS NULL
    """,
    # I2: account = its entries = its lots.
    "audit_i2": """
        SELECT a.id AS account_id, 'account' AS subject, a.id AS subject_id,
               'differs from the sum of its entries' AS detail
        FROM points_account a
        LEFT JOIN (
            SELECT account_id, SUM(d_available) AS available, SUM(d_held) AS held,
                   SUM(d_pending) AS pending, SUM(d_debt) AS debt, COUNT(*) AS entries,
                   MAX(seq) AS seq
            FROM points_entry GROUP BY account_id
        ) e ON e.account_id = a.id
        WHERE a.available <> COALESCE(e.available, 0) OR a.held <> COALESCE(e.held, 0)
           OR a.pending <> COALESCE(e.pending, 0) OR a.debt <> COALESCE(e.debt, 0)
           OR a.seq <> COALESCE(e.seq, 0) OR a.seq <> COALESCE(e.entries, 0)
        UNION ALL
        SELECT a.id, 'account', a.id, 'differs from the sum of its lots'
        FROM points_account a
        LEFT JOIN (
            SELECT account_id,
                   SUM(CASE WHEN state = 'pending' THEN 0 ELSE remaining END) AS posted,
                   SUM(CASE WHEN state = 'pending' THEN remaining ELSE 0 END) AS pending,
                   SUM(held) AS held
            FROM points_lot GROUP BY account_id
        ) l ON l.account_id = a.id
        WHERE a.available + a.held <> COALESCE(l.posted, 0)
           OR a.pending <> COALESCE(l.pending, 0) OR a.held <> COALESCE(l.held, 0)
    """,
    # I3: every lot is conserved, and bound to what took from it.
    "audit_i3": """
        SELECT l.account_id, 'lot' AS subject, l.id AS subject_id,
               'granted is not remaining + spent + expired + clawed back' AS detail
        FROM points_lot l
        WHERE l.granted <> l.remaining + l.spent + l.expired + l.clawed OR l.remaining < 0
           OR l.remaining > l.granted OR l.held < 0 OR l.held > l.remaining
        UNION ALL
        SELECT l.account_id, 'lot', l.id, 'differs from the uses that are linked to it'
        FROM points_lot l
        LEFT JOIN (
            SELECT u.lot_id,
                   SUM(CASE WHEN u.bucket = 'clawed' THEN u.amount ELSE 0 END) AS clawed,
                   SUM(CASE WHEN u.bucket = 'spent' OR (u.bucket = 'held' AND h.state = 'captured')
                            THEN u.amount - u.restored ELSE 0 END) AS spent,
                   SUM(CASE WHEN u.bucket = 'held' AND h.state = 'active'
                            THEN u.amount - u.restored ELSE 0 END) AS held
            FROM points_lotuse u
            LEFT JOIN points_hold h ON h.entry_id = u.entry_id
            WHERE u.amount > 0 GROUP BY u.lot_id
        ) u ON u.lot_id = l.id
        WHERE l.spent <> COALESCE(u.spent, 0) OR l.clawed <> COALESCE(u.clawed, 0)
           OR l.held <> COALESCE(u.held, 0)
        UNION ALL
        SELECT e.account_id, 'entry', e.id, 'a debit that is not bound to the lots it took'
        FROM points_entry e
        LEFT JOIN (
            SELECT entry_id, SUM(amount) AS points FROM points_lotuse
            WHERE amount > 0 GROUP BY entry_id
        ) u ON u.entry_id = e.id
        WHERE (e.kind IN ('spend', 'hold', 'transfer_out', 'clawback')
               OR (e.kind = 'adjust' AND e.d_available < 0))
          AND COALESCE(u.points, 0) <> -(e.d_available + e.d_pending)
        UNION ALL
        SELECT e.account_id, 'use', u.id, 'was given back more or less than is linked'
        FROM points_lotuse u
        JOIN points_entry e ON e.id = u.entry_id
        JOIN (SELECT undoes_id, -SUM(amount) AS points FROM points_lotuse
              WHERE amount < 0 GROUP BY undoes_id) b ON b.undoes_id = u.id
        WHERE b.points <> u.restored
    """,
    # I4: no gap in the numbering (the hashes are checked by `audit_ledger`).
    "audit_i4": """
        SELECT e.account_id, 'entry' AS subject, e.id AS subject_id,
               'the entry before it is missing' AS detail
        FROM points_entry e
        LEFT JOIN points_entry p ON p.account_id = e.account_id AND p.seq = e.seq - 1
        WHERE e.seq > 1 AND p.id IS NULL
        UNION ALL
        SELECT a.id, 'account', a.id, 'the chain does not end in the last entry'
        FROM points_account a
        LEFT JOIN points_entry e ON e.account_id = a.id AND e.seq = a.seq
        WHERE a.seq > 0 AND (e.id IS NULL OR e.hash <> a.chain)
    """,
    # I5: one effect per reference.
    "audit_i5": """
        SELECT e.account_id, 'entry' AS subject, MAX(e.id) AS subject_id,
               'a reference with more than one effect' AS detail
        FROM points_entry e GROUP BY e.account_id, e.reference HAVING COUNT(*) > 1
    """,
    # I13: expiry is booked once, for exactly what had lapsed, and nothing lapsed is used.
    "audit_i13": """
        SELECT l.account_id, 'lot' AS subject, l.id AS subject_id,
               'expiry booked before its instant' AS detail
        FROM points_lot l JOIN points_entry x ON x.id = l.expired_by_id
        WHERE l.expired > 0 AND x.occurred_at < l.expires_at
        UNION ALL
        SELECT e.account_id, 'entry', e.id, 'differs from the lots it expired'
        FROM points_entry e
        LEFT JOIN (SELECT expired_by_id, SUM(expired) AS points FROM points_lot
                   WHERE expired > 0 GROUP BY expired_by_id) l ON l.expired_by_id = e.id
        WHERE e.kind = 'expire' AND COALESCE(l.points, 0) <> -e.d_available
        UNION ALL
        SELECT e.account_id, 'use', u.id, 'used after its day'
        FROM points_lotuse u
        JOIN points_entry e ON e.id = u.entry_id
        JOIN points_lot l ON l.id = u.lot_id
        WHERE u.amount > 0 AND e.kind IN ('spend', 'hold', 'transfer_out', 'adjust')
          AND l.expires_at <= e.occurred_at
    """,
    # I14: no debit while frozen.
    "audit_i14": """
        SELECT e.account_id, 'entry' AS subject, e.id AS subject_id,
               'a debit while the account was frozen' AS detail
        FROM points_entry f
        JOIN points_entry e ON e.account_id = f.account_id AND e.seq > f.seq
        WHERE f.kind = 'freeze'
          AND (e.kind IN ('spend', 'hold', 'capture', 'transfer_out', 'transfer_in')
               OR (e.kind = 'adjust' AND e.d_available < 0))
          AND NOT EXISTS (
              SELECT 1 FROM points_entry u WHERE u.account_id = f.account_id
                AND u.kind = 'unfreeze' AND u.seq > f.seq AND u.seq < e.seq)
    """,
    # I22: whole numbers in range, at the instant after every entry.
    "audit_i22": """
        SELECT e.account_id, 'entry' AS subject, e.id AS subject_id,
               'a figure outside the range' AS detail
        FROM points_entry e
        WHERE e.available_after NOT BETWEEN 0 AND 1000000000000000
           OR e.held_after NOT BETWEEN 0 AND 1000000000000000
           OR e.pending_after NOT BETWEEN 0 AND 1000000000000000
           OR e.debt_after NOT BETWEEN 0 AND 1000000000000000
    """,
}
