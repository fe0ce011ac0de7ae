"""The guards of `guards_postgresql.sql` in SQLite's words, one trigger each."""


def _refuse(name: str, event: str, table: str, reason: str, when: str = "") -> tuple[str, str]:
    condition = f"WHEN {when} " if when else ""
    return name, (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW {condition}"
        f"BEGIN SELECT RAISE(ABORT, '{reason}'); END"
    )


_FROZEN = """EXISTS (SELECT 1 FROM points_account WHERE id = NEW.account_id AND status = 'frozen')
    AND (NEW.kind IN ('spend', 'hold', 'capture', 'mature', 'transfer_out', 'transfer_in')
         OR (NEW.kind = 'adjust' AND NEW.d_available < 0)
         OR (NEW.kind = 'earn' AND NEW.d_available > 0))"""

_FIRST_WRONG = """NEW.seq = 1 AND (NEW.available_after <> NEW.d_available
    OR NEW.held_after <> NEW.d_held OR NEW.pending_after <> NEW.d_pending
    OR NEW.debt_after <> NEW.d_debt)"""

_LATER_WRONG = """NEW.seq > 1 AND NOT EXISTS (
    SELECT 1 FROM points_entry p WHERE p.account_id = NEW.account_id AND p.seq = NEW.seq - 1
      AND NEW.available_after = p.available_after + NEW.d_available
      AND NEW.held_after = p.held_after + NEW.d_held
      AND NEW.pending_after = p.pending_after + NEW.d_pending
      AND NEW.debt_after = p.debt_after + NEW.d_debt)"""

_ACCOUNT_WRONG = """(NEW.seq <> OLD.seq OR NEW.available <> OLD.available OR NEW.held <> OLD.held
    OR NEW.pending <> OLD.pending OR NEW.debt <> OLD.debt OR NEW.chain <> OLD.chain)
    AND (NEW.seq < OLD.seq OR NOT EXISTS (
        SELECT 1 FROM points_entry e WHERE e.account_id = NEW.id AND e.seq = NEW.seq
          AND e.available_after = NEW.available AND e.held_after = NEW.held
          AND e.pending_after = NEW.pending AND e.debt_after = NEW.debt
          AND e.hash = NEW.chain))"""

_ACCOUNT_MOVED = """NEW.id <> OLD.id OR NEW.member_id <> OLD.member_id OR NEW.unit <> OLD.unit
    OR NEW.opened_at <> OLD.opened_at"""

_LOT_CHANGED = """NEW.id <> OLD.id OR NEW.account_id <> OLD.account_id
    OR NEW.entry_id <> OLD.entry_id OR NEW.granted <> OLD.granted
    OR NEW.earned_at <> OLD.earned_at OR NEW.expires_at <> OLD.expires_at
    OR (OLD.expired > 0 AND (NEW.expired <> OLD.expired
                             OR NEW.expired_by_id IS NOT OLD.expired_by_id))"""

_USE_UNBOUND = """NOT EXISTS (
    SELECT 1 FROM points_entry e JOIN points_lot l ON l.account_id = e.account_id
    WHERE e.id = NEW.entry_id AND l.id = NEW.lot_id)"""

_USE_LAPSED = """NEW.amount > 0 AND EXISTS (
    SELECT 1 FROM points_entry e, points_lot l
    WHERE e.id = NEW.entry_id AND l.id = NEW.lot_id AND l.expires_at <= e.occurred_at
      AND e.kind IN ('spend', 'hold', 'transfer_out', 'adjust'))"""

_USE_CHANGED = """NEW.id <> OLD.id OR NEW.entry_id <> OLD.entry_id OR NEW.lot_id <> OLD.lot_id
    OR NEW.bucket <> OLD.bucket OR NEW.amount <> OLD.amount
    OR NEW.restored < OLD.restored OR NEW.forfeited < OLD.forfeited"""

_ENTRY_UNTOLD = "NEW.reference = '' OR NEW.actor = '' OR NEW.source = '' OR NEW.explanation = ''"

