from urllib.parse import urljoin

from odoo import api, models

from ..tools.letters import LAYOUT, letter_body


class HostelStudent(models.Model):
    """Letters to students."""

    # One subject a file.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "hostel.student"

    def _write_letter(self, subject, *paragraphs, path, label):
        """Send a letter with a button; into Odoo's queue, so that no click waits for it.

        Called in the student's language, of which the words are too.

        :param str path: page of the portal that the button opens
        :param str label: what stands on the button
        """
        self.ensure_one()
        reader = self.sudo().with_context(mail_notify_force_send=False)
        reader.message_notify(
            partner_ids=reader.partner_id.ids,
            author_id=reader._get_mail_author(),
            subject=subject,
            body=letter_body(*paragraphs, url=urljoin(reader.get_base_url(), path), label=label),
            email_layout_xmlid=LAYOUT,
        )

    @api.model
    def _get_mail_author(self):
        """Who writes to students where another student's click does it: the college itself.

        Odoo's default is the user, whose name and address would stand in the mail's *From*.

        :return: id of a partner; None for staff and for crons, who write as themselves
        """
        if self.env.user._is_internal():
            return None
        college = self.env.company.sudo().partner_id
        return (college if college.email else self.env.ref("base.partner_root")).id
