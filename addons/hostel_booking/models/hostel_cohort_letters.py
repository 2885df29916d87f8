from odoo import models

from ..const import COHORT_OPEN_STATES

GROUP_URL = "/my/cohort"


class HostelCohort(models.Model):
    """Letters to the students of a group, each in the reader's language.

    They name nobody: who it is about is read after signing in, if at all.
    """

    _inherit = "hostel.cohort"

    def _write_to(self, student, subject, *paragraphs, path=GROUP_URL, label=None):
        """:param str path: page of the portal that the button opens"""
        student.with_env(self.env)._write_letter(
            subject, *paragraphs, path=path, label=label or self.env._("Sign in and look")
        )

    def _in_language_of(self, student):
        return self.with_context(lang=student.sudo().partner_id.lang or self.env.lang)

    def _tell_one_left(self):
        """Tell those who are left of a group that handed in."""
        for student in self._get_students():
            told = self._in_language_of(student)
            if self.state in COHORT_OPEN_STATES:
                text = told.env._(
                    "Your group's wishes are taken back, as they were handed in for all of you."
                    " Hand them in again before the window closes: close the free place or let"
                    " somebody else join."
                )
            else:
                text = told.env._(
                    "What you handed in stays, for those of you who are left. You need not do"
                    " anything."
                )
            told._write_to(
                student,
                told.env._("Somebody left your group"),
                told.env._("One of you is not in your group any more."),
                text,
            )

    def _tell_ended(self, students):
        """Tell those who did not end the group themselves."""
        for student in students:
            told = self._in_language_of(student)
            told._write_to(
                student,
                told.env._("Your group has ended"),
                told.env._(
                    "Its leader ended it. You are free to start another one, or to book alone."
                ),
            )

    def _tell_offered(self, student, hours):
        """A mail without names or places: the page tells the rest after signing in.

        :param hours: how long the bed is kept
        """
        told = self._in_language_of(student)
        told._write_to(
            student,
            told.env._("A bed is waiting for you"),
            told.env._(
                "Your group has taken beds. Yours is kept for %(hours)s hours: sign in and"
                " confirm it on the page “My booking”.",
                hours=hours,
            ),
            path="/my/hostel",
            label=told.env._("Sign in and confirm"),
        )

    def _tell_invited(self, student):
        """Tell a student who was suggested to a group that it asks them."""
        told = self._in_language_of(student)
        told._write_to(
            student,
            told.env._("Someone would like to live with you"),
            told.env._(
                "A group that fits your answers has a free place and asks you to join. You are not"
                " named to anybody. Sign in to answer; if you say no, or nothing, nobody learns"
                " who you are."
            ),
            label=told.env._("Sign in and answer"),
        )
