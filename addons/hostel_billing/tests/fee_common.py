from odoo.fields import Command

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
