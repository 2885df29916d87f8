from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import api, models
from odoo.tools.misc import hmac

from odoo.addons.hostel_base.errors import HostelError

from ..tools.masking import references
from .hostel_roommate_ping import MESSAGE_LENGTH, PING_HOURS, PINGS_A_DAY

LISTED = 50


class HostelPingDesk(models.AbstractModel):
    """Asking who lives in a room, and answering it; all about the signed-in student."""

    _name = "hostel.ping.desk"
    _description = "Roommate Ping Desk"

    @api.model
    def _get_student(self):
        return self.env["hostel.booking.desk"]._get_student()

    def _pings(self):
        return self.env["hostel.roommate.ping"].sudo()

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    @api.model
    def _send(self, key, room_id, ref, *, phrase, message="", mail=False, phone=False):
        """Write once to whoever has a bed, known by the reference on the map only.

        The answer is the same whether the other one sees it or takes no messages.

        :raises HostelError: ``NOT_FOUND``, ``PINGS_SUSPENDED``, ``ALREADY_PINGED``,
            ``PING_LIMIT``, ``INVALID``, and what ``hostel.booking.occupants`` refuses
        """
        student = self._get_student()
        self._check_not_suspended(student)
        row = self.env["hostel.booking.occupants"]._find_occupant(key, room_id, ref)
        Desk = self.env["hostel.booking.desk"]
        booking_round = Desk._in_round(Desk._resolve_key(key)[0])._get_round()
        if phrase not in dict(self._pings()._fields["phrase"].selection):
            raise HostelError("INVALID", self.env._("Choose one of the sentences."), 422)
        if len(message) > MESSAGE_LENGTH:
            raise HostelError("INVALID", self.env._("That is too long."), 422)
        recipient = row.student_id
        now = self.env.cr.now()
        ping = self._insert(
            {
                "sender_id": student.id,
                "recipient_id": recipient.id,
                "round_id": booking_round.id,
                "allocation_id": row.id,
                "phrase": phrase,
                "message": message or False,
                "sender_mail": mail,
                "sender_phone": phone,
                "is_delivered": self._is_welcome(student, recipient),
                "sent_at": now,
                "expires_at": now + self._get_lifetime(),
                "day": now.date(),
            }
        )
        if ping.is_delivered:
            ping._tell(recipient)
            told = ping.with_context(lang=recipient.sudo().partner_id.lang)
            told._mail(
                recipient,
                told.env._("Someone asks about your room"),
                told.env._(
                    "A student who may move in has a question. You are not named to anybody."
                    " Sign in to read it; you need not answer."
                ),
            )
        return ping

    @api.model
    def _get_lifetime(self):
        """How long a message waits for an answer."""
        return timedelta(hours=self._pings()._get_setting("ping_hours", PING_HOURS))

    def _check_not_suspended(self, student):
        until = student.sudo().pings_suspended_until
        if until and until > self.env.cr.now():
            raise HostelError(
                "PINGS_SUSPENDED",
                self.env._(
                    "The warden has stopped your messages until %(date)s.",
                    date=self._format_moment(until, "d MMM y"),
                ),
                403,
            )

    def _is_welcome(self, sender, recipient):
        """Whether the recipient sees messages of the sender; told to nobody."""
        blocked = (
            self.env["hostel.roommate.block"]
            .sudo()
            .search_count(
                [("student_id", "=", recipient.id), ("blocked_id", "=", sender.id)], limit=1
            )
        )
        return recipient.takes_pings and bool(recipient.partner_id.user_ids) and not blocked

    def _insert(self, vals):
        """Insert under the next number of the day; PostgreSQL counts.

        :raises HostelError: ``PING_LIMIT``, ``ALREADY_PINGED``
        """
        limit = self._pings()._get_setting("pings_a_day", PINGS_A_DAY)
        used = set(
            self._pings()
            .search([("sender_id", "=", vals["sender_id"]), ("day", "=", vals["day"])])
            .mapped("slot")
        )
        slot = next((n for n in range(1, limit + 1) if n not in used), None)
        known = self._pings().search_count(
            [(name, "=", vals[name]) for name in ("sender_id", "recipient_id", "round_id")],
            limit=1,
        )
        if known:
            raise self._pinged_already()
        if slot is None:
            raise HostelError(
                "PING_LIMIT",
                self.env._("%(count)s messages a day are enough. Go on tomorrow.", count=limit),
                429,
            )
        try:
            with self.env.cr.savepoint():
                # Neither of the two follows it: they would get the wardens' notes by mail.
                quiet = self._pings().with_context(
                    mail_create_nosubscribe=True, mail_create_nolog=True
                )
                ping = self._pings().browse(quiet.create({**vals, "slot": slot}).id)
                ping.flush_recordset()
        except IntegrityError as exc:
            if exc.diag.constraint_name == "hostel_roommate_ping_once":
                raise self._pinged_already() from None
            raise HostelError(
                "PING_LIMIT", self.env._("You wrote twice at once. Try again."), 429
            ) from None
        return ping

    def _pinged_already(self):
        return HostelError(
            "ALREADY_PINGED", self.env._("You have written to this person already. Wait a little.")
        )

    # ------------------------------------------------------------------
    # Answering
    # ------------------------------------------------------------------

    def _get_received(self, ping_id):
        ping = self._pings().search(
            [
                ("id", "=", ping_id),
                ("recipient_id", "=", self._get_student().id),
                ("is_delivered", "=", True),
            ]
        )
        if not ping:
            raise self.env["hostel.booking.desk"]._not_found()
        return ping

    @api.model
    def _accept(self, ping_id, mail=False, phone=False):
        """:raises HostelError: ``NOT_FOUND``, ``PING_EXPIRED``, ``INVALID_TRANSITION``"""
        ping = self._get_received(ping_id)
        ping._accept(mail, phone)
        return ping

    @api.model
    def _decline(self, ping_id):
        """:raises HostelError: ``NOT_FOUND``, ``PING_EXPIRED``, ``INVALID_TRANSITION``"""
        self._get_received(ping_id)._decline()

    @api.model
    def _block(self, ping_id):
        """Nothing more of this sender; a message that waits is declined."""
        ping = self._get_received(ping_id)
        vals = {"student_id": ping.recipient_id.id, "blocked_id": ping.sender_id.id}
        Block = self.env["hostel.roommate.block"].sudo()
        if not Block.search_count([(name, "=", value) for name, value in vals.items()]):
            Block.create(vals)
        if ping.state == "waiting" and ping.expires_at > self.env.cr.now():
            ping._decline()

    @api.model
    def _unblock_all(self):
        self.env["hostel.roommate.block"].sudo().search(
            [("student_id", "=", self._get_student().id)]
        ).unlink()

    @api.model
    def _report(self, ping_id, text):
        """:raises HostelError: ``NOT_FOUND``, ``ALREADY_REPORTED``"""
        self._get_received(ping_id)._report(text)

    @api.model
    def _set_takes_pings(self, takes):
        self._get_student().sudo().takes_pings = takes

    # ------------------------------------------------------------------
    # The page
    # ------------------------------------------------------------------

    @api.model
    def _get_page(self):
        """What the signed-in student sent and received.

        :raises HostelError: ``NOT_A_STUDENT``
        """
        student = self._get_student()
        Occupants = self.env["hostel.booking.occupants"]
        sizes = Occupants._get_group_sizes(student.gender)
        received = self._pings().search(
            [("recipient_id", "=", student.id), ("is_delivered", "=", True)], limit=LISTED
        )
        sent = self._pings().search([("sender_id", "=", student.id)], limit=LISTED)
        secret = hmac(self.env(su=True), "hostel-booking-ping", "reference")
        refs = references(secret, student.id, received.ids)
        labels = dict(received._fields["phrase"]._description_selection(self.env))
        return {
            "takes_pings": student.sudo().takes_pings,
            "blocked": self.env["hostel.roommate.block"]
            .sudo()
            .search_count([("student_id", "=", student.id)]),
            "received": [
                {
                    **self._describe(ping, labels, ping.sender_id, sizes),
                    "ref": refs[ping.id],
                    "state": self._get_received_state(ping),
                    "is_reported": ping.report_state != "none",
                }
                for ping in received
            ],
            "sent": [
                {
                    **self._describe(ping, labels, ping.recipient_id, sizes),
                    "ref": "",
                    "state": self._get_sent_state(ping),
                    "place": ping.allocation_id._get_bed_label() if ping.allocation_id else "",
                }
                for ping in sent
            ],
        }

    def _get_received_state(self, ping):
        if ping.state == "waiting" and ping.expires_at <= self.env.cr.now():
            return "expired"
        return ping.state

    def _get_sent_state(self, ping):
        """What the sender may know: yes, or nothing yet, or nothing in time."""
        if ping.state == "accepted":
            return "accepted"
        return "expired" if ping.expires_at <= self.env.cr.now() else "waiting"

    def _format_moment(self, moment, dt_format="d MMM, HH:mm"):
        return self.env["hostel.booking.desk"]._format_moment(moment, dt_format)

    def _describe(self, ping, labels, other, sizes):
        person = self.env["hostel.booking.occupants"]._describe_person(other, sizes)
        return {
            "id": ping.id,
            "who": person["who"],
            "phrase": labels[ping.phrase],
            "message": ping.message or "",
            "sent_label": self._format_moment(ping.sent_at),
            "ends_label": self._format_moment(ping.expires_at),
            "contact": self._describe_contact(ping, other) if ping.state == "accepted" else None,
        }

    def _describe_contact(self, ping, other):
        """What the other one chose to share, after the yes."""
        side = "sender" if other == ping.sender_id else "recipient"
        return {
            "name": other.name,
            "mail": other.email or "" if ping[f"{side}_mail"] else "",
            "phone": other.phone or "" if ping[f"{side}_phone"] else "",
            "chat": f"/discuss/channel/{ping.channel_id.id}" if ping.channel_id else "",
        }

    @api.model
    def _get_phrases(self):
        """What can be asked, and how many characters may be added."""
        field = self._pings()._fields["phrase"]
        return {
            "phrases": [
                {"code": code, "text": text}
                for code, text in field._description_selection(self.env)
            ],
            "length": MESSAGE_LENGTH,
            "hours": self._pings()._get_setting("ping_hours", PING_HOURS),
        }

    @api.model
    def _count_waiting(self, student):
        """How many messages wait for an answer of a student."""
        return self._pings().search_count(
            [
                ("recipient_id", "=", student.id),
                ("is_delivered", "=", True),
                ("state", "=", "waiting"),
                ("expires_at", ">", self.env.cr.now()),
            ]
        )
