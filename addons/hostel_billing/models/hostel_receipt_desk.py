from datetime import timedelta

from odoo import api, models
from odoo.exceptions import AccessError

PAGE = 200
# The page asks again and again while it is open; one look is noted once.
LOOK = timedelta(hours=1)
FILTERS = {
    "review": [("state", "=", "review")],
    "unconfirmed": [
        ("state", "=", "approved"),
        ("clearance_id.certainty", "=", "provisional"),
        ("clearance_id.active", "=", True),
    ],
    "approved": [("state", "=", "approved")],
    "rejected": [("state", "in", ("rejected", "failed"))],
}


class HostelReceiptDesk(models.AbstractModel):
    """What finance sees on the receipts desk: the page, what was read, what is doubtful."""

    _name = "hostel.receipt.desk"
    _description = "Receipts Desk"

    @api.model
    def _check_is_finance(self):
        if not self.env.user.has_groups(
            "hostel_base.group_hostel_finance,hostel_base.group_hostel_admin"
        ):
            raise AccessError(self.env._("The receipts desk is for finance."))

    @api.model
    def get_data(self, options):
        """Receipts of a filter, the longest waiting first, and how many each filter has.

        :param dict options: ``filter`` (a key of ``FILTERS``) and ``search``
        :return: dict of ``filters``, ``rows`` and ``may_decide``
        """
        self._check_is_finance()
        options = options if isinstance(options, dict) else {}
        key = options.get("filter") if options.get("filter") in FILTERS else "review"
        Receipt = self.env["hostel.receipt"]
        labels = {
            "review": self.env._("To look at"),
            "unconfirmed": self.env._("Accepted, not confirmed"),
            "approved": self.env._("Accepted"),
            "rejected": self.env._("Not accepted"),
        }
        order = "id" if key == "review" else "id desc"
        rows = Receipt.search(
            [*FILTERS[key], *self._get_search_domain(options.get("search"))],
            limit=PAGE, order=order,
        )  # fmt: skip
        self._note_look(rows)
        return {
            "filters": [
                {"key": name, "label": labels[name], "count": Receipt.search_count(domain)}
                for name, domain in FILTERS.items()
            ],
            "rows": [
                {
                    "id": row.id,
                    "student": row.student_id.name,
                    "roll": row.student_id.roll_number,
                    "number": row.receipt_number or "",
                    "sent_at": row.create_date.isoformat() + "Z",
                    "doubts": row.doubt_count,
                    "is_wrong": any(one["state"] == "bad" for one in row.verdicts or ()),
                    "first": (row._get_problems() or [{"text": ""}])[0]["text"],
                }
                for row in rows
            ],
            "may_decide": Receipt.has_access("write"),
        }

    @api.model
    def _note_look(self, rows):
        """Note whom the user sees in the list, unless that was noted just before."""
        noted = self.env["hostel.access.log"].sudo()
        noted = noted.search_fetch(
            [
                ("date", ">", self.env.cr.now() - LOOK),
                ("user_ref", "=", self.env.uid),
                ("student_ref", "in", rows.student_id.ids),
                ("model", "=", rows._name),
                ("way", "=", "list"),
            ],
            ["student_ref"],
        )
        seen = set(noted.mapped("student_ref"))
        rows.filtered(lambda row: row.student_id.id not in seen)._note_access("list")

    @api.model
    def _get_search_domain(self, text):
        if not isinstance(text, str) or not text.strip():
            return []
        text = text.strip()[:60]
        return [
            "|", "|",
            ("receipt_number", "ilike", text),
            ("student_id.name", "ilike", text),
            ("student_id.roll_number", "ilike", text),
        ]  # fmt: skip

    @api.model
    def get_receipt(self, receipt_id):
        """One receipt with its values; see ``hostel.receipt._describe``."""
        self._check_is_finance()
        receipt = self.env["hostel.receipt"].search([("id", "=", receipt_id)])
        if not receipt:
            raise AccessError(self.env._("There is nothing here for you."))
        receipt._note_access("form", ["readings"])
        return receipt._describe()
