"""What wardens and students decided: a cancelled booking, beds that wait in vain, letters."""

from datetime import timedelta

LETTERS = "hostel_booking.mail_letters"
DELAY = "hostel_base.approval_delay"


def keep_letters_back(env):
    """The campus is built at once; its old stays need no mail."""
    env["ir.config_parameter"].set_param(LETTERS, "False")


def decide(env, terms):
    """Through the same doors that students and wardens use."""
    _ask_to_come_later(env, terms)
    _remind_who_has_not_come(env)
    approved = env["hostel.allocation"].search(
        [
            ("term_id", "=", terms.next.id),
            ("state", "=", "allocated"),
            ("student_id.partner_id.user_ids", "=", False),
        ],
        order="id",
    )
    if approved:
        approved[0]._cancel_booking("student", "other_lodging", "A flat with my sister")
    for row in approved[1:]:
        row._get_letter_document()
    env["ir.config_parameter"].set_param(LETTERS, "True")


def approve_together(rows, warden):
    """One click for many rows: a batch, whose minute of thinking again is over.

    :return: the ``hostel.approval.batch``, empty for a handful
    """
    params = rows.env["ir.config_parameter"]
    delay = params.get_param(DELAY)
    params.set_param(DELAY, "0")
    rows.with_user(warden).action_approve()
    params.set_param(DELAY, delay)
    return rows.approval_batch_id


def _remind_who_has_not_come(env):
    """What the cron does every few hours, but for its commits."""
    Allocation = env["hostel.allocation"]
    Allocation._flush_for_no_shows()
    today = Allocation._get_college_today()
    for row_id, day, warning, auto in env.execute_query(Allocation._get_no_show_sql()):
        Allocation.browse(row_id)._do_no_show_step(today, day, warning, auto)


def _ask_to_come_later(env, terms):
    today = env["hostel.allocation"]._get_college_today()
    coming = env["hostel.allocation"].search(
        [
            ("term_id", "=", terms.current.id),
            ("state", "=", "allocated"),
            ("date_from", ">=", today),
        ],
        order="date_from desc, id",
        limit=1,
    )
    day = today + timedelta(days=9)
    if coming and coming.date_from < day < coming.date_to:
        coming._ask_late_arrival(day, "Practical examination at my old school")
