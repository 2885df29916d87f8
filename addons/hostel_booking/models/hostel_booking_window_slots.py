from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_datetime

from odoo.addons.hostel_base.errors import HostelError

# Students of one job, and mails of one job: short enough to lose little when it is killed.
BATCH = 500
MAIL_BATCH = 50
# What may not change any more once students were told their slots.
RULES_OF_SLOTS = {"opens_at", "slot_by", "slot_size", "slot_minutes", "round_id"}
ORDER = {
    # Whoever has no merit on record comes last; equal ones come in the order of their random
    # references, which nobody chose.
    "merit": SQL("st.merit_score DESC NULLS LAST, s.reference"),
    "year": SQL("st.year_of_study DESC, s.reference"),
}


class HostelBookingWindow(models.Model):
    """Time slots: who may come first, in groups of so many every so many minutes."""

    _inherit = "hostel.booking.window"

    slot_by = fields.Selection(
        [
            ("none", "Everybody at once"),
            ("merit", "By merit"),
            ("year", "By year, seniors first"),
            ("lottery", "By lottery"),
        ],
        string="Time slots",
        required=True,
        default="none",
        tracking=True,
    )
    slot_size = fields.Integer(string="Students a slot", default=20, tracking=True)
    slot_minutes = fields.Integer(string="Minutes a slot", default=10, tracking=True)
    slot_state = fields.Selection(
        [
            ("draft", "Rules"),
            ("listing", "Making the list"),
            ("listed", "List to check"),
            ("frozen", "List frozen"),
            ("drawn", "Order to check"),
            ("published", "Published"),
        ],
        string="Slots",
        required=True,
        readonly=True,
        copy=False,
        default="draft",
        tracking=True,
    )
    slot_ids = fields.One2many("hostel.booking.slot", "window_id", string="Slots of students")
    slot_count = fields.Integer(string="Students with a slot", compute="_compute_slot_count")
    slot_progress = fields.Float(compute="_compute_slot_progress")
    told_count = fields.Integer(string="Told by mail", compute="_compute_slot_count")
    last_slot_at = fields.Datetime(string="Last slot", readonly=True, copy=False)
    planned_end = fields.Datetime(
        string="Last slot opens", compute="_compute_planned_end", help="With the present rules."
    )
    remind_hours = fields.Integer(
        string="Remind before", default=12, help="Hours before the slot; 0 sends no reminder."
    )
    lottery_source = fields.Char(
        string="Public number",
        copy=False,
        help="Something that nobody can know today, such as: closing value of the NIFTY 50 on "
        "30 Nov 2026.",
    )
    lottery_source_at = fields.Datetime(string="It appears", copy=False)
    lottery_number = fields.Char(
        string="The number", copy=False, help="As published, such as 24,123.45."
    )
    lottery_ids = fields.One2many("hostel.booking.lottery", "window_id")
    lottery_url = fields.Char(string="Public page", compute="_compute_lottery_url")
    next_step = fields.Char(compute="_compute_next_step")

    _slot_rules_positive = models.Constraint(
        "CHECK (slot_size > 0 AND slot_minutes > 0 AND remind_hours >= 0)",
        "A slot needs at least one student and one minute.",
    )

    @api.depends("slot_ids.announced_for")
    def _compute_slot_count(self):
        Slot = self.env["hostel.booking.slot"].sudo()
        counts = dict(Slot._read_group([("window_id", "in", self.ids)], ["window_id"], ["__count"]))
        told = dict(
            Slot._read_group(
                [("window_id", "in", self.ids), ("announced_for", "!=", False)],
                ["window_id"],
                ["__count"],
            )
        )
        for window in self:
            window.slot_count = counts.get(window._origin, 0)
            window.told_count = told.get(window._origin, 0)

    @api.depends("slot_state")
    def _compute_slot_progress(self):
        for window in self:
            total = window.eligible_count
            window.slot_progress = min(100.0, 100 * window.slot_count / total) if total else 0

    @api.depends("opens_at", "slot_by", "slot_size", "slot_minutes", "slot_state")
    def _compute_planned_end(self):
        for window in self:
            count = window.slot_count or window.eligible_count
            groups = -(-count // window.slot_size) if window.slot_size > 0 else 0
            window.planned_end = (
                window.opens_at + timedelta(minutes=max(0, groups - 1) * window.slot_minutes)
                if window.opens_at and window.slot_by != "none"
                else False
            )

    @api.depends("lottery_ids")
    def _compute_lottery_url(self):
        for window in self:
            window.lottery_url = window.sudo().lottery_ids[:1].public_url

    @api.depends("slot_by", "slot_state", "lottery_source", "lottery_source_at")
    def _compute_next_step(self):
        for window in self:
            window.next_step = window._get_next_step() if window.slot_by != "none" else False

    def _get_next_step(self):
        """What the office does next, in one sentence."""
        self.ensure_one()
        texts = {
            "draft": self.env._("Set the rules, then make the list of students."),
            "listing": self.env._("The list is being made; you can leave this page."),
            "listed": self.env._(
                "Check the list, name a public number that does not exist yet, then freeze."
            ),
            "frozen": self.env._(
                "Wait for “%(public)s”, then enter the number and draw.",
                public=self.lottery_source or "",
            ),
            "drawn": self.env._("Look at the order, then publish: it can't be changed after."),
            "published": self.env._(
                "Nothing is left to do: every student sees their slot and gets it by mail."
            ),
        }
        return texts[self.slot_state]

    @api.constrains("slot_by", "mode")
    def _check_slots_need_holds(self):
        for window in self:
            if window.slot_by != "none" and window.mode == "ranked":
                raise ValidationError(
                    self.env._("Wishes can be stated at any time: slots are for the live map.")
                )

    def write(self, vals):
        if vals.keys() & RULES_OF_SLOTS and not self.env.context.get("hostel_tell_windows"):
            for window in self:
                if window.slot_state != "draft" and window._would_change(vals):
                    raise HostelError(
                        "SLOTS_FROZEN",
                        self.env._(
                            "The slots of %(window)s are made from these rules. Discard them "
                            "first, or move them with “Extend”.",
                            window=window.name,
                        ),
                    )
        if vals.keys() & {"lottery_source", "lottery_source_at"}:
            frozen = self.filtered(lambda window: window.lottery_ids and window._would_change(vals))
            if frozen:
                raise HostelError(
                    "SLOTS_FROZEN", self.env._("The public number was named with the list.")
                )
        return super().write(vals)

    def _would_change(self, vals):
        """Whether a write changes a rule of the slots, or only says it again."""
        self.ensure_one()
        names = vals.keys() & (RULES_OF_SLOTS | {"lottery_source", "lottery_source_at"})
        return any(
            self._fields[name].convert_to_cache(vals[name], self)
            != self._fields[name].convert_to_cache(self[name], self)
            for name in names
        )

    # ------------------------------------------------------------------
    # The list
    # ------------------------------------------------------------------

    def action_make_slots(self):
        """List every student whom the window is meant for, in jobs that can be resumed."""
        self._check_step(("draft", "listing"))
        if self.slot_by == "none":
            raise HostelError(
                "SLOTS_NOT_WANTED", self.env._("Choose how the slots are given first."), 422
            )
        if not self.eligible_count:
            raise HostelError(
                "NOBODY_ELIGIBLE", self.env._("No student fits the rules of this window."), 422
            )
        self.slot_state = "listing"
        self._delay_listing()

    def _check_step(self, states):
        """:raises HostelError: ``INVALID_TRANSITION``"""
        self.ensure_one()
        self.check_access("write")
        if self.slot_state not in states:
            raise HostelError(
                "INVALID_TRANSITION", self.env._("The slots are past this step; reload the page.")
            )

    def _delay_listing(self):
        self.sudo().with_delay(
            description=self.env._("Time slots of %(window)s", window=self.name),
            identity_key=f"hostel_booking.slots:{self.id}:{self.sudo().slot_count}",
        )._list_next()

    def _list_next(self):
        """Job: list the next students; a killed one is taken up where it was."""
        self.ensure_one()
        if self.slot_state != "listing":
            return 0
        students = self._get_unlisted(BATCH)
        self.env["hostel.booking.slot"].create(
            [{"window_id": self.id, "student_id": student.id} for student in students]
        )
        self.invalidate_recordset(["slot_count"])
        if len(students) == BATCH:
            self._delay_listing()
        else:
            self._finish_listing()
        return len(students)

    def _get_unlisted(self, limit=None):
        self.ensure_one()
        domain = Domain(self._get_student_domain()) & Domain(
            "booking_slot_ids", "not any", [("window_id", "=", self.id)]
        )
        return self.env["hostel.student"].sudo().search(domain, limit=limit, order="id")

    def _finish_listing(self):
        if self.slot_by == "lottery":
            self.slot_state = "listed"
        else:
            self._rank_slots(ORDER[self.slot_by])
            self.slot_state = "drawn"
        self.message_post(body=self.env._("List made: %(count)s students.", count=self.slot_count))

    def _rank_slots(self, order):
        """Give every student of the list a rank and a time, in one statement."""
        self.env["hostel.booking.slot"].flush_model()
        self.env["hostel.student"].flush_model(["merit_score", "year_of_study"])
        self.env.execute_query(
            SQL(
                """WITH ranked AS (
                       SELECT s.id, row_number() OVER (ORDER BY %s) AS rank
                         FROM hostel_booking_slot s
                         JOIN hostel_student st ON st.id = s.student_id
                        WHERE s.window_id = %s)
                   UPDATE hostel_booking_slot slot
                      SET rank = ranked.rank,
                          opens_at = %s + ((ranked.rank - 1) / %s) * %s * interval '1 minute'
                     FROM ranked WHERE ranked.id = slot.id
                RETURNING slot.id""",
                order,
                self.id,
                # As the ORM writes times: what a mail told is compared with it.
                self.opens_at.replace(microsecond=0),
                self.slot_size,
                self.slot_minutes,
            )
        )
        self.env["hostel.booking.slot"].invalidate_model(["rank", "opens_at"])

    def action_discard_slots(self):
        """Throw an unpublished list away, to change the rules."""
        self._check_step(("listing", "listed", "drawn"))
        if self.lottery_ids:
            raise HostelError(
                "SLOTS_FROZEN", self.env._("A frozen list is public; it can't be thrown away.")
            )
        self.sudo().slot_ids.unlink()
        self.slot_state = "draft"

    # ------------------------------------------------------------------
    # Lottery
    # ------------------------------------------------------------------

    def action_freeze_list(self):
        self._check_step(("listed",))
        self._freeze_list()

    def _freeze_list(self, moment=None):
        """Publish the hash of the list, with the name of the number that will decide."""
        lottery = self.env["hostel.booking.lottery"]._freeze(
            self,
            self.sudo().slot_ids.mapped("reference"),
            self.lottery_source,
            self.lottery_source_at,
            moment,
        )
        self.slot_state = "frozen"
        self.message_post(
            body=self.env._(
                "List of %(count)s references frozen. SHA-256: %(hash)s. The number will be: "
                "%(public)s. Public page: %(url)s",
                count=lottery.list_count,
                hash=lottery.list_hash,
                public=lottery.source,
                url=lottery.public_url,
            )
        )

    def action_draw(self):
        self._check_step(("frozen",))
        self._draw_lottery()

    def _draw_lottery(self, moment=None):
        """Enter the number; the order follows from it and from the frozen list."""
        lottery = self.sudo().lottery_ids
        order = lottery._draw(self.lottery_number, moment)
        ranks = SQL(
            "array_position(%s::varchar[], s.reference)",
            order,
        )
        self._rank_slots(ranks)
        self.slot_state = "drawn"
        self.message_post(
            body=self.env._(
                "Number entered: %(number)s. Seed: %(seed)s",
                number=lottery.number,
                seed=lottery.seed,
            )
        )

    # ------------------------------------------------------------------
    # Publishing
    # ------------------------------------------------------------------

    def action_publish_slots(self):
        """Let every student see their slot; from here on the order is frozen."""
        self._check_step(("drawn",))
        self._publish_slots()

    def _publish_slots(self):
        last = max(self.sudo().slot_ids.mapped("opens_at"))
        if last >= self.closes_at:
            raise HostelError(
                "SLOTS_TOO_LONG",
                self.env._(
                    "The last slot opens after the window closes: extend the window, or make "
                    "the groups larger."
                ),
                422,
            )
        self.write({"slot_state": "published", "last_slot_at": last})
        self.message_post(
            body=self.env._(
                "Slots published: %(count)s students, the last slot opens %(last)s.",
                count=self.slot_count,
                last=format_datetime(self.env, last),
            )
        )
        self._delay_mails()

    def _delay_mails(self):
        self.sudo().with_delay(
            description=self.env._("Mails about the slots of %(window)s", window=self.name)
        )._announce_next()

    def _keeps_times(self):
        """Whether slots come when they are said to: not while the window waits to go on, nor
        after it closed early."""
        self.ensure_one()
        return not self.is_paused and self.closes_at > self.env.cr.now()

    def _get_untold(self, limit=None):
        """Slots whose student has not heard of the present time and still can use it."""
        self.env["hostel.booking.slot"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM hostel_booking_slot
                    WHERE window_id = %s AND opens_at > %s
                      AND announced_for IS DISTINCT FROM opens_at
                 ORDER BY opens_at, id LIMIT %s""",
                self.id,
                self.env.cr.now(),
                limit,
            )
        )
        return self.env["hostel.booking.slot"].sudo().browse([slot_id for [slot_id] in rows])

    def _announce_next(self):
        """Job: mail the next students their slot; nobody gets the same news twice."""
        self.ensure_one()
        if self.slot_state != "published" or not self._keeps_times():
            return 0
        slots = self._get_untold(MAIL_BATCH).try_lock_for_update()
        slots._announce()
        if len(slots) == MAIL_BATCH:
            self._delay_mails()
        return len(slots)

    @api.model
    def _cron_slots(self):
        """List latecomers, tell what has moved, and remind before the slot; the mails are jobs."""
        now = self.env.cr.now()
        windows = self.sudo().search(
            [("slot_state", "=", "published"), ("closes_at", ">", now), ("is_paused", "=", False)]
        )
        for window in windows:
            window._add_latecomers()
            if window._get_untold(1):
                window._delay_mails()
            if window._get_to_remind(now, 1):
                window._delay_reminders()

    def _add_latecomers(self):
        """Whoever came to fit after the list was made gets the last slot."""
        self.ensure_one()
        late = self._get_unlisted()
        last = self.slot_count
        return (
            self.env["hostel.booking.slot"]
            .sudo()
            .create(
                [
                    {
                        "window_id": self.id,
                        "student_id": student.id,
                        "rank": last + number,
                        "opens_at": self.last_slot_at,
                        "is_late": True,
                    }
                    for number, student in enumerate(late, 1)
                ]
            )
        )

    def _get_to_remind(self, now, limit):
        """Slots that come within the hours before which the students are reminded."""
        self.env["hostel.booking.slot"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM hostel_booking_slot
                    WHERE window_id = %s AND opens_at > %s AND opens_at <= %s
                      AND announced_for IS NOT NULL
                      AND reminded_for IS DISTINCT FROM opens_at
                 ORDER BY opens_at, id LIMIT %s""",
                self.id,
                now,
                now + timedelta(hours=self.remind_hours),
                limit,
            )
        )
        return self.env["hostel.booking.slot"].sudo().browse([slot_id for [slot_id] in rows])

    def _delay_reminders(self):
        self.sudo().with_delay(
            description=self.env._("Reminders of the slots of %(window)s", window=self.name)
        )._remind_next()

    def _remind_next(self, now=None):
        """Job: remind the next students, each once of a time.

        :param now: naive UTC; PostgreSQL's if not given
        """
        self.ensure_one()
        if not self._keeps_times():
            return 0
        slots = self._get_to_remind(now or self.env.cr.now(), MAIL_BATCH).try_lock_for_update()
        slots._remind()
        if len(slots) == MAIL_BATCH:
            self._delay_reminders()
        return len(slots)

    # ------------------------------------------------------------------
    # Doors
    # ------------------------------------------------------------------

    def _get_slot(self, student):
        self.ensure_one()
        if self.slot_by == "none" or not student:
            return self.env["hostel.booking.slot"].sudo()
        # All of the student's at once: a page looks at several windows.
        return student.sudo().booking_slot_ids.filtered(lambda slot: slot.window_id == self)[:1]

    def _prepare_card(self, **vals):
        if self.slot_by != "none":
            vals["slots"] = "published" if self.slot_state == "published" else "pending"
            vals["last_slot_at"] = self.last_slot_at or None
        return super()._prepare_card(**vals)

    def _get_opening(self, student):
        """A student's own slot; the last one for who came late; nothing before they are out."""
        self.ensure_one()
        if self.slot_by == "none" or not student:
            return super()._get_opening(student)
        if self.slot_state != "published":
            return None
        return self._get_slot(student).opens_at or self.last_slot_at

    def _shift_slots(self, by, since):
        """Slots that come after a moment come later; their students are told."""
        super()._shift_slots(by, since)
        for window in self.filtered(lambda w: w.slot_state == "published"):
            self.env["hostel.booking.slot"].flush_model()
            moved = self.env.execute_query(
                SQL(
                    """UPDATE hostel_booking_slot
                          SET opens_at = opens_at + %s, moves = moves + 1
                        WHERE window_id = %s AND opens_at > %s RETURNING id""",
                    by,
                    window.id,
                    since,
                )
            )
            self.env["hostel.booking.slot"].invalidate_model(["opens_at", "moves"])
            if not moved:
                continue
            window.with_context(hostel_tell_windows=True).last_slot_at += by
            window.message_post(
                body=self.env._(
                    "%(count)s slots moved by %(minutes)s minutes.",
                    count=len(moved),
                    minutes=int(by.total_seconds() // 60),
                )
            )
            window._delay_mails()

    def action_open_slots(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_booking.hostel_booking_slot_action"
        )
        action["domain"] = [("window_id", "=", self.id)]
        action["context"] = {"search_default_group_opens": 1}
        return action
