from odoo import api, models

from odoo.addons.hostel_base.errors import HostelError

from .hostel_waitlist_entry import MAX_LISTS, OPEN_STATES

RECENT = 5


class HostelWaitlistDesk(models.AbstractModel):
    """What a student can do about waitlists; always about the one who is signed in."""

    _name = "hostel.waitlist.desk"
    _description = "Waitlist Desk"

    @api.model
    def _get_student(self):
        return self.env["hostel.booking.desk"]._get_student()

    def _not_found(self):
        return HostelError("NOT_FOUND", self.env._("There is nothing here for you."), 404)

    @api.model
    def _get_window(self, student, hostel=None):
        """The window through which the student may wait: begun, in an open round.

        One that is still open comes before one that has closed.
        """
        booking_round = self.env["hostel.booking.desk"].sudo()._get_real_round()
        windows = self.env["hostel.booking.window"].sudo()
        if booking_round:
            windows = student.sudo()._get_windows(booking_round)
        now = self.env.cr.now()
        begun = windows.filtered(
            lambda window: window.opens_at <= now and (not hostel or hostel in window.hostel_ids)
        )
        return begun.sorted(lambda window: (window.closes_at <= now, window.opens_at))[:1]

    # ------------------------------------------------------------------
    # What the pages show
    # ------------------------------------------------------------------

    @api.model
    def _get_mine(self):
        """The student's places in line, the open ones first.

        :return: ``{"entries": [{…}], "may_join": bool}``
        """
        student = self._get_student()
        entries = self._get_entries(student)
        open_ones = entries.filtered(lambda entry: entry.state in OPEN_STATES)
        recent = (entries - open_ones).sorted("id", reverse=True)[:RECENT]
        return {
            "entries": [self._describe(entry, student) for entry in open_ones | recent],
            "may_join": bool(self._get_window(student)) and len(open_ones) < self._get_most(),
        }

    def _get_most(self):
        return self.env["hostel.waitlist.entry"]._get_setting("waitlist_lists", MAX_LISTS)

    @api.model
    def _get_entries(self, student):
        """Entries that are about the student. Extension point: those of a cohort."""
        return self.env["hostel.waitlist.entry"].sudo().search([("student_id", "=", student.id)])

    @api.model
    def _describe(self, entry, student):
        """One place in line as a page shows it; times are what is left, in ms."""
        states = dict(entry._fields["state"]._description_selection(self.env))
        waiting, offered = entry.state == "waiting", entry.state == "offered"
        row = entry.allocation_ids.filtered(lambda one: one.student_id == student)[:1]
        left = 0
        if offered:
            left = max(0, int((entry.offer_until - self.env.cr.now()).total_seconds() * 1000))
        return {
            "id": entry.id,
            "label": entry.waitlist_id._get_class_label(),
            "hostel_id": entry.hostel_id.id or None,
            "room_type_id": entry.room_type_id.id or None,
            "state": entry.state,
            "state_label": states[entry.state],
            "position": entry.position if waiting else None,
            "ahead": entry.position - 1 if waiting else None,
            "estimate": entry.waitlist_id._get_estimate(entry.position) if waiting else "",
            "size": entry.size,
            "is_mine": entry.student_id == student,
            "gathered": self._describe_gathered(entry) if waiting else None,
            "offer": self._describe_offer(entry, left) if offered else None,
            "allocation_id": row.id or None,
            "reason": entry.end_reason or "",
        }

    def _describe_gathered(self, entry):
        """How many beds are kept for a group already, and until when; None if none are."""
        if not entry.gathered_count:
            return None
        return {"count": entry.gathered_count, "until": entry.gather_until}

    def _describe_offer(self, entry, left_ms):
        kept = entry._get_kept()
        own = self._get_student()
        unpaid = entry._get_live_rows(entry._get_students())
        lets_go = [row._get_bed_label() for row in unpaid if row.student_id == own]
        if len(lets_go) < len(unpaid):
            # Which one is theirs to tell.
            lets_go.append(self.env._("an unpaid bed of another of you"))
        return {
            "beds": [row._get_bed_label() for row in kept],
            "price": sum(row.bed_id._get_price(entry.term_id) for row in kept),
            "expires_in_ms": left_ms,
            "until": entry.offer_until,
            "lets_go": lets_go,
        }

    @api.model
    def _get_led_size(self):
        """How many the student could get in line for together. Extension point: cohorts."""
        return 0

    @api.model
    def _get_classes(self):
        """Kinds of beds that the student could wait for, with how many are free and wait.

        :return: ``[{"hostel_id", "room_type_id", "label", "free", "waiting", "mine"}]``
        """
        student = self._get_student()
        window = self._get_window(student)
        if not window:
            return []
        free = self.env["hostel.waitlist"]._find_free(
            window, window.hostel_ids, self.env["hostel.room.type"], student
        )
        counts = self._count_waiting(window)
        mine = {
            (entry.hostel_id.id, entry.room_type_id.id)
            for entry in self._get_entries(student)
            if entry.state in OPEN_STATES
        }
        classes = []
        hostels = window.hostel_ids.filtered(student.sudo()._may_live_in)
        for hostel, kind in self._get_kinds(hostels):
            key = (hostel.id, kind.id)
            of_kind = free.filtered(
                lambda bed, key=key: (bed.hostel_id.id, bed.room_type_id.id) == key
            )
            classes.append(
                {
                    "hostel_id": hostel.id,
                    "room_type_id": kind.id,
                    "label": self.env._(
                        "%(kind)s in %(hostel)s", kind=kind.name, hostel=hostel.name
                    ),
                    "free": len(of_kind),
                    "waiting": counts.get(key, 0),
                    "mine": key in mine,
                }
            )
        return classes

    def _get_kinds(self, hostels):
        rows = (
            self.env["hostel.bed"]
            .sudo()
            ._read_group([("hostel_id", "in", hostels.ids)], ["hostel_id", "room_type_id"])
        )
        return sorted(rows, key=lambda pair: (pair[0].name, pair[1].name))

    def _count_waiting(self, window):
        return {
            (hostel.id, kind.id): count
            for hostel, kind, count in self.env["hostel.waitlist.entry"]
            .sudo()
            ._read_group(
                [("window_id", "=", window.id), ("state", "=", "waiting")],
                ["hostel_id", "room_type_id"],
                ["size:sum"],
            )
        }

    @api.model
    def _get_card(self):
        """What the card of the home says, or None for who has no reason to wait."""
        student = self.env["hostel.student"]._get_current()
        entries = self._get_entries(student).filtered(lambda entry: entry.state in OPEN_STATES)
        window = self._get_window(student)
        if not entries and (
            not window or student.sudo()._get_booking_refusal(window.round_id) == "HAS_ALLOCATION"
        ):
            return None
        return {
            "offered": bool(entries.filtered(lambda entry: entry.state == "offered")),
            "waiting": [
                {"position": entry.position, "label": entry.waitlist_id._get_class_label()}
                for entry in entries
                if entry.state == "waiting"
            ],
        }

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @api.model
    def _join(self, hostel_id=None, room_type_id=None):
        """Get in line for a kind of bed.

        :param hostel_id: a hostel of the student's window, or None for any
        :param room_type_id: a room type that it has, or None for any
        :raises HostelError: ``NOT_FOUND``, ``WINDOW_CLOSED``, ``STUDENT_INACTIVE``,
            ``HAS_ALLOCATION``, ``BEDS_FREE``, ``ON_LIST``, ``TOO_MANY_LISTS``
        """
        student = self._get_student().sudo()
        hostel, kind = self._read_class(student, hostel_id, room_type_id)
        window = self._get_window(student, hostel)
        if not window:
            raise self._no_window()
        self._check_may_wait(student, window)
        if self.env["hostel.waitlist"]._find_free(window, hostel, kind, student):
            raise HostelError(
                "BEDS_FREE", self.env._("Such a bed is free right now: take it on the map.")
            )
        return self._enter(
            student, self.env["hostel.waitlist"]._get_or_create(window, hostel, kind)
        )

    def _no_window(self):
        return HostelError(
            "WINDOW_CLOSED",
            self.env._("No booking that is meant for you has begun; look again then."),
            403,
        )

    def _read_class(self, student, hostel_id, room_type_id):
        """Hostel and room type by id; what is not for the student does not exist."""
        hostel = self.env["hostel.hostel"].sudo().browse(hostel_id or []).exists()
        kind = self.env["hostel.room.type"].sudo().browse(room_type_id or []).exists()
        if (hostel_id and not (hostel and student._may_live_in(hostel))) or (
            room_type_id and not kind
        ):
            raise self._not_found()
        return hostel, kind

    def _check_may_wait(self, student, window):
        if student.status != "active" or not student.active:
            raise HostelError(
                "STUDENT_INACTIVE",
                self.env._("Only active students can book; ask the hostel office."),
                403,
            )
        if student._get_booking_refusal(window.round_id) == "HAS_ALLOCATION":
            self._check_only_unpaid(student, window)
        open_ones = self._get_entries(student).filtered(lambda entry: entry.state in OPEN_STATES)
        if len(open_ones) >= self._get_most():
            raise HostelError(
                "TOO_MANY_LISTS",
                self.env._("You wait on %(count)s lists already.", count=len(open_ones)),
            )

    def _check_only_unpaid(self, student, window):
        """Who has not paid yet may wait for something better; who has, asks for a move."""
        Allocation = self.env["hostel.allocation"].sudo()
        term = window.round_id.term_id
        rows = Allocation.search(
            [
                ("student_id", "=", student.id),
                *Allocation._live_between(term.date_from, term.date_to),
            ]
        )
        if rows.filtered(lambda row: row.state not in ("offered", "paying")):
            raise HostelError(
                "HAS_ALLOCATION",
                self.env._("You have a bed for this term. For another one, ask for a move."),
            )

    def _enter(self, student, waitlist, **vals):
        Entry = self.env["hostel.waitlist.entry"].sudo()
        known = Entry.search(
            [
                ("waitlist_id", "=", waitlist.id),
                ("student_id", "=", student.id),
                ("state", "in", OPEN_STATES),
            ],
            limit=1,
        )
        if known:
            raise HostelError("ON_LIST", self.env._("You are on this list already."))
        return Entry.create({"waitlist_id": waitlist.id, "student_id": student.id, **vals})

    @api.model
    def _get_own(self, entry_id):
        student = self._get_student()
        entry = self._get_entries(student).filtered(
            lambda one: one.id == entry_id and one.student_id == student
        )
        if not entry:
            raise self._not_found()
        return entry

    @api.model
    def _leave(self, entry_id):
        self._get_own(entry_id)._leave()

    @api.model
    def _decline(self, entry_id):
        self._get_own(entry_id)._decline()

    @api.model
    def _accept(self, entry_id):
        """Take an offer.

        :return: ``{"state", "redirect"}`` of the student's own row, as *Pay* gives them
        """
        entry = self._get_own(entry_id)
        rows = entry._accept()
        row = rows.filtered(lambda one: one.student_id == self._get_student())[:1]
        pay_url = row._get_pay_url() if row.state in ("offered", "paying") else None
        return {"state": row.state, "redirect": pay_url}
