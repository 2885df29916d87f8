from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import format_date
from odoo.tools.sql import escape_psql

from odoo.addons.hostel_base.errors import HostelError

from ..tools.check_in_pass import looks_like_pass

DESK = "hostel_base.group_hostel_supervisor"


class HostelCheckInDesk(models.AbstractModel):
    """The desk's full-screen card: who stands here, what is missing, one button."""

    _name = "hostel.check.in.desk"
    _description = "Check-in Desk"

    @api.model
    def _check_desk(self):
        if not (self.env.su or self.env.user.has_group(DESK)):
            raise AccessError(self.env._("Only supervisors and wardens work at the check-in desk."))

    @api.model
    def scan(self, text):
        """The card of whoever shows a pass, or whose roll number was typed.

        :param str text: what the scanner or the keyboard sent
        :return: see :meth:`_get_card`
        :raises HostelError: ``PASS_INVALID``, ``PASS_EXPIRED``, ``PASS_USED``, ``NOT_EXPECTED``
        """
        self._check_desk()
        text = text.strip() if isinstance(text, str) else ""
        if looks_like_pass(text):
            stay = self._find_stay([("id", "=", self.env["hostel.check.in.pass.use"]._use(text))])
        else:
            stay = self._find_stay(
                [("student_id.roll_number", "=ilike", escape_psql(text))] if text else [(0, "=", 1)]
            )
        if not stay:
            raise HostelError(
                "NOT_EXPECTED",
                self.env._("Nobody with this code or roll number is expected in your hostels."),
                404,
            )
        return self._get_card(stay)

    @api.model
    def _find_stay(self, domain):
        """The stay of a student that this desk looks after: the one to move in first."""
        rows = self.env["hostel.allocation"].search(
            [*domain, ("state", "in", ("allocated", "checked_in"))]
        )
        today = self.env.company._get_college_day()
        return rows.sorted(
            lambda row: (
                not row.date_from <= today < row.date_to,
                row.state != "allocated",
                row.date_from,
            )
        )[:1]

    @api.model
    def get_card(self, allocation_id):
        """The card of a stay, once more."""
        self._check_desk()
        stay = self.env["hostel.allocation"].browse(allocation_id)
        stay.check_access("read")
        return self._get_card(stay)

    @api.model
    def check_in(self, allocation_id, key_ids):
        """Let the student move in, hand the keys over, and open the room-condition form.

        :param int allocation_id: the stay
        :param list key_ids: keys that the student gets
        :return: the card as it is now
        """
        self._check_desk()
        stay = self.env["hostel.allocation"].browse(allocation_id)
        stay.check_access("read")
        keys = stay._get_keys_to_give().filtered(lambda key: key.id in key_ids)
        if len(keys) != len(set(key_ids)):
            raise HostelError(
                "KEY_STATE", self.env._("One of these keys is no longer in the office.")
            )
        stay._check_in(id_checked=True)
        for key in keys:
            key._hand_over(stay)
        return self._get_card(stay)

    @api.model
    def hand_over(self, allocation_id, key_ids):
        """Give more keys to a student who is in already.

        :return: the card as it is now
        """
        self._check_desk()
        stay = self.env["hostel.allocation"].browse(allocation_id)
        stay.check_access("read")
        for key in stay._get_keys_to_give().filtered(lambda key: key.id in key_ids):
            key._hand_over(stay)
        return self._get_card(stay)

    @api.model
    def _get_card(self, stay):
        """What the desk sees of a stay, as JSON."""
        row = stay.sudo()
        steps = row._get_move_in_steps()
        states = dict(row._fields["state"]._description_selection(self.env))
        return {
            "id": row.id,
            "name": row.student_id.name,
            "roll_number": row.student_id.roll_number or "",
            "programme": row.student_id.programme_id.name or "",
            "photo": f"/web/image/hostel.student/{row.student_id.id}/image_256",
            "hostel": row.hostel_id.name,
            "room": row.room_id.name,
            "bed": row.bed_id.label,
            "date_from": format_date(self.env, row.date_from, date_format="d MMM y"),
            "date_to": format_date(self.env, row.date_to, date_format="d MMM y"),
            "state": row.state,
            "state_label": states[row.state],
            "is_away": row.stay_status == "on_leave",
            "late_days": row.late_days,
            # The key and the form come with the button; before it they are not missing.
            "steps": [
                step
                for step in steps
                if row.state == "checked_in" or step["code"] not in ("key", "condition")
            ],
            "problem": self._get_problem(row, steps),
            "keys": [
                {
                    "id": key.id,
                    "name": key.display_name,
                    "kind": dict(key._fields["kind"]._description_selection(self.env))[key.kind],
                    "is_own": bool(key.bed_id),
                }
                for key in row._get_keys_to_give()
            ],
            "keys_in_hand": row.key_ids.mapped("display_name"),
            "condition_id": row.condition_ids[:1].id,
        }

    @api.model
    def _get_problem(self, row, steps):
        """Why the button would refuse, in words, or an empty text."""
        blocking = [step["label"] for step in steps if step["is_blocking"]]
        if row.state == "allocated" and blocking:
            return self.env._("Missing: %(what)s", what=", ".join(blocking))
        if row.state == "allocated":
            try:
                row._check_arrival_day()
            except HostelError as exc:
                return str(exc)
        return ""
