"""Students who have left get their deposits back; refunds in each state; the books add up."""

from datetime import timedelta

CHAIR = 450


def give_deposits_back(env):
    """Two leave cleared: one is settled and paid out, one waits for finance."""
    finance = env["res.users"].search([("login", "=", "finance")])
    admin = env.ref("base.user_admin")
    leaving = _find_leaving(env)
    for number, stay in enumerate(leaving):
        _move_out(env, stay, broken=not number)
    settled = leaving[:1].exit_ids
    if settled:
        settled.with_user(finance).action_settle()
        _pay(settled.refund_ids, admin, finance, "UTR 612340017")


def pay_refunds(env):
    """Of what is due for cancelled and lost bookings one is approved, the others wait."""
    admin = env.ref("base.user_admin")
    due = env["hostel.refund"].search(
        [("state", "=", "due"), ("transaction_id", "!=", False)], order="id"
    )
    due = due.filtered(lambda refund: refund.available >= refund.amount)
    for refund in due[:1]:
        refund.with_user(admin).action_approve()


def check_the_books(env):
    """What the night would do."""
    env["hostel.ledger.check"]._check(env.company)


def _pay(refunds, admin, finance, reference):
    refunds.with_user(admin).action_approve()
    for refund in refunds:
        refund.with_user(finance)._pay(method="bank", reference=reference)


def _find_leaving(env):
    """Residents whose deposit is paid, and who have no plans for another term."""
    bills = env["account.move"].search(
        [
            ("hostel_kind", "=", "deposit"),
            ("move_type", "=", "out_invoice"),
            ("payment_state", "in", ("paid", "in_payment")),
            ("hostel_allocation_id.state", "=", "checked_in"),
        ],
        order="id desc",
    )
    stays = bills.hostel_allocation_id.filtered(
        lambda stay: not stay.student_id.partner_id.user_ids and not stay._has_later_stay()
    )
    return stays[:2]


def _move_out(env, stay, broken):
    """Notice, keys, room, all stations, and the way out."""
    today = env.cr.now().date()
    form = stay.condition_ids
    if form and form.state != "closed":
        form.action_start_inspection()
        thing = form.line_ids[:1]
        if broken and thing:
            thing.write(
                {
                    "condition_out": "damaged",
                    "note_out": "Leg broken off",
                    "damage_amount": CHAIR,
                }
            )
        form.action_close_inspection()
    for key in stay.key_ids:
        key._move("returned")
    clearance = stay._start_move_out()
    for line in clearance.line_ids.filtered(lambda line: line.state != "clear"):
        line._answer("clear", False)
    stay._vacate("opted_out", today - timedelta(days=1), note="Moves in with relatives")
    clearance._finish()