_ENTRY_CREATES = """NEW.kind IN ('hold', 'release', 'mature')
    AND NEW.d_debt <> NEW.d_available + NEW.d_held + NEW.d_pending"""

_INNER = "NEW.d_held = 0 AND NEW.d_pending = 0 AND NEW.d_debt = 0"

_ENTRY_DIRECTION = f"""NOT CASE
    WHEN NEW.kind = 'earn' THEN NEW.d_available >= 0 AND NEW.d_pending >= 0 AND NEW.d_held = 0
        AND NEW.d_debt <= 0
    WHEN NEW.kind IN ('spend', 'transfer_out', 'expire') THEN NEW.d_available < 0 AND {_INNER}
    WHEN NEW.kind = 'hold' THEN NEW.d_available < 0 AND NEW.d_held > 0 AND NEW.d_pending = 0
        AND NEW.d_debt = 0
    WHEN NEW.kind = 'capture' THEN NEW.d_available = 0 AND NEW.d_held < 0 AND NEW.d_pending = 0
        AND NEW.d_debt = 0
    WHEN NEW.kind = 'release' THEN NEW.d_available >= 0 AND NEW.d_held < 0 AND NEW.d_pending = 0
        AND NEW.d_debt <= 0
    WHEN NEW.kind = 'mature' THEN NEW.d_available >= 0 AND NEW.d_held = 0 AND NEW.d_pending < 0
        AND NEW.d_debt <= 0
    WHEN NEW.kind IN ('restore', 'transfer_in') THEN NEW.d_available >= 0 AND NEW.d_held = 0
        AND NEW.d_pending = 0 AND NEW.d_debt <= 0
    WHEN NEW.kind = 'clawback' THEN NEW.d_available <= 0 AND NEW.d_held = 0
        AND NEW.d_pending <= 0 AND NEW.d_debt >= 0
    WHEN NEW.kind = 'adjust' THEN NEW.d_held = 0 AND NEW.d_pending = 0 AND NEW.d_debt <= 0
    WHEN NEW.kind IN ('freeze', 'unfreeze') THEN NEW.d_available = 0 AND {_INNER}
    ELSE 0 END"""

_TOP = "1000000000000000"

_ENTRY_RANGE = " OR ".join(
    f"NEW.{figure}_after NOT BETWEEN 0 AND {_TOP}"
    for figure in ("available", "held", "pending", "debt")
)

_LOT_RANGE = f"""NEW.remaining < 0 OR NEW.spent < 0 OR NEW.expired < 0 OR NEW.clawed < 0
    OR NEW.held < 0 OR NEW.settled < 0 OR NEW.held > NEW.remaining OR NEW.settled > NEW.expired
    OR NEW.granted NOT BETWEEN 1 AND {_TOP}"""

_LOT_STATE = """NOT CASE NEW.state
    WHEN 'open' THEN NEW.remaining > 0
    WHEN 'closed' THEN NEW.remaining = 0
    WHEN 'pending' THEN NEW.remaining > 0 AND NEW.held = 0 AND NEW.spent = 0 AND NEW.expired = 0
    ELSE 0 END OR (NEW.expired > 0) <> (NEW.expired_by_id IS NOT NULL)"""

_USE_SHAPE = """NOT CASE WHEN NEW.amount > 0 THEN
        NEW.restored >= 0 AND NEW.forfeited >= 0 AND NEW.undoes_id IS NULL
        AND NEW.restored + NEW.forfeited <= NEW.amount
    ELSE NEW.amount < 0 AND NEW.restored = 0 AND NEW.forfeited = 0 AND NEW.undoes_id IS NOT NULL
    END OR NEW.bucket NOT IN ('spent', 'held', 'clawed')"""

_KEPT = "is refused: the ledger keeps every row"

