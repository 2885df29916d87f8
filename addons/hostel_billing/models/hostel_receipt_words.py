from odoo import models
from odoo.tools import format_date

from ..tools import receipt_checks

# What was looked at -> the value on which it rests.
FIELD_ORDER = (
    "college", "student_no", "student_name", "receipt_no", "date", "year", "amount",
    "amount_words", "balance",
)  # fmt: skip


class HostelReceipt(models.Model):
    """What is told about a receipt, to its student and to finance."""

    _inherit = "hostel.receipt"

    def _get_field_labels(self):
        env = self.env
        return {
            "college": env._("College"),
            "student_no": env._("Student's number"),
            "student_name": env._("Name"),
            "receipt_no": env._("Receipt's number"),
            "date": env._("Date"),
            "year": env._("Academic year"),
            "amount": env._("Amount paid"),
            "amount_words": env._("Amount in words"),
            "balance": env._("Balance"),
            "void": env._("Marks on the paper"),
            "picture": env._("The picture"),
        }

    def _get_reason_texts(self):
        """What is wrong, by code; ``%(field)s`` is the value's label."""
        env = self.env
        return {
            "NOT_FOUND": env._("%(field)s was not found on the receipt."),
            "NOT_UNDERSTOOD": env._("%(field)s could not be understood."),
            "UNSURE": env._("%(field)s is hard to read."),
            "READ_TWO_WAYS": env._("%(field)s was read in two different ways."),
            "OTHER_COLLEGE": env._("The college's name was not found as it should be printed."),
            "OTHER_STUDENT": env._("The receipt carries another student's number."),
            "TWO_STUDENTS": env._("The receipt carries the numbers of two students."),
            "OTHER_FORM": env._("%(field)s does not have the form that your college uses."),
            "TWO_NUMBERS": env._("There are two receipt numbers in the picture."),
            "USED_NUMBER": env._("A receipt with this number was used before."),
            "FUTURE_DATE": env._("The date has not come yet."),
            "OLD_DATE": env._("The receipt is older than this term allows."),
            "OTHER_YEAR": env._("The receipt is for another academic year."),
            "BALANCE_DUE": env._("The balance on the receipt is not zero."),
            "NO_WORDS": env._("The amount in words was not found."),
            "WORDS_DIFFER": env._("The amount in words is not the amount in figures."),
            "VOID_PAPER": env._("A word on the paper says that it does not count."),
            "MARKS": env._("There is a stamp or a mark on the paper that can't be read."),
            "LOOKS_EDITED": env._("%(field)s looks different from the rest of the page."),
            "UNCLEAR": env._("%(field)s is not sharp enough to be compared with the rest."),
            "USED_PICTURE": env._("This picture was sent before."),
            "REFUSED_BEFORE": env._("A receipt for this term was refused or taken back before."),
        }

    def _get_problems(self):
        """Sentences about what is not right, each once, the certain ones first.

        :return: list of dicts with ``code``, ``field``, ``state`` and ``text``
        """
        self.ensure_one()
        texts, labels = self._get_reason_texts(), self._get_field_labels()
        verdicts = [one for one in self.verdicts or () if one["state"] != receipt_checks.OK]
        result = {}
        for one in sorted(verdicts, key=lambda one: one["state"] != receipt_checks.BAD):
            text = texts.get(one["code"], one["code"])
            text = text % {"field": labels.get(one["field"], one["field"])}
            result.setdefault(text, {**one, "text": text})
        return list(result.values())

    def _get_failure_text(self):
        return self._get_refusals().get(self.failure_code, "")

    def _describe_fields(self):
        """What the desk shows of each value: crop, reading, verdict."""
        self.ensure_one()
        labels, problems = self._get_field_labels(), self._get_problems()
        readings = self.readings or {}
        rows = []
        for name in FIELD_ORDER:
            mine = [one for one in problems if one["field"] == name]
            found = readings.get(name)
            if not found and not mine:
                continue
            states = {one["state"] for one in mine}
            rows.append(
                {
                    "name": name,
                    "label": labels[name],
                    "text": found["text"] if found else "",
                    "again": found["again"] if found else "",
                    "box": found["box"] if found else None,
                    "confidence": found["confidence"] if found else 0,
                    "state": "bad" if "bad" in states else "doubtful" if states else "ok",
                    "problems": [one["text"] for one in mine],
                }
            )
        return rows

    def _describe(self):
        """A receipt as the desk shows it, JSON-serialisable."""
        self.ensure_one()
        student = self.student_id
        shown = {row["name"] for row in self._describe_fields()}
        states = dict(self._fields["state"]._description_selection(self.env))
        return {
            "id": self.id,
            "state": self.state,
            "state_label": states[self.state],
            "student": student.name,
            "student_id": student.id,
            "roll": student.roll_number,
            "application": student.application_number or "",
            "term": self.term_id.name,
            "term_id": self.term_id.id,
            "number": self.receipt_number or "",
            "sent": format_date(self.env, self.create_date),
            "sent_at": self.create_date.isoformat() + "Z",
            "seconds": round(self.seconds, 1),
            "doubts": self.doubt_count,
            "has_image": self.has_image and self._may_see_image(),
            "is_hidden": self.has_image and not self._may_see_image(),
            "image": f"/hostel/receipt/{self.id}/picture",
            "size": [self.image_width, self.image_height],
            "fields": self._describe_fields(),
            "others": [one["text"] for one in self._get_problems() if one["field"] not in shown],
            "is_wrong": any(one["state"] == "bad" for one in self._get_problems()),
            "decided_by": self.decided_by or "",
            "person": self.decided_by_id.name or "",
            "reason": self.reason or "",
            "earlier": self._describe_earlier(),
        }

    def _describe_earlier(self):
        """Other receipts of the student or with the same number, the newest first."""
        domain = [("student_id", "=", self.student_id.id)]
        if self.receipt_number:
            domain = ["|", *domain, ("receipt_number", "=", self.receipt_number)]
        states = dict(self._fields["state"]._description_selection(self.env))
        rows = self.search([("id", "!=", self.id), *domain], limit=8)
        return [
            {
                "id": row.id,
                "roll": row.student_id.roll_number,
                "own": row.student_id == self.student_id,
                "number": row.receipt_number or "",
                "state": states[row.state],
                "day": format_date(self.env, row.create_date),
            }
            for row in rows
        ]
