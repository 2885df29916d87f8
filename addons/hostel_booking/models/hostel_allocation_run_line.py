import logging

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from odoo.addons.hostel_base.errors import HostelError

from ..tools.allocation.priority import lottery_number, lottery_text

_logger = logging.getLogger(__name__)


class HostelAllocationRunLine(models.Model):
    """What an allocation decided about one cohort, and why."""

    _name = "hostel.allocation.run.line"
    _description = "Applicant of an Allocation"
    _order = "run_id desc, rank, id"
    _rec_name = "cohort_id"

    run_id = fields.Many2one(
        "hostel.allocation.run", required=True, readonly=True, ondelete="cascade", index=True
    )
    is_simulation = fields.Boolean(related="run_id.is_simulation", store=True, precompute=True)
    cohort_id = fields.Many2one(
        "hostel.cohort", required=True, readonly=True, ondelete="cascade", index=True
    )
    leader_id = fields.Many2one(related="cohort_id.leader_id", string="Student or leader")
    size = fields.Integer(string="Students", readonly=True)
    rank = fields.Integer(readonly=True, aggregator=None, help="Place in the order of choosing.")
    wish = fields.Integer(
        string="Wish met", readonly=True, aggregator=None, help="Number of the wish; 0: none."
    )
    wish_count = fields.Integer(string="Wishes named", readonly=True, aggregator=None)
    wish_label = fields.Selection(
        [
            ("1", "First wish"),
            ("2", "Second wish"),
            ("3", "Third wish"),
            ("4", "A later wish"),
            ("9", "No bed"),
        ],
        string="Result",
        readonly=True,
    )
    reason = fields.Selection(
        [
            ("FILLED", "Filled by others"),
            ("NO_SUCH_ROOM", "Nothing free of that kind"),
            ("NOT_YOUR_GENDER", "For another gender"),
            ("ROOM_TOO_SMALL", "No room for so many"),
            ("KEPT_FOR_OTHERS", "Kept for others"),
            ("QUOTA_FULL", "Places for the group are full"),
            ("HAS_ALLOCATION", "Has a bed already"),
            ("STUDENT_INACTIVE", "Not an active student"),
            ("NO_MEMBERS", "Nobody is in the group"),
        ],
        string="Why no better",
        readonly=True,
        help="What stood in the way of the first wish.",
    )
    hostel_id = fields.Many2one("hostel.hostel", readonly=True, ondelete="cascade", index=True)
    room_id = fields.Many2one("hostel.room", readonly=True, ondelete="cascade")
    bed_labels = fields.Char(string="Beds", readonly=True)
    # [[student id, bed id], …] and the engine's facts.
    pairs = fields.Json(readonly=True)
    facts = fields.Json(readonly=True)
    explanation = fields.Text(compute="_compute_explanation")
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("done", "Given"),
            ("missed", "Not free any more"),
            ("unplaced", "No bed"),
            ("skipped", "Left out"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    code = fields.Char(readonly=True, help="Code of the refusal.")
    message = fields.Char(string="Refused because", readonly=True)
    allocation_ids = fields.One2many(related="cohort_id.allocation_ids", string="Allocations")
    told_at = fields.Datetime(readonly=True)

    _cohort_once = models.Constraint(
        "UNIQUE (run_id, cohort_id)", "A group is in an allocation once."
    )

    # ------------------------------------------------------------------
    # From the engine
    # ------------------------------------------------------------------

    def _prepare_lines(self, run, task, result):
        """Values of a line for each applicant."""
        beds = {bed.id: bed for bed in task.beds}
        labels = self._get_labels(
            {seat.bed for outcome in result.outcomes for seat in outcome.seats}
        )
        applicants = {one.id: one for one in task.applicants}
        vals_list = []
        for outcome in result.outcomes:
            one = applicants[outcome.applicant]
            first = beds[outcome.seats[0].bed] if outcome.seats else None
            vals_list.append(
                {
                    "run_id": run.id,
                    "cohort_id": one.id,
                    "size": len(one.members),
                    "rank": outcome.rank,
                    "wish": outcome.wish,
                    "wish_count": len(one.wishes),
                    "wish_label": str(min(outcome.wish, 4)) if outcome.seats else "9",
                    "reason": outcome.missed[0].reason if outcome.missed else False,
                    "hostel_id": first.hostel if first else False,
                    "room_id": first.room if first else False,
                    "bed_labels": ", ".join(labels[seat.bed] for seat in outcome.seats),
                    "pairs": [[seat.member, seat.bed] for seat in outcome.seats],
                    "facts": {**outcome.facts(), "of": len(task.applicants)},
                    "state": "planned" if outcome.seats else "unplaced",
                }
            )
        return vals_list

    def _get_labels(self, bed_ids):
        beds = self.env["hostel.bed"].browse(bed_ids)
        beds.fetch(["label", "room_id", "hostel_id"])
        return {bed.id: bed._get_full_label() for bed in beds}

    def _prepare_skipped(self, run, skipped):
        """Values of a line for each cohort that could not take part."""
        cohorts = self.env["hostel.cohort"].browse(skipped)
        return [
            {
                "run_id": run.id,
                "cohort_id": cohort.id,
                "size": cohort.member_count,
                "wish_label": "9",
                "reason": skipped[cohort.id],
                "state": "skipped",
            }
            for cohort in cohorts
        ]

    # ------------------------------------------------------------------
    # Apply
    # ------------------------------------------------------------------

    def _apply(self):
        """Give each group its beds, or none of them; what is not free any more is said.

        :return: whether somebody is working on a bed right now, so that it is tried again
        """
        # Who gave what is in the audit and on this line; ten thousand messages say no more.
        quiet = self.with_context(tracking_disable=True, mail_create_nosubscribe=True)
        quiet -= quiet._miss_those_who_took_back()
        students, beds = quiet._read_ahead()
        plans = [
            (
                line.cohort_id,
                [
                    (
                        students.browse(student).with_prefetch(students.ids),
                        beds.browse(bed).with_prefetch(beds.ids),
                    )
                    for student, bed in line.pairs
                ],
            )
            for line in quiet
        ]
        outcomes = quiet.env["hostel.cohort"]._give_many(
            plans, "awaiting_approval", values=self._get_booking_values
        )
        refused = [outcome for outcome in outcomes if isinstance(outcome, HostelError)]
        given = quiet.browse()
        for line, outcome in zip(quiet, outcomes, strict=True):
            if not isinstance(outcome, HostelError):
                given |= line
            elif outcome.code != "BED_BUSY":
                line.write({"state": "missed", "code": outcome.code, "message": outcome.args[0]})
        given.write({"state": "done"})
        return any(outcome.code == "BED_BUSY" for outcome in refused)

    def _miss_those_who_took_back(self):
        """Lines of groups that are no longer cleared: who took the wishes back gets no bed."""
        gone = self.filtered(lambda line: line.cohort_id.state != "cleared")
        gone.write(
            {
                "state": "missed",
                "code": "COHORT_CHANGED",
                "message": self.env._("The group has changed meanwhile. Look again."),
            }
        )
        return gone

    def _get_booking_values(self, cohort):
        """Where the booking of a cohort comes from."""
        return {"booking_source": "engine", "window_id": cohort.window_id.id}

    def _read_ahead(self):
        """Students and beds of all lines, read together rather than one by one.

        :return: ``(hostel.student, hostel.bed)``
        """
        pairs = [pair for line in self for pair in line.pairs or ()]
        students = self.env["hostel.student"].browse(student for student, _bed in pairs)
        beds = self.env["hostel.bed"].browse(bed for _student, bed in pairs)
        students.fetch(["gender", "status", "active", "partner_id", "year_of_study"])
        students.partner_id.fetch(["name"])
        beds.fetch(["room_id", "floor_id", "hostel_id", "company_id", "room_type_id", "label"])
        beds.room_id.fetch(["name", "gender", "fee", "active"])
        self.cohort_id.member_ids.fetch(["cohort_id", "student_id", "state", "seat"])
        return students, beds

    # ------------------------------------------------------------------
    # Whom it concerns
    # ------------------------------------------------------------------

    @api.model
    def _get_told_domain(self, over=("done",)):
        """Domain of the results that are final: of a run that was stopped only those that it
        came to.

        :param over: states of runs whose results are all final
        """
        return [
            ("run_id.is_simulation", "=", False),
            "|",
            "&",
            ("run_id.state", "in", over),
            ("state", "in", ("done", "unplaced", "missed", "skipped")),
            "&",
            ("run_id.state", "=", "cancelled"),
            ("state", "in", ("done", "missed")),
        ]

    @api.model
    def _get_shown_domain(self):
        """Domain of the results that students read on their page."""
        return self._get_told_domain(over=("applying", "done"))

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def _compute_explanation(self):
        for line in self:
            line.explanation = "\n".join([line._get_text(), *line._get_reasons()])

    def _get_text(self):
        """The result in one sentence."""
        self.ensure_one()
        if self.state == "skipped":
            return self._get_skipped_text()
        if self.state == "missed":
            return self.env._(
                "The bed that was found was not free any more: %(why)s You take part again in"
                " the next allocation.",
                why=self.message or "",
            )
        facts = self.facts or {}
        numbers = {"rank": facts.get("rank", 0), "of": facts.get("of", 0)}
        if not self.wish:
            return self.env._(
                "No bed was left for you. Your turn was %(rank)s of %(of)s.", **numbers
            )
        if not self.wish_count:
            return self.env._("You got a bed. Your turn was %(rank)s of %(of)s.", **numbers)
        if self.wish == 1:
            return self.env._(
                "You got your first wish. Your turn was %(rank)s of %(of)s.", **numbers
            )
        return self.env._(
            "You got wish %(wish)s of %(wishes)s. Your turn was %(rank)s of %(of)s.",
            wish=self.wish,
            wishes=self.wish_count,
            **numbers,
        )

    def _get_skipped_text(self):
        """Why an application did not take part; of a group not which of them it is about."""
        if not self.cohort_id.sudo().is_solo:
            return self.env._(
                "Your group did not take part in the allocation: one of you can't get a bed at the"
                " moment, or has one already."
            )
        if self.reason == "HAS_ALLOCATION":
            return self.env._(
                "You did not take part in the allocation: you have a bed for this term already."
            )
        return self.env._(
            "You did not take part in the allocation: only active students do. Ask the hostel"
            " office."
        )

    def _get_reasons(self):
        """Why each better wish was not met, a sentence each."""
        self.ensure_one()
        if self.state == "skipped" and not self.cohort_id.sudo().is_solo:
            return [
                self.env._(
                    "Talk about it: the hostel office tells only them why. Once it is settled, or"
                    " whoever it is has left the group, you take part in the next allocation."
                )
            ]
        return [
            self._get_reason(wish, reason, by)
            for wish, reason, by in (self.facts or {}).get("missed", ())
        ]

    def _get_reason(self, wish, reason, by):
        texts = {
            "FILLED": self.env._(
                "Wish %(wish)s was filled; the last one to get in was rank %(by)s."
            ),
            "NO_SUCH_ROOM": self.env._("Wish %(wish)s: no such room was free."),
            "NOT_YOUR_GENDER": self.env._("Wish %(wish)s: these rooms are for others."),
            "ROOM_TOO_SMALL": self.env._("Wish %(wish)s: no room was left for all of you."),
            "KEPT_FOR_OTHERS": self.env._(
                "Wish %(wish)s: the beds that were left are kept for others."
            ),
            "QUOTA_FULL": self.env._("Wish %(wish)s: the places open to you there were taken."),
        }
        return texts[reason] % {"wish": wish, "by": by}

    def _describe(self):
        """The result as the student's page shows it."""
        self.ensure_one()
        drawn = (self.run_id.seed, self.cohort_id.id)
        return {
            "placed": self.state == "done",
            "wish": self.wish,
            "rank": self.rank,
            "text": self._get_text(),
            "reasons": self._get_reasons(),
            "beds": self.bed_labels if self.state == "done" else "",
            "seed": self.run_id.seed,
            "lot_text": lottery_text(*drawn),
            "lot": f"{lottery_number(*drawn):064x}",
            "hash": self.run_id.output_hash,
        }

    def _tell(self):
        """Write to the students of each group in their language, once."""
        template = self.env.ref("hostel_booking.mail_template_allocation_result", False)
        for line in self:
            try:
                with self.env.cr.savepoint():
                    line._tell_students(template)
                    line.told_at = self.env.cr.now()
                    line.flush_recordset()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception:
                _logger.exception("result %s of run %s is not told", line.id, line.run_id.id)

    def _tell_students(self, template):
        for student in self.cohort_id._get_students() if template else ():
            if student.email:
                template.with_context(
                    student_name=student.name, student_lang=student.partner_id.lang
                ).send_mail(
                    self.id,
                    email_values={"recipient_ids": [(6, 0, student.partner_id.ids)]},
                )
