from odoo import models
from odoo.tools import SQL
from odoo.tools.sql import escape_psql

PARAMETER = "hostel_billing.clearance_fee_heads"


class HostelCamuEvent(models.Model):
    """What Camu tells about fees that are no order of ours: the college's own dues.

    A message about a fee head that the college named in the settings clears its student for the
    message's term. What the college asks under such a head is not known here, so where Camu tells
    what is left to pay (``balance``), only the message that says nothing is left clears; where it
    doesn't, the college names heads that are paid in one sum, and paying is enough. A message about
    one of our orders confirms a receipt with the same number.
    """

    _inherit = "hostel.camu.event"

    _student_idx = models.Index("(upper(student_ref))")

    def _process(self):
        if self.state == "received" and self._is_about_dues():
            state = self._process_dues()
        else:
            state = super()._process()
        if state == "processed" and self.status == "success" and self.receipt_no:
            self._confirm_clearances()
        return state

    def _confirm_clearances(self):
        student = self._find_student()
        if len(student) == 1:
            rows = self.env["hostel.clearance"]._find_provisional(self.receipt_no)
            rows.filtered(lambda row: row.student_id == student)._confirm_from_inbox()

    def _is_about_dues(self):
        """Whether it is about a fee whose payment means that nothing is owed."""
        self.ensure_one()
        names = self.env["ir.config_parameter"].sudo().get_param(PARAMETER, "")
        heads = {name.strip().casefold() for name in names.split(",")} - {""}
        return (self.fee_head or "").casefold() in heads and not self._find_transaction()

    def _find_student(self):
        return self.env["hostel.student"].sudo()._find_by_number(self.student_ref)

    def _process_dues(self):
        """Job: clear the student, or take the clearance back; repeating is harmless.

        The order in which messages come changes nothing.

        :return: the state afterwards
        """
        student = self._find_student()
        term = self.env["hostel.term"].sudo()
        if self.term:
            term = term.search([("code", "=ilike", escape_psql(self.term))])
        reason = self._get_dues_obstacle(student, term)
        told = self.browse() if reason else self._find_dues(student, term)
        # A payment and its return must see each other.
        self._lock_or_retry(told - self)
        vals = {"processed_at": self.env.cr.now(), "state": "processed"}
        if reason:
            vals |= {"state": "quarantined", "reason_code": reason}
        else:
            done = told.filtered(lambda one: one.state == "processed") - self
            refunds = done.filtered(lambda one: one.status == "refunded")
            if self._clears_despite(refunds):
                self._clear_dues(student, term)
            elif self._takes_back():
                self._withdraw_dues(
                    student,
                    term,
                    done.filtered(lambda one: one._clears_despite(refunds | self)),
                )
        self.sudo().write(vals)
        if reason:
            self._delay_warning()
        return self.state

    def _get_dues_obstacle(self, student, term):
        """Why a person must look at it, or False."""
        if len(student) != 1:
            return "UNKNOWN_STUDENT"
        if len(term) != 1:
            return "WRONG_TERM"
        if self.currency_code != self.company_id.currency_id.name:
            return "WRONG_CURRENCY"
        if self._is_paid_in_future():
            return "FUTURE_PAYMENT"
        if self.status == "success" and self.owes == "unsaid":
            return "NO_BALANCE"
        if self.status == "success" and not self.owes and self.amount <= 0:
            return "WRONG_AMOUNT"
        return False

    def _takes_back(self):
        """Whether it says that money went back for which something is owed again."""
        return self.status == "refunded" and self.owes != "nothing"

    def _clears_despite(self, refunds):
        """Whether it shows that nothing is owed, with all the refunds that are known.

        Where balances are told, a refund of any payment opens the dues until a later message says
        that nothing is left; else it undoes the payment that it names.
        """
        if self.status != "success" or self.owes not in (False, "nothing"):
            return False
        return not any(
            refund.reference == self.reference or (self.owes and not refund._is_before(self))
            for refund in refunds
            if refund._takes_back()
        )

    def _is_before(self, other):
        """Whether it happened before; without a time of its own it is taken as the latest."""
        return bool(self.paid_at and other.paid_at and self.paid_at < other.paid_at)

    def _find_dues(self, student, term):
        """All messages about dues of a student and term, whatever became of them.

        Each of the fees that the college named clears by itself, so all of them count.
        """
        self.flush_model()
        found = self.env.execute_query(
            SQL(
                "SELECT id FROM hostel_camu_event"
                " WHERE provider_id = %s AND upper(student_ref) = ANY(%s) AND upper(term) = %s",
                self.provider_id.id,
                student._get_numbers(),
                term.code.upper(),
            )
        )
        events = self.sudo().browse(event_id for [event_id] in found)
        return events.filtered(
            lambda event: (
                not event.is_test and event._is_about_dues() and event._find_student() == student
            )
        )

    def _clear_dues(self, student, term):
        self.env["hostel.clearance"]._clear(student, term, "webhook", reference=self._get_proof())

    def _get_proof(self):
        return self.receipt_no or self.event_id

    def _withdraw_dues(self, student, term, others):
        """Money that went back clears nobody; a clearance of another origin stays.

        :param others: messages about other payments of the same dues, which stand
        """
        rows = (
            self.env["hostel.clearance"]
            .sudo()
            .search(
                [
                    ("student_id", "=", student.id),
                    ("term_id", "=", term.id),
                    ("source", "=", "webhook"),
                ]
            )
        )
        if not others:
            for row in rows:
                told = row.with_context(lang=row.student_id.partner_id.lang)
                row._withdraw(told.env._("Camu says that money went back."))
        elif not rows.filtered(lambda row: row.reference in [one._get_proof() for one in others]):
            rows.write({"reference": others[:1]._get_proof()})
