"""How punctually somebody pays, as a number with its reasons. Imports no odoo.

Only what was due in the last two years counts, so that a bad month is forgotten. Amounts, marks,
room and background play no part: a small bill counts like a large one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

START, LOWEST, HIGHEST = 700, 300, 900
COUNTED = timedelta(days=730)

EARLY_DAYS = 3
EARLY, ON_TIME = 15, 10
# A few days happen to everybody: bank holidays, a transfer over the weekend.
LATE_FIRST, LATE_A_DAY, LATE_MOST = 10, 2, 80
OPEN_FIRST, OPEN_A_DAY, OPEN_MOST = 20, 2, 120
BOUNCED = 50
DELAYS = {"late", "open"}


@dataclass(frozen=True)
class Due:
    """A bill or an instalment of one: when it had to be paid, and when it was; None as long as it
    is open.

    ``key`` is the bill's. ``bounced`` are the days on which the bank returned a cheque for it.
    """

    key: int
    due: date
    paid: date | None = None
    bounced: tuple[date, ...] = ()


@dataclass(frozen=True)
class Reason:
    """One entry of the score.

    ``kind`` is ``early``, ``on_time``, ``late``, ``open`` or ``bounced``; ``days`` are days before
    the due date for ``early``, after it for ``late`` and ``open``, times for ``bounced``.
    ``due`` is the due date.
    """

    key: int
    kind: str
    day: date
    days: int
    points: int
    due: date

    @property
    def delay(self) -> int:
        """Days after the due date; below 0 before it."""
        return self.days if self.kind in DELAYS else -self.days


def judge_bill(dues: Sequence[Due], today: date) -> list[Reason]:
    """Reasons that a bill gives whose instalments these are: of each kind the worst.

    It is praised as a whole: only once nothing of it is open, and if nothing was late.
    """
    reasons = [reason for due in dues for reason in judge(due, today)]
    worst: dict[str, Reason] = {}
    for reason in sorted(reasons, key=lambda reason: (-reason.delay, reason.due)):
        worst.setdefault(reason.kind, reason)
    if not worst.keys().isdisjoint(DELAYS) or any(due.paid is None for due in dues):
        worst.pop("on_time", None)
        worst.pop("early", None)
    elif "on_time" in worst:
        worst.pop("early", None)
    return list(worst.values())


def judge(due: Due, today: date) -> list[Reason]:
    """Reasons of one instalment; none for one that is open and not due yet, or too old."""
    if due.due < today - COUNTED:
        return []
    reasons = []
    if due.bounced:
        times = len(due.bounced)
        reasons.append(
            Reason(due.key, "bounced", max(due.bounced), times, -BOUNCED * times, due.due)
        )
    if due.paid is None:
        late = (today - due.due).days
        if late > 0:
            points = -min(OPEN_FIRST + OPEN_A_DAY * late, OPEN_MOST)
            reasons.append(Reason(due.key, "open", due.due, late, points, due.due))
        return reasons
    late = (due.paid - due.due).days
    if late > 0:
        points = -min(LATE_FIRST + LATE_A_DAY * late, LATE_MOST)
        reasons.append(Reason(due.key, "late", due.paid, late, points, due.due))
    elif late <= -EARLY_DAYS:
        reasons.append(Reason(due.key, "early", due.paid, -late, EARLY, due.due))
    else:
        reasons.append(Reason(due.key, "on_time", due.paid, -late, ON_TIME, due.due))
    return reasons


def add_up(points: Iterable[int]) -> int:
    """The score of these entries, in the order in which they happened.

    It stays within its bounds at each step, so that who is at the top loses from there.
    """
    score = START
    for step in points:
        score = max(LOWEST, min(HIGHEST, score + step))
    return score
