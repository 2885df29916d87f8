from odoo import models

from ..tools import eligibility


class HostelBookingWindow(models.Model):
    """Why a window is not for a student, in the student's words and with the way out."""

    # One subject a file: what students read is translated.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.booking.window"

    def _get_years_label(self):
        self.ensure_one()
        if self.year_from == self.year_to:
            return self.env._("year %(year)s", year=self.year_from)
        if self.year_to >= 9:
            return self.env._("year %(year)s and above", year=self.year_from)
        return self.env._("years %(first)s to %(last)s", first=self.year_from, last=self.year_to)

    def _get_reason_text(self, code):
        """A code of :meth:`_judge` in the student's words, with the way out."""
        return self._get_reason_texts()[code]

    def _get_reason_texts(self):
        """All codes of :meth:`_judge` in words."""
        self.ensure_one()
        return {
            eligibility.INACTIVE: self.env._(
                "Only active students can book; ask the hostel office."
            ),
            eligibility.GENDER: self.env._("This booking is for others."),
            eligibility.YEAR: self.env._(
                "This booking is for %(years)s.", years=self._get_years_label()
            ),
            eligibility.PROGRAMME: self.env._(
                "This booking is for %(programmes)s.",
                programmes=", ".join(self.programme_ids.mapped("name")),
            ),
            # It does not name the categories: nobody who looks over a shoulder learns one.
            eligibility.CATEGORY: self.env._(
                "This booking is for other admission categories. If yours is not right in the "
                "college's records, tell the hostel office."
            ),
            eligibility.DUES: self.env._(
                "Dues for %(term)s are not cleared: clear them at %(place)s.",
                term=self.round_id.term_id.name,
                place=self.dues_place or self.env._("the accounts office"),
            ),
            eligibility.UNDERTAKING: self.env._(
                "Your anti-ragging undertaking for %(year)s is missing: sign it with your "
                "guardian at antiragging.in and bring its number to the hostel office.",
                year=self.round_id.term_id.year_id.name,
            ),
        }
