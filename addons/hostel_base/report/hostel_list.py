from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date

from ..const import LIVE_STATES

# Who may take a list out of the system; each still gets only what the own rules show.
LIST_GROUPS = (
    "hostel_base.group_hostel_supervisor",
    "hostel_base.group_hostel_floor_incharge",
    "hostel_base.group_hostel_finance",
)
KINDS = [
    ("occupancy", "Occupancy"),
    ("rooms", "Room list"),
    ("students", "Student list"),
    ("vacancies", "Vacancy list"),
]


class HostelList(models.AbstractModel):
    """The lists that the office prints, as tables that PDF and XLSX both write.

    A table is ``{title, subtitle, columns: [{label, type, width, total}], rows: [[value]]}``;
    a type is ``text``, ``int``, ``share``, ``money`` or ``date``, a width is in characters.
    """

    _name = "hostel.list"
    _description = "Lists of the Hostel Office"

    @api.model
    def _get_table(self, kind, hostels, day, rooms=None, students=None):
        """A list of some hostels on a day, or of chosen rooms or students.

        :param str kind: one of ``KINDS``
        :param hostels: recordset of ``hostel.hostel``; those the user may not read are left out
        :param date day: the day that the list is about
        :raises AccessError: if the user's role takes no lists out of the system
        """
        if not any(self.env.user.has_group(group) for group in LIST_GROUPS):
            raise AccessError(self.env._("Your role does not print lists."))
        hostels = hostels._filtered_access("read")
        subject = {"rooms": rooms, "students": students}.get(kind)
        table = getattr(self, f"_get_{kind}_table")(
            hostels, day, *([subject] if kind in ("rooms", "students") else [])
        )
        words = self.env["hostel.print.list"]._fields["kind"]._description_selection(self.env)
        scope = ", ".join(hostels.mapped("name")) if hostels and not subject else ""
        return {
            "title": dict(words)[kind],
            "subtitle": " · ".join(filter(None, [scope, format_date(self.env, day)])),
            "company": self.env.company,
            "printed_by": self.env.user.name,
            "printed_at": fields.Datetime.context_timestamp(self, fields.Datetime.now()).strftime(
                "%d %b %Y, %H:%M"
            ),
            **table,
        }

    @api.model
    def _column(self, label, kind="text", width=14, total=False):
        return {"label": label, "type": kind, "width": width, "total": total}

    @api.model
    def _get_rows_on(self, day, domain):
        """Live rows on a day, as far as the user may read them."""
        return self.env["hostel.allocation"].search(
            [
                ("state", "in", LIVE_STATES),
                ("date_from", "<=", day),
                ("date_to", ">", day),
                *domain,
            ]
        )

    @api.model
    def _count_on(self, day, domain):
        """Taken beds by bed id: ``{bed_id: state}``; states only, so whole hostels add up."""
        rows = (
            self.env["hostel.allocation"]
            .sudo()
            ._read_group(
                [
                    ("state", "in", LIVE_STATES),
                    ("date_from", "<=", day),
                    ("date_to", ">", day),
                    *domain,
                ],
                ["bed_id", "state"],
            )
        )
        return {bed.id: state for bed, state in rows}

    # ------------------------------------------------------------------
    # The lists
    # ------------------------------------------------------------------

    @api.model
    def _get_occupancy_table(self, hostels, day):
        """Per hostel and floor: beds, and how they are taken."""
        here = [("hostel_id", "in", hostels.ids)]
        taken = self._count_on(day, here)
        beds = self.env["hostel.bed"].search(here)
        rows = []
        for floor, members in beds.grouped("floor_id").items():
            states = [taken.get(bed.id) for bed in members]
            closed = states.count("blocked")
            living = states.count("checked_in")
            booked = sum(1 for state in states if state) - closed - living
            usable = len(members) - closed
            rows.append(
                [
                    floor.hostel_id.name,
                    floor.name,
                    len(members.room_id),
                    len(members),
                    living,
                    booked,
                    closed,
                    len(members) - living - booked - closed,
                    (living + booked) / usable if usable else 0.0,
                ]
            )
        return {
            "columns": [
                self._column(self.env._("Hostel"), width=22),
                self._column(self.env._("Floor")),
                self._column(self.env._("Rooms"), "int", 8, total=True),
                self._column(self.env._("Beds"), "int", 8, total=True),
                self._column(self.env._("Living there"), "int", 12, total=True),
                self._column(self.env._("Booked"), "int", 9, total=True),
                self._column(self.env._("Closed"), "int", 9, total=True),
                self._column(self.env._("Free"), "int", 8, total=True),
                self._column(self.env._("Taken"), "share", 8),
            ],
            "rows": rows,
        }

    @api.model
    def _get_rooms_table(self, hostels, day, rooms=None):
        """Every bed with who has it."""
        domain = [("room_id", "in", rooms.ids)] if rooms else [("hostel_id", "in", hostels.ids)]
        beds = self.env["hostel.bed"].search(domain)
        stays = {row.bed_id.id: row for row in self._get_rows_on(day, domain)}
        states = self.env["hostel.bed"]._fields["state"]._description_selection(self.env)
        words = dict(states)
        taken = self._count_on(day, domain)
        rows = []
        for bed in beds:
            stay = stays.get(bed.id, self.env["hostel.allocation"])
            student = stay.student_id
            rows.append(
                [
                    bed.hostel_id.name,
                    bed.floor_id.name,
                    bed.room_id.name,
                    bed.label,
                    bed.room_type_id.name,
                    words[bed._state_of(taken.get(bed.id))],
                    student.roll_number or "",
                    student.name or stay.reason or "",
                    stay.date_to or None,
                ]
            )
        return {
            "columns": [
                self._column(self.env._("Hostel"), width=18),
                self._column(self.env._("Floor"), width=9),
                self._column(self.env._("Room"), width=9),
                self._column(self.env._("Bed"), width=6),
                self._column(self.env._("Room type"), width=20),
                self._column(self.env._("State"), width=11),
                self._column(self.env._("Roll number"), width=16),
                self._column(self.env._("Student"), width=28),
                self._column(self.env._("Until"), "date", 13),
            ],
            "rows": rows,
        }

    @api.model
    def _get_students_table(self, hostels, day, students=None):
        """Who lives where, with the numbers to call."""
        if students:
            students = students._filtered_access("read")
            stays = self._get_rows_on(day, [("student_id", "in", students.ids)])
        else:
            stays = self._get_rows_on(
                day, [("hostel_id", "in", hostels.ids), ("student_id", "!=", False)]
            )
            students = stays.student_id
        students._note_access("report")
        per_student = {row.student_id.id: row for row in stays}
        rows = []
        for student in students.sorted("roll_number"):
            stay = per_student.get(student.id, self.env["hostel.allocation"])
            guardian = student.primary_guardian_id
            rows.append(
                [
                    student.roll_number,
                    student.name,
                    student.programme_id.name or "",
                    student.year_of_study,
                    stay.hostel_id.name or "",
                    stay.room_id.name or "",
                    stay.bed_id.label or "",
                    student.phone or "",
                    guardian.display_name or "",
                    student.primary_guardian_phone or "",
                ]
            )
        return {
            "columns": [
                self._column(self.env._("Roll number"), width=16),
                self._column(self.env._("Name"), width=26),
                self._column(self.env._("Programme"), width=22),
                self._column(self.env._("Year"), "int", 7),
                self._column(self.env._("Hostel"), width=16),
                self._column(self.env._("Room"), width=8),
                self._column(self.env._("Bed"), width=6),
                self._column(self.env._("Phone"), width=17),
                self._column(self.env._("Guardian"), width=22),
                self._column(self.env._("Guardian's phone"), width=17),
            ],
            "rows": rows,
        }

    @api.model
    def _get_vacancies_table(self, hostels, day):
        """Beds that are free on a day, and until when they stay free."""
        here = [("hostel_id", "in", hostels.ids)]
        taken = self._count_on(day, here)
        beds = self.env["hostel.bed"].search(here).filtered(lambda bed: bed.id not in taken)
        Allocation = self.env["hostel.allocation"].sudo()
        # The next row of each bed, whoever it is for.
        coming = dict(
            Allocation._read_group(
                [("bed_id", "in", beds.ids), ("state", "in", LIVE_STATES), ("date_from", ">", day)],
                ["bed_id"],
                ["date_from:min"],
            )
        )
        genders = dict(self.env["hostel.room"]._fields["gender"]._description_selection(self.env))
        rows = [
            [
                bed.hostel_id.name,
                bed.floor_id.name,
                bed.room_id.name,
                bed.label,
                bed.room_type_id.name,
                genders.get(bed.room_id.gender, ""),
                bed.position_note or "",
                bed.room_id.fee or bed.room_type_id.base_fee,
                coming.get(bed) or None,
            ]
            for bed in beds
        ]
        return {
            "columns": [
                self._column(self.env._("Hostel"), width=20),
                self._column(self.env._("Floor"), width=9),
                self._column(self.env._("Room"), width=9),
                self._column(self.env._("Bed"), width=6),
                self._column(self.env._("Room type"), width=24),
                self._column(self.env._("For"), width=9),
                self._column(self.env._("Position"), width=18),
                self._column(self.env._("Fee per term"), "money", 14),
                self._column(self.env._("Free until"), "date", 13),
            ],
            "rows": rows,
        }
