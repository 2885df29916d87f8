import json
import logging

from markupsafe import Markup

from odoo import api, models
from odoo.tools import SQL
from odoo.tools.urls import urljoin

from odoo.addons.mail.tools.web_push import DeviceUnreachableError, push_to_end_point

from ..tools.letters import LAYOUT, letter_body
from ..tools.push_session import PushRefusedError, PushSession

_logger = logging.getLogger(__name__)

# Of the text on a page or a phone, before the notice is opened.
SUMMARY_LENGTH = 160
MAIL_BATCH = 100
PUSH_BATCH = 20
PUSH_ICON = "/hostel_base/static/img/pwa/icon-192.png"
# How long a push service keeps a message for a phone that is off, in seconds.
PUSH_TTL = 24 * 60 * 60


class HostelNoticeDelivery(models.AbstractModel):
    """How a notice reaches its people: open pages at once, then phones, then mail.

    Each recipient has one receipt, which PostgreSQL keeps unique. A batch hands over and marks
    its receipts in one transaction, so a job that is run again finds what is left and no more.
    """

    _name = "hostel.notice.delivery"
    _description = "Delivery of a Notice"

    def _deliver(self):
        self.ensure_one()
        self._create_receipts()
        # Who wrote it knows it.
        self._mark_read(self.author_id.partner_id)
        self._send_to_open_pages()
        if self._count_queued("push_state"):
            self._delay(self.env._("Notice to phones"))._push_batch()
        if self._count_queued("mail_state"):
            self._delay(self.env._("Notice by e-mail"))._mail_batch()

    def _delay(self, description):
        return self.sudo().with_delay(description=f"{description}: {self.id}")

    def _stop_delivery(self):
        """Nobody is told any more, and open pages take the notice away."""
        self.ensure_one()
        for field in ("mail_state", "push_state"):
            self._get_queued(field).write({field: "cancelled"})
        self._send_bus("hostel.notice/withdrawn", {"id": self.id})

    def _get_queued(self, field, limit=None):
        return (
            self.env["hostel.notice.receipt"]
            .sudo()
            .search([("notice_id", "=", self.id), (field, "=", "queued")], order="id", limit=limit)
        )

    def _count_queued(self, field):
        return (
            self.env["hostel.notice.receipt"]
            .sudo()
            .search_count([("notice_id", "=", self.id), (field, "=", "queued")], limit=1)
        )

    # ------------------------------------------------------------------
    # Receipts
    # ------------------------------------------------------------------

    def _create_receipts(self, partner=None):
        """One receipt for each person of today's audience who has none, in one statement.

        :param partner: only for this person
        """
        self.ensure_one()
        self.env["hostel.notice.receipt"].flush_model()
        self.env["mail.push.device"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO hostel_notice_receipt (
                    notice_id, partner_id, kind, student_id, hostel_id, floor_id, room_id,
                    mail_state, push_state, create_uid, create_date, write_uid, write_date)
                SELECT DISTINCT ON (people.partner_id)
                       people.notice_id, people.partner_id, people.kind, people.student_id,
                       people.hostel_id, people.floor_id, people.room_id,
                       CASE WHEN NOT %(by_mail)s THEN 'none'
                            WHEN p.email LIKE '%%@%%' THEN 'queued' ELSE 'no_address' END,
                       CASE WHEN %(by_push)s AND EXISTS (
                                SELECT 1 FROM mail_push_device d WHERE d.partner_id = p.id)
                            THEN 'queued' ELSE 'none' END,
                       %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC'
                  FROM (%(audience)s) AS people
                  JOIN res_partner p ON p.id = people.partner_id
                 WHERE %(only)s
                 ORDER BY people.partner_id, people.kind = 'guardian', people.student_id
                ON CONFLICT (notice_id, partner_id) DO NOTHING
                """,
                by_mail=bool(self.send_mail and not partner),
                by_push=not partner,
                uid=self.env.uid,
                audience=self._get_audience_sql(self._get_scope_of_records()),
                only=SQL("p.id = %s", partner.id) if partner else SQL("TRUE"),
            )
        )
        self.env["hostel.notice.receipt"].invalidate_model()
        self.invalidate_recordset()

    def _mark_read(self, partner):
        """Note that a person has read the notices; the first time counts."""
        for notice in self:
            # Who moved in after the notice was sent has no receipt yet.
            notice._create_receipts(partner)
        receipts = (
            self.env["hostel.notice.receipt"]
            .sudo()
            .search(
                [
                    ("notice_id", "in", self.ids),
                    ("partner_id", "=", partner.id),
                    ("read_at", "=", False),
                ]
            )
        )
        receipts.read_at = self.env.cr.now()

    # ------------------------------------------------------------------
    # Open pages
    # ------------------------------------------------------------------

    def _prepare_bus_payload(self):
        """What an open page shows: nothing about who else reads it."""
        return {
            "id": self.id,
            "title": self.name,
            "text": self.summary,
            "type": self.notice_type,
            "until": self.date_to.isoformat() + "Z" if self.date_to else False,
        }

    def _send_to_open_pages(self):
        self._send_bus("hostel.notice/published", self._prepare_bus_payload())

    def _send_bus(self, message_type, payload):
        """Send to the private channel of each recipient who can sign in."""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT u.partner_id FROM res_users u"
                " JOIN hostel_notice_receipt r ON r.partner_id = u.partner_id"
                " WHERE r.notice_id = %s AND u.active",
                self.id,
            )
        )
        bus = self.env["bus.bus"]
        for partner in self.env["res.partner"].sudo().browse([row[0] for row in rows]):
            bus._sendone(partner, message_type, payload)

    # ------------------------------------------------------------------
    # Mail
    # ------------------------------------------------------------------

    def _mail_batch(self, limit=MAIL_BATCH):
        """Job: hand the next batch to Odoo's mail queue, then make the job for the rest."""
        self.ensure_one()
        # Rows that another worker has are its business.
        receipts = self._get_queued("mail_state", limit).try_lock_for_update()
        if self.state != "published":
            receipts.mail_state = "cancelled"
            return
        if not receipts:
            return
        message = self.with_context(mail_notify_force_send=False).message_notify(
            partner_ids=receipts.partner_id.ids,
            subject=self.name,
            body=self._prepare_mail_body(),
            author_id=self.author_id.partner_id.id,
            attachment_ids=self.attachment_ids.ids,
            email_layout_xmlid=LAYOUT,
        )
        receipts.write({"mail_state": "sent"})
        receipts._link_notifications(message)
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
        if self._count_queued("mail_state"):
            self._delay(self.env._("Notice by e-mail"))._mail_batch(limit)

    def _prepare_mail_body(self):
        return letter_body(
            Markup(self.body or ""),
            url=urljoin(self.get_base_url(), f"/my/notices/{self.id}"),
            label=self.env._("Open the notice"),
        )

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """The mail has its own link; Odoo's leads to the backend."""
        groups = super()._notify_get_recipients_groups(
            message, model_description, msg_vals=msg_vals
        )
        for _name, _match, options in groups:
            options["has_button_access"] = False
        return groups

    # ------------------------------------------------------------------
    # Web push
    # ------------------------------------------------------------------

    def _prepare_push_payload(self):
        """:return: dict as the Notifications API wants it, below a push service's 4 KB"""
        return {
            "title": self.name[:120],
            "options": {
                "body": self.summary or "",
                "icon": PUSH_ICON,
                # A message that comes twice replaces itself on the phone.
                "tag": f"hostel-notice-{self.id}",
                "requireInteraction": self.notice_type == "emergency",
                "data": {
                    "model": "hostel.notice",
                    "res_id": self.id,
                    "url": f"/my/notices/{self.id}",
                },
            },
        }

    @api.model
    def _new_push_session(self, urgent=False):
        return PushSession(ttl=PUSH_TTL, urgency="high" if urgent else "normal")

    def _push_batch(self, limit=PUSH_BATCH):
        """Job: send the next batch to its push services, then make the job for the rest."""
        self.ensure_one()
        receipts = self._get_queued("push_state", limit).try_lock_for_update()
        if self.state != "published":
            receipts.push_state = "cancelled"
            return
        devices, private_key, public_key = self.env["mail.thread"]._get_push_parameters_of_all(
            receipts.partner_id.ids
        )
        per_partner = devices.grouped("partner_id")
        payload = json.dumps(self._prepare_push_payload())
        with self._new_push_session(self.notice_type == "emergency") as session:
            for receipt in receipts:
                mine = per_partner.get(receipt.partner_id, devices.browse())
                answers = [
                    self._push_to_device(session, device, payload, private_key, public_key)
                    for device in mine
                ]
                receipt._note_push(answers)
        if receipts and self._count_queued("push_state"):
            self._delay(self.env._("Notice to phones"))._push_batch(limit)

    @api.model
    def _push_to_device(self, session, device, payload, private_key, public_key):
        """Send one message through Odoo's encryption.

        :return: why it failed, or an empty text
        """
        try:
            push_to_end_point(
                base_url=self.get_base_url(),
                device={"id": device.id, "endpoint": device.endpoint, "keys": device.keys},
                payload=payload,
                vapid_private_key=private_key,
                vapid_public_key=public_key,
                session=session,
            )
        except DeviceUnreachableError:
            # The browser let the subscription go.
            device.unlink()
            return "gone"
        except PushRefusedError as exc:
            _logger.warning("push device %s is refused: %s", device.id, exc)
            device.unlink()
            return "refused"
        except Exception as exc:
            _logger.warning("push to device %s failed: %s", device.id, type(exc).__name__)
            return type(exc).__name__
        # Odoo only logs other answers; the session remembers them.
        return "" if session.last_status in (200, 201, 202) else f"HTTP {session.last_status}"
