from collections import defaultdict

from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.hostel_base.tools.letters import LAYOUT, letter_body

from ..tools import credit_score
from ..tools.credit_score import Due

ACTIVITY = "mail.mail_activity_data_todo"
BATCH = 500
SETTLED_STATES = ("paid", "in_payment")


class HostelCreditScore(models.Model):
    """How punctually a student pays, with every reason; it follows from the bills alone."""

    _name = "hostel.credit.score"
    _description = "Credit Score of a Student"
    _inherit = ["hostel.personal.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "score desc, id"
    _rec_names_search = ["student_id.roll_number", "student_id.name"]

    student_id = fields.Many2one(
        "hostel.student", required=True, readonly=True, ondelete="cascade", index=True
    )
    roll_number = fields.Char(related="student_id.roll_number")
    hostel_id = fields.Many2one(related="student_id.current_hostel_id")
    score = fields.Integer(
        required=True, readonly=True, default=credit_score.START, aggregator="avg", tracking=True
    )
    band_id = fields.Many2one("hostel.credit.band", readonly=True, ondelete="set null", index=True)
    discount_percent = fields.Float(related="band_id.discount_percent")
    event_ids = fields.One2many("hostel.credit.event", "score_id", string="Reasons")
    event_count = fields.Integer(compute="_compute_counts")
    objection_count = fields.Integer(string="Open objections", compute="_compute_counts")
    counted_at = fields.Datetime(readonly=True)

    _student_once = models.Constraint("UNIQUE (student_id)", "This student has a score already.")
    _in_range = models.Constraint(
        f"CHECK (score BETWEEN {credit_score.LOWEST} AND {credit_score.HIGHEST})",
        f"Scores go from {credit_score.LOWEST} to {credit_score.HIGHEST}.",
    )

    @api.depends("event_ids.appeal_state")
    def _compute_counts(self):
        Event = self.env["hostel.credit.event"]
        of_these = [("score_id", "in", self.ids)]
        counts = dict(Event._read_group(of_these, ["score_id"], ["__count"]))
        waiting = dict(
            Event._read_group([*of_these, ("appeal_state", "=", "open")], ["score_id"], ["__count"])
        )
        for score in self:
            score.event_count = counts.get(score, 0)
            score.objection_count = waiting.get(score, 0)

    @api.depends("student_id.display_name")
    def _compute_display_name(self):
        for score in self:
            score.display_name = score.sudo().student_id.display_name

    # ------------------------------------------------------------------
    # Counting
    # ------------------------------------------------------------------

    @api.model
    def _get(self, students):
        """The scores of students, with all rights; made when first needed."""
        scores = self.sudo()
        of_these = [("student_id", "in", students.ids)]
        found = scores.search(of_these)
        missing = students - found.student_id
        if not missing:
            return found
        # Two jobs that make the same one: the second waits, and begins anew.
        self.env.cr.execute(
            SQL(
                "INSERT INTO hostel_credit_score (student_id, score,"
                " create_uid, create_date, write_uid, write_date)"
                " SELECT id, %s, %s, now() AT TIME ZONE 'UTC', %s, now() AT TIME ZONE 'UTC'"
                " FROM unnest(%s) AS id ON CONFLICT (student_id) DO NOTHING",
                credit_score.START,
                self.env.uid,
                self.env.uid,
                missing.ids,
            )
        )
        return scores.search(of_these)

    @api.model
    def _find(self, student):
        """The score of one student, with all rights, for showing it; nothing is written.

        :return: whose bills were never counted is shown where everybody starts, not stored
        """
        student.ensure_one()
        scores = self.sudo()
        return scores.search([("student_id", "=", student.id)]) or scores.new(
            {
                "student_id": student.id,
                "score": credit_score.START,
                "band_id": self.env["hostel.credit.band"]._get_for(credit_score.START).id,
            }
        )

    @api.model
    def _refresh(self, students):
        """Count the scores of students anew from their bills. Repeating changes nothing.

        :return: ``hostel.credit.score``
        """
        students = students.sudo()
        scores = self._get(students)
        today = self.env.company._get_college_day()
        bills = self._get_bills(students)
        paid = self._get_paid_days(bills)
        bounced = self._get_bounced_days(bills)
        of_student = bills.grouped("partner_id")
        for score in scores:
            mine = of_student.get(score.student_id.partner_id, bills.browse())
            reasons = [
                reason
                for bill in mine
                for reason in credit_score.judge_bill(
                    self._get_dues(bill, paid, bounced.get(bill.id, ())), today
                )
            ]
            score._write_events(reasons)
        scores._add_up()
        return scores

    @api.model
    def _get_bills_domain(self, students):
        return Domain(
            [
                ("partner_id", "in", students.partner_id.ids),
                ("hostel_kind", "in", ("period", "charge")),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("payment_state", "!=", "reversed"),
                ("invoice_date_due", "!=", False),
                ("amount_total", ">", 0),
            ]
        )

    @api.model
    def _get_bills(self, students):
        """The bills that may give reasons; what a clearance settles is not owed to the hostel."""
        bills = self.env["account.move"].sudo().search(self._get_bills_domain(students))
        unpaid = bills.filtered(lambda bill: bill.amount_residual > 0)
        owed = unpaid._hostel_get_owed()
        return bills - unpaid.filtered(lambda bill: owed[bill] <= 0)

    @api.model
    def _get_instalments(self, bills):
        return bills.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    @api.model
    def _get_dues(self, bill, paid, bounced):
        """The instalments of a bill: list of ``Due``; none that was credited as a whole.

        :param dict paid: of :meth:`_get_paid_days`
        :param tuple bounced: days on which cheques for the bill were returned
        """
        settled = bill.payment_state in SETTLED_STATES
        parts = sorted(
            (line.date_maturity or bill.invoice_date_due, line.id)
            for line in self._get_instalments(bill)
            if line.id in paid or not (settled or line.reconciled)
        )
        return [
            Due(bill.id, due, paid.get(line_id), bounced if number == len(parts) else ())
            for number, (due, line_id) in enumerate(parts, 1)
        ]

    @api.model
    def _get_paid_days(self, bills):
        """The day on which each paid instalment was paid in full: ``{line id: date}``.

        It is the date of the last payment, not the day on which somebody booked it. What is
        conceded later makes no payment late.
        """
        settled = self._get_instalments(bills).filtered("reconciled")
        if not settled:
            return {}
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT line.id, MAX(other.date)
              FROM account_move_line line
              JOIN account_partial_reconcile part ON part.debit_move_id = line.id
              JOIN account_move_line other ON other.id = part.credit_move_id
              JOIN account_move source ON source.id = other.move_id
             WHERE line.id = ANY(%s) AND source.move_type <> 'out_refund'
          GROUP BY line.id
            """,
            (settled.ids,),
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _get_bounced_days(self, bills):
        """The days on which the bank returned cheques for these bills: ``{bill id: (date, …)}``."""
        payments = (
            self.env["account.payment"]
            .sudo()
            .search([("state", "=", "rejected"), ("hostel_reversed_bill_ids", "in", bills.ids)])
        )
        days = defaultdict(tuple)
        for payment in payments:
            for bill in payment.hostel_reversed_bill_ids:
                days[bill.id] += (payment.hostel_reversal_id.date,)
        return days

    def _write_events(self, reasons):
        """Make the entries those that follow from the bills; what was answered stays answered."""
        self.ensure_one()
        Event = self.env["hostel.credit.event"].sudo()
        known = {(event.move_id.id, event.kind): event for event in self.event_ids}
        wanted = {(reason.key, reason.kind): reason for reason in reasons}
        for event in self.event_ids.filtered(lambda one: one.kind == "open"):
            # Paid at last: the same entry goes on, with the objection to it.
            was, now = (event.move_id.id, "open"), (event.move_id.id, "late")
            if now in wanted and now not in known:
                known[now] = known.pop(was)
        gone = Event.union(*(event for key, event in known.items() if key not in wanted))
        gone.unlink()
        fresh = []
        for key, reason in wanted.items():
            vals = {
                "kind": reason.kind,
                "day": reason.day,
                "due_day": reason.due,
                "days": reason.days,
                "points": reason.points,
            }
            event = known.get(key)
            if not event:
                fresh.append(
                    {
                        **vals,
                        "score_id": self.id,
                        "move_id": reason.key,
                    }
                )
            elif any(event[name] != value for name, value in vals.items()):
                event.write(vals)
        # An entry that goes on under another kind makes room for a new one.
        Event.flush_model(["kind"])
        Event.create(fresh)

    def _add_up(self):
        now = self.env.cr.now()
        for score in self.sudo():
            events = score.event_ids.filtered(lambda event: event.state == "counts")
            total = credit_score.add_up(
                event.points for event in events.sorted(lambda event: (event.day, event.id))
            )
            band = self.env["hostel.credit.band"]._get_for(total)
            if score.score != total or score.band_id != band:
                score.write({"score": total, "band_id": band.id})
            score.counted_at = now

    @api.model
    def _delay_refresh(self, students):
        """Count anew in a job: a payment must not wait for it."""
        for student in students.with_user(SUPERUSER_ID):
            self.with_user(SUPERUSER_ID).with_delay(
                description=self.env._("Credit score of student %(id)s", id=student.id),
                identity_key=f"hostel_billing.credit:{student.id}",
            )._refresh(student)

    @api.model
    def _cron_refresh(self):
        """Count anew whoever has bills that became due or overdue, a batch at a time."""
        Move = self.env["account.move"].sudo()
        everybody = self.env["hostel.student"].sudo().search([("allocation_ids", "!=", False)])
        partners = dict(
            Move._read_group(self._get_bills_domain(everybody), ["partner_id"], ["__count"])
        )
        students = everybody.filtered(lambda one: one.partner_id in partners)
        left = len(students)
        for start in range(0, len(students), BATCH):
            batch = students[start : start + BATCH]
            self._refresh(batch)
            left -= len(batch)
            self.env["ir.cron"]._commit_progress(len(batch), remaining=left)

    def action_refresh(self):
        """Count these anew now."""
        self.check_access("write")
        self._refresh(self.student_id)

    # ------------------------------------------------------------------
    # What it is worth
    # ------------------------------------------------------------------

    def action_open_concessions(self):
        """Open the dialog that asks for what these scores earn; for all if none is chosen."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_credit_concession_action"
        )
        return action | {"context": {"default_score_ids": self.ids}}

    @api.model
    def _get_discount_percent(self, student):
        """The discount that a student's score earns, in percent; 0 if none.

        Concessions of the kind “good credit” take it.
        """
        score = self.sudo().search([("student_id", "=", student.id)])
        return score.band_id.discount_percent

    # ------------------------------------------------------------------
    # Objections
    # ------------------------------------------------------------------

    def _receive_objection(self, event):
        """Put the student's words into the chatter, and a task on finance's desk."""
        self.ensure_one()
        score = self.sudo()
        body = Markup("<p><b>%s</b></p><p>%s</p>") % (event.sentence, event.appeal)
        score.message_post(body=body, author_id=score.student_id.partner_id.id)
        company = score.student_id.current_hostel_id.company_id or self.env.company
        officer = self.env["res.users"]._get_finance_officer(company)
        score.activity_schedule(
            ACTIVITY,
            summary=self.env._("Answer an objection to the credit score"),
            note=body,
            user_id=(officer or self.env.ref("base.user_admin")).id,
        )

    def _tell_answer(self, event):
        """Tell the student, and close the task when nothing is left to answer."""
        self.ensure_one()
        score = self.sudo()
        partner = score.student_id.partner_id
        told = score.with_context(lang=partner.lang, mail_notify_force_send=False)
        told.message_notify(
            partner_ids=partner.ids,
            subject=told.env._("Your objection to the credit score was answered"),
            body=letter_body(event.with_env(told.env)._get_answer()),
            email_layout_xmlid=LAYOUT,
        )
        score.message_post(body=event._get_answer())
        if not score.objection_count:
            score.activity_feedback([ACTIVITY])

    @api.model
    def _get_rules(self):
        """What makes the score go up and down, for the student: list of (sentence, points)."""
        rules = credit_score
        return [
            (
                self.env._("Paid %(days)s or more days before the due date", days=rules.EARLY_DAYS),
                f"+{rules.EARLY}",
            ),
            (self.env._("Paid by the due date"), f"+{rules.ON_TIME}"),
            (
                self.env._(
                    "Paid late: %(first)s, and %(daily)s a day",
                    first=rules.LATE_FIRST,
                    daily=rules.LATE_A_DAY,
                ),
                self.env._("at most −%(most)s", most=rules.LATE_MOST),
            ),
            (
                self.env._(
                    "Overdue: %(first)s, and %(daily)s a day",
                    first=rules.OPEN_FIRST,
                    daily=rules.OPEN_A_DAY,
                ),
                self.env._("at most −%(most)s", most=rules.OPEN_MOST),
            ),
            (self.env._("A cheque was returned"), f"−{rules.BOUNCED}"),
            (self.env._("Of a bill in instalments the one that is most late counts"), ""),
        ]
