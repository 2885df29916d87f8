from odoo.fields import Command

from odoo.addons.queue_job.tests.common import trap_jobs

from .common import BillingMixin


class FeeMixin(BillingMixin):
    """Fee structures for the small hostel."""

    @classmethod
    def _head(cls, code):
        return cls.env["hostel.fee.head"]._get_by_code(code)

    @classmethod
    def _create_structure(cls, amounts, **overrides):
        """:param dict amounts: head's code → amount"""
        return cls.env["hostel.fee.structure"].create(
            {
                "name": "Kaveri, double",
                "hostel_id": cls.hostel.id,
                "frequency": "monthly",
                "line_ids": [
                    Command.create({"head_id": cls._head(code).id, "amount": amount})
                    for code, amount in amounts.items()
                ],
                **overrides,
            }
        )

    @classmethod
    def _create_stay(cls, **overrides):
        """An allocated stay at the price of its structure; no job runs."""
        stay = cls._create_allocation("awaiting_approval", price=None, **overrides)
        stay._transition("allocated")
        return stay

    @classmethod
    def _pay_bill(cls, bills, amount=None, method="cash"):
        """The student's payment at the counter: of what is open, or a part of it."""
        return (
            cls.env["hostel.bill.pay"]
            .create(
                {
                    "student_id": cls.student.id,
                    "move_ids": [Command.set(bills.ids)],
                    "method": method,
                    "amount": amount or sum(bills.mapped("amount_residual")),
                    "reference": False if method == "cash" else "No. 4711",
                }
            )
            ._pay()
        )

    @classmethod
    def _concede(cls, percent, **overrides):
        """A concession of the rent that finance asked for and an administrator approved."""
        vals = {
            "student_id": cls.student.id,
            "term_id": cls.term.id,
            "percent": percent,
            "reason": "Letter 7",
        }
        concession = cls.env["hostel.concession"].with_user(cls.finance).create(vals | overrides)
        concession.action_request()
        with trap_jobs():
            concession.with_user(cls.env.ref("base.user_admin")).action_approve()
        return concession

    @classmethod
    def _get_open_credit(cls):
        """All that stands to the student's credit; below zero: owed."""
        lines = cls.env["account.move.line"].search(
            [
                ("partner_id", "=", cls.student.partner_id.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
            ]
        )
        return -sum(lines.mapped("amount_residual"))
