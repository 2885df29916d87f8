from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command

from odoo.addons.hostel_base.const import LIVE_STATES
from odoo.addons.hostel_base.errors import HostelError

from ..tools.fee_math import Concession, Period, apply_concessions, money, share_out

ADMIN = "hostel_base.group_hostel_admin"
# What was decided on does not change any more.
FROZEN = {"student_id", "term_id", "kind", "method", "percent", "amount", "head_id"}


class HostelConcession(models.Model):
    """Something off a student's fees in a term; asked for by one person, approved by another."""

    _name = "hostel.concession"
    _description = "Concession"
    _inherit = ["hostel.personal.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    student_id = fields.Many2one("hostel.student", required=True, ondelete="restrict", index=True)
    term_id = fields.Many2one("hostel.term", required=True, ondelete="restrict", index=True)
    kind = fields.Selection(
        [
            ("scholarship", "Scholarship"),
            ("sibling", "Sibling"),
            ("good_credit", "Good credit"),
            ("staff", "Child of staff"),
            ("hardship", "Hardship"),
            ("other", "Other"),
        ],
        required=True,
        default="scholarship",
        tracking=True,
    )
    head_id = fields.Many2one(
        "hostel.fee.head",
        string="Off",
        required=True,
        ondelete="restrict",
        domain="[('refundable', '=', False)]",
        default=lambda self: self.env.ref("hostel_billing.fee_head_rent", False),
    )
    method = fields.Selection(
        [("percent", "Percent"), ("amount", "A sum for the term")],
        required=True,
        default="percent",
        tracking=True,
    )
    percent = fields.Float(tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(tracking=True)
    value_text = fields.Char(string="How much", compute="_compute_value_text")
    reason = fields.Text(help="What it rests on: the letter, the scheme, the sibling.")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("requested", "To approve"),
            ("approved", "Approved"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
        ],
        required=True,
        readonly=True,
        default="draft",
        tracking=True,
        index=True,
    )
    requested_by_id = fields.Many2one("res.users", string="Asked by", readonly=True, copy=False)
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True, copy=False)
    decided_at = fields.Datetime(string="Decided on", readonly=True, copy=False)

    _one_a_kind = models.UniqueIndex(
        "(student_id, term_id, kind, head_id) WHERE state IN ('requested', 'approved')",
        "The student has a concession of this kind in this term already.",
    )
    _value_range = models.Constraint(
        "CHECK ((method = 'percent' AND percent > 0 AND percent <= 100)"
        " OR (method = 'amount' AND amount > 0))",
        "A concession is a sum, or between 0 and 100 percent.",
    )

    @api.depends("student_id", "kind")
    def _compute_display_name(self):
        for one in self:
            one.display_name = f"{one._get_label()} · {one.student_id.display_name or ''}"

    @api.depends("method", "percent", "amount")
    def _compute_value_text(self):
        for one in self:
            one.value_text = (
                f"{one.percent:g} %"
                if one.method == "percent"
                else one.currency_id.format(one.amount)
            )

    @api.onchange("kind", "student_id")
    def _onchange_good_credit(self):
        """Good credit is worth what the student's score earns, until a person says otherwise."""
        if self.kind == "good_credit" and self.student_id:
            percent = self.env["hostel.credit.score"]._get_discount_percent(self.student_id._origin)
            if percent:
                self.method = "percent"
                self.percent = percent

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(vals.get("state", "draft") != "draft" for vals in vals_list):
            raise AccessError(self.env._("A concession begins as a draft."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and {"state", "requested_by_id", "decided_by_id"} & vals.keys():
            raise AccessError(self.env._("A concession changes through its buttons."))
        if FROZEN & vals.keys() and any(one.state not in ("draft", "requested") for one in self):
            raise HostelError(
                "CONCESSION_IS_FINAL",
                self.env._("What was decided does not change. Withdraw it and ask anew."),
                422,
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        if any(one.state != "draft" for one in self):
            raise HostelError("CONCESSION_IS_FINAL", self.env._("Only drafts can be deleted."), 422)

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def action_request(self):
        """Ask for the approval.

        :raises HostelError: ``INVALID_TRANSITION``, ``NO_SIBLING``
        """
        self.check_access("write")
        for one in self:
            one._check_state("draft")
            if one.kind == "sibling":
                one._check_has_sibling()
        self.sudo().write({"state": "requested", "requested_by_id": self.env.uid})

    def action_approve(self):
        """Approve what somebody else asked for; posted bills of the term get a credit note.

        :raises HostelError: ``INVALID_TRANSITION``, ``OWN_REQUEST``
        """
        self._decide("approved")
        for one in self:
            notes = one.sudo()._credit_posted_bills()
            one.sudo()._pay_open_bills(notes)
            one.sudo()._ask_refunds(notes)

    def action_refuse(self):
        """:raises HostelError: ``INVALID_TRANSITION``, ``OWN_REQUEST``"""
        self._decide("refused")

    def action_withdraw(self):
        """End an approved concession: later bills are without it, posted ones stay.

        :raises HostelError: ``INVALID_TRANSITION``
        """
        self._check_is_admin()
        for one in self:
            one._check_state("approved")
        self.sudo().state = "withdrawn"

    def _decide(self, state):
        self._check_is_admin()
        for one in self:
            one._check_state("requested")
            if one.requested_by_id == self.env.user and not self.env.su:
                raise HostelError(
                    "OWN_REQUEST",
                    self.env._("Somebody else has to decide on what you asked for."),
                    403,
                )
        self.sudo().write(
            {
                "state": state,
                "decided_by_id": self.env.uid,
                "decided_at": self.env.cr.now(),
            }
        )

    def _check_is_admin(self):
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group(ADMIN)):
            raise AccessError(self.env._("Administrators decide on concessions."))

    def _check_state(self, state):
        self.ensure_one()
        if self.state != state:
            states = dict(self._fields["state"]._description_selection(self.env))
            raise HostelError(
                "INVALID_TRANSITION",
                self.env._(
                    "%(what)s is “%(state)s” already.",
                    what=self.display_name,
                    state=states[self.state],
                ),
            )

    def _check_has_sibling(self):
        """A brother or sister with the same guardian lives in a hostel in this term."""
        student = self.sudo().student_id
        siblings = (
            self.env["hostel.guardian"]
            .sudo()
            .search([("partner_id", "in", student.guardian_ids.partner_id.ids)])
            .student_id
            - student
        )
        stays = (
            self.env["hostel.allocation"]
            .sudo()
            .search_count(
                [
                    ("student_id", "in", siblings.ids),
                    ("term_id", "=", self.term_id.id),
                    ("state", "in", LIVE_STATES),
                ],
                limit=1,
            )
        )
        if not stays:
            raise HostelError(
                "NO_SIBLING",
                self.env._(
                    "Nobody with the same guardian has a bed in %(term)s.", term=self.term_id.name
                ),
                422,
            )

    # ------------------------------------------------------------------
    # On the bill
    # ------------------------------------------------------------------

    @api.model
    def _get_for(self, student, term):
        """Approved concessions of a student in a term, in the order in which they are applied."""
        return self.sudo().search(
            [
                ("student_id", "=", student.id),
                ("term_id", "=", term.id),
                ("state", "=", "approved"),
            ],
            order="id",
        )

    def _get_shares(self, weights):
        """What each part of the fee takes of a sum for the term.

        :param weights: list of ``Decimal``
        :return: list of ``Decimal``
        """
        if not sum(weights):
            return [money(0) for _weight in weights]
        return share_out(money(self.amount), weights)

    def _get_label(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        return kinds.get(self.kind, "")

    def _get_reason(self, asked):
        asked = self.currency_id.format(float(asked))
        if self.method == "percent":
            text = self.env._(
                "%(percent)s %% of %(amount)s", percent=f"{self.percent:g}", amount=asked
            )
        else:
            text = self.env._(
                "share of %(sum)s for %(term)s",
                sum=self.currency_id.format(self.amount),
                term=self.term_id.name,
            )
        return self.env._(
            "%(text)s · approved on %(day)s",
            text=text,
            day=self.env["account.move"]._hostel_format_day(self.decided_at),
        )

    def _credit_posted_bills(self):
        """Credit notes for the term's bills that were posted without this concession.

        :return: the posted credit notes
        """
        self.ensure_one()
        bills = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("hostel_student_id", "=", self.student_id.id),
                    ("hostel_term_id", "=", self.term_id.id),
                    ("hostel_kind", "=", "period"),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                    ("payment_state", "!=", "reversed"),
                ],
                order="period_from",
            )
        )
        notes, too_much = bills.browse(), {}
        replaced = self._find_replaced()
        for bill in bills:
            asked, off, given = self._count_off(bill, replaced)
            if off > given:
                notes |= self._post_credit(bill, off, asked, given)
            elif off < given:
                too_much[bill] = given - off
        if too_much:
            self._tell_too_much(too_much)
        return notes

    def _find_replaced(self):
        """Withdrawn concessions that this one was asked for instead of."""
        return self.sudo().search(
            [
                ("student_id", "=", self.student_id.id),
                ("term_id", "=", self.term_id.id),
                ("kind", "=", self.kind),
                ("head_id", "=", self.head_id.id),
                ("state", "=", "withdrawn"),
            ]
        )

    def _count_off(self, bill, replaced):
        """What this concession is of a posted bill, and what was given in its place.

        As on a new bill: a percent is of the fee before any concession, and together they take no
        more than it.

        :param replaced: of :meth:`_find_replaced`
        :return: the fee, what this concession takes off it, what the withdrawn ones gave; Decimal
        """
        fee = by_others = given = money(0)
        lines = self._get_signed_lines(bill)
        if self.method == "amount":
            # Its share is of the days in this bed, whatever a bill of the bed before paid of them.
            lines = [pair for pair in lines if not pair[0]._hostel_is_taken_off()]
        for line, sign in lines:
            amount = sign * money(line.price_subtotal)
            if not line.hostel_concession_id:
                fee += amount
            elif line.hostel_concession_id in replaced:
                given -= amount
            else:
                by_others -= amount
        value = money(self.percent) if self.method == "percent" else self._get_bill_share(bill)
        taken = dict(
            apply_concessions(
                fee,
                [Concession(0, "amount", by_others), Concession(self.id, self.method, value)],
            )
        )
        return fee, taken.get(self.id, money(0)), given

    def _tell_too_much(self, too_much):
        """A task for finance where the concession withdrawn before gave more than this one.

        :param dict too_much: ``{account.move: Decimal}``
        """
        officer = self.env["res.users"]._get_finance_officer(self.company_id)
        items = Markup().join(
            Markup("<li>%s</li>") % f"{bill.name}: {self.currency_id.format(float(amount))}"
            for bill, amount in too_much.items()
        )
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("The concession withdrawn before gave more"),
            note=Markup("<p>%s</p><ul>%s</ul>")
            % (self.env._("Decide whether the student owes it, and charge it then."), items),
            user_id=(officer or self.env.user).id,
        )

    def _pay_open_bills(self, notes):
        """Set what was conceded of paid bills against the fees of the term that are open, what is
        due first first."""
        stays = notes.hostel_allocation_id
        bills = stays.union(*(stay._get_origin_chain() for stay in stays)).bill_ids.filtered(
            lambda bill: (
                bill.hostel_kind == "period"
                and bill.move_type == "out_invoice"
                and bill.state == "posted"
                and bill.partner_id == self.student_id.partner_id
                and bill.amount_residual > 0
            )
        )
        # What a clearance settles is not owed.
        for bill in (bills - bills._hostel_get_cleared()).sorted("invoice_date_due"):
            bill._hostel_reconcile_with(notes)

    def _ask_refunds(self, notes):
        """Ask that what was conceded of paid bills goes back, where no further bill takes it.

        :param notes: the credit notes
        :return: the ``hostel.refund``
        """
        refunds = self.env["hostel.refund"]
        for note in notes:
            left, stay = note._get_hostel_open_credit(), note.hostel_allocation_id
            if note.currency_id.compare_amounts(left, 0) <= 0 or stay._has_unbilled_period():
                continue
            refunds |= refunds._open(
                left,
                "other",
                self.env._("%(label)s for a bill that was paid", label=self._get_label()),
                student_id=self.student_id.id,
                partner_id=note.partner_id.id,
                allocation_id=stay.id,
                company_id=note.company_id.id,
                source_move_ids=[Command.set(note.ids)],
            )
        return refunds

    def _get_signed_lines(self, bill):
        """What a bill and the standing credit notes about it say of this head, charges left out.

        :return: list of ``(account.move.line, 1 or -1)``
        """
        return [
            (line, 1 if line.move_id == bill else -1)
            for line in (bill | bill._hostel_get_standing_notes()).invoice_line_ids
            if line.hostel_head_id == self.head_id and not line.hostel_charge_id
        ]

    def _get_bill_share(self, bill):
        """What a posted bill takes of a sum; days that were not lived there take none."""
        stay = bill.hostel_allocation_id
        plan = stay._get_billing_plan()
        days = stay._count_lived_days(bill)
        if stay._is_billed_once():
            days = (bill.period_to - bill.period_from).days
        for index, (whole, _parts) in enumerate(plan):
            if days and whole.date_from <= bill.period_from < whole.date_to:
                period = Period(bill.period_from, bill.period_from + timedelta(days=days), 0)
                return stay._get_share_of(self, plan, index, period)
        return money(0)

    def _post_credit(self, bill, off, asked, given):
        why = self._get_reason(asked)
        if given:
            why = self.env._(
                "%(why)s · less %(given)s that was given before",
                why=why,
                given=self.currency_id.format(float(given)),
            )
        vals = bill._prepare_hostel_line_vals(
            self.head_id,
            off - given,
            bill.company_id,
            name=self._get_label(),
            why=why,
        )
        note = bill._hostel_post_credit_note(
            [Command.create(vals | {"hostel_concession_id": self.id})], self._get_label()
        )
        bill._hostel_reconcile_with(note)
        return note
