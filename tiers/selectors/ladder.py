"""The merchant's ladder as it stands."""

from collections.abc import Iterable

from tiers.models import Level, TierProgram
from tiers.policies.ladders import Basis, Fall, Ladder, Rules, Step
from tiers.policies.windows import Window

_STEP = ("id", "code", "rank", "threshold", "keep")
_RULES = ("basis", "window", "fall", "grace_days", "warn_days", "undo_returned")


def current() -> Ladder | None:
    """The ladder by which members are judged; None while there are no levels. One query."""
    rows = list(
        Level.objects.order_by("rank").values_list(*_STEP, *(f"program__{name}" for name in _RULES))
    )
    if not rows:
        return None
    basis, window, fall, *rest = rows[0][len(_STEP) :]
    rules = Rules(Basis(basis), Window(window), Fall(fall), *rest)
    return Ladder(rules, tuple(Step(*row[: len(_STEP)]) for row in rows))


def rules_of(program: TierProgram) -> Rules:
    """The settings as the arithmetic sees them."""
    return Rules(
        basis=Basis(program.basis),
        window=Window(program.window),
        fall=Fall(program.fall),
        grace_days=program.grace_days,
        warn_days=program.warn_days,
        undo_returned=program.undo_returned,
    )


def program() -> TierProgram:
    """The settings of the ladder; the defaults while nobody has saved any."""
    return TierProgram.objects.filter(pk=1).first() or TierProgram()


def levels() -> list[Level]:
    """The levels, lowest first. One query."""
    return list(Level.objects.order_by("rank"))


def names(codes: Iterable[str] | None = None) -> dict[str, str]:
    """Codes and names of the levels, lowest first."""
    rows = Level.objects.order_by("rank")
    if codes is not None:
        rows = rows.filter(code__in=list(codes))
    return {level.code: level.label for level in rows}