CREATE: dict[str, str] = dict(
    [
        _refuse("points_entry_no_update", "UPDATE", "points_entry", "entries are append-only"),
        _refuse("points_entry_no_delete", "DELETE", "points_entry", "entries are append-only"),
        _refuse("points_account_kept", "DELETE", "points_account", f"DELETE {_KEPT}"),
        _refuse("points_lot_kept", "DELETE", "points_lot", f"DELETE {_KEPT}"),
        _refuse("points_lotuse_kept", "DELETE", "points_lotuse", f"DELETE {_KEPT}"),
        _refuse("points_hold_kept", "DELETE", "points_hold", f"DELETE {_KEPT}"),
        _refuse(
            "points_entry_owned",
            "INSERT",
            "points_entry",
            "entry without an account",
            "NOT EXISTS (SELECT 1 FROM points_account WHERE id = NEW.account_id)",
        ),
        _refuse("points_entry_frozen", "INSERT", "points_entry", "account is frozen", _FROZEN),
        _refuse(
            "points_entry_first",
            "INSERT",
            "points_entry",
            "entry does not follow the one before it",
            _FIRST_WRONG,
        ),
        _refuse(
            "points_entry_follows",
            "INSERT",
            "points_entry",
            "entry does not follow the one before it",
            _LATER_WRONG,
        ),
        _refuse(
            "points_account_follows",
            "UPDATE",
            "points_account",
            "account does not equal its last entry",
            _ACCOUNT_WRONG,
        ),
        _refuse(
            "points_account_identity",
            "UPDATE",
            "points_account",
            "an account keeps its owner",
            _ACCOUNT_MOVED,
        ),
        _refuse(
            "points_account_opens",
            "INSERT",
            "points_account",
            "an account opens empty",
            "NEW.available + NEW.held + NEW.pending + NEW.debt + NEW.seq <> 0"
            " OR NEW.status <> 'active' OR NEW.unit NOT IN ('points', 'growth')",
        ),
        _refuse(
            "points_account_status",
            "UPDATE",
            "points_account",
            "an account is active or frozen",
            "NEW.status NOT IN ('active', 'frozen')",
        ),
        *(
            _refuse(f"points_entry_{name}", "INSERT", "points_entry", reason, when)
            for name, reason, when in (
                ("told", "entry without reference, source, actor or explanation", _ENTRY_UNTOLD),
                ("inner", "entry moves points it should only reserve or credit", _ENTRY_CREATES),
                ("direction", "entry of this kind cannot do that", _ENTRY_DIRECTION),
                ("range", "a figure is out of range", _ENTRY_RANGE),
            )
        ),
        *(
            _refuse(f"points_{table}_{name}_{event.lower()}", event, f"points_{table}", reason, when)
            for event in ("INSERT", "UPDATE")
            for table, name, reason, when in (
                ("lot", "range", "a figure of a lot is out of range", _LOT_RANGE),
                ("lot", "state", "the state of a lot is not what its figures say", _LOT_STATE),
                ("lotuse", "shape", "a use is given back at most once", _USE_SHAPE),
            )
        ),
        _refuse(
            "points_lot_granted",
            "INSERT",
            "points_lot",
            "lot without its entry",
            "NOT EXISTS (SELECT 1 FROM points_entry"
            " WHERE id = NEW.entry_id AND account_id = NEW.account_id)",
        ),
        _refuse(
            "points_lot_identity",
            "UPDATE",
            "points_lot",
            "what a lot granted, until when, and its expiry are final",
            _LOT_CHANGED,
        ),
        _refuse(
            "points_lotuse_bound",
            "INSERT",
            "points_lotuse",
            "entry and lot do not belong together",
            _USE_UNBOUND,
        ),
        _refuse("points_lotuse_alive", "INSERT", "points_lotuse", "lot had lapsed", _USE_LAPSED),
        _refuse(
            "points_lotuse_identity",
            "UPDATE",
            "points_lotuse",
            "what was taken from a lot is final",
            _USE_CHANGED,
        ),
        _refuse(
            "points_hold_identity",
            "UPDATE",
            "points_hold",
            "a closed hold is final",
            "NEW.entry_id <> OLD.entry_id OR NEW.points <> OLD.points OR OLD.state <> 'active'",
        ),
    ]
)
