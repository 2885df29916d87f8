import json
import logging
import secrets
import time
from datetime import UTC, datetime
from decimal import Decimal

import requests
from urllib3.exceptions import HTTPError

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.hostel_base.errors import HostelError

from .. import const
from ..tools import camu_payload, camu_signature

_logger = logging.getLogger(__name__)

SHOWN_EVENTS = 10
MAX_ANSWER = 4096


class PaymentProvider(models.Model):
    """What an administrator does with Camu's settings: change the secret, try the way in."""

    _inherit = "payment.provider"

    camu_event_ids = fields.Many2many(
        "hostel.camu.event",
        string="Last messages",
        compute="_compute_camu_event_ids",
        groups="base.group_system",
    )
    camu_old_secret_seen = fields.Datetime(
        string="Last message with the previous secret",
        compute="_compute_camu_old_secret_seen",
        groups="base.group_system",
    )
    camu_settlement_map = fields.Text(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="JSON: what the columns of the last settlement file meant.",
    )
    camu_rotated_on = fields.Datetime(
        string="Secret changed on", readonly=True, copy=False, groups="base.group_system"
    )

    @api.depends("code")
    def _compute_camu_event_ids(self):
        Event = self.env["hostel.camu.event"].sudo()
        for provider in self:
            provider.camu_event_ids = provider.code == "camu" and Event.search(
                [("provider_id", "=", provider._origin.id)], limit=SHOWN_EVENTS
            )

    @api.depends("camu_secret_previous")
    def _compute_camu_old_secret_seen(self):
        Event = self.env["hostel.camu.event"].sudo()
        for provider in self:
            last = provider.camu_secret_previous and Event.search(
                [("provider_id", "=", provider._origin.id), ("by_old_secret", "=", True)],
                limit=1,
                order="create_date desc",
            )
            provider.camu_old_secret_seen = bool(last) and last.create_date

    # ------------------------------------------------------------------
    # Secrets
    # ------------------------------------------------------------------

    def action_open_camu_secret(self):
        """Open the dialog with a new secret."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_billing.hostel_camu_secret_action"
        )
        return action | {"context": {"default_provider_id": self.id}}

    def _camu_rotate_secret(self, secret):
        """Use a new secret; the one before it proves messages until it is retired.

        :raises HostelError: ``SECRET_WEAK``, ``ROTATION_OPEN`` while two are alive already
        """
        self.ensure_one()
        self._check_camu_administrator()
        if len(secret.strip()) < const.SHORTEST_SECRET:
            raise HostelError(
                "SECRET_WEAK",
                self.env._(
                    "A secret needs at least %(count)s characters.", count=const.SHORTEST_SECRET
                ),
                422,
            )
        if self.camu_secret_previous:
            raise HostelError(
                "ROTATION_OPEN",
                self.env._("Retire the previous secret first; no more than two are alive."),
            )
        self.write(
            {
                "camu_secret": secret.strip(),
                "camu_secret_previous": self.camu_secret,
                "camu_rotated_on": self.env.cr.now(),
            }
        )

    def action_camu_retire_secret(self):
        """The previous secret proves nothing any more."""
        self.ensure_one()
        self._check_camu_administrator()
        self.camu_secret_previous = False

    def _check_camu_administrator(self):
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only administrators change how Camu is connected."))
        self.check_access("write")

    # ------------------------------------------------------------------
    # A message to ourselves
    # ------------------------------------------------------------------

    def action_camu_send_test(self):
        """Send a signed message to our own public address, as Camu would.

        It goes through DNS, proxy, signature check and inbox. Its reference marks it as a test:
        it is stored and shown, and no money is touched.
        """
        self.ensure_one()
        self._check_camu_administrator()
        if not self._get_camu_secrets() or self.state == "disabled":
            raise HostelError(
                "NOT_CONFIGURED",
                self.env._("Switch the provider on and give it a secret first."),
                422,
            )
        body = json.dumps(self._prepare_camu_test()).encode()
        began = time.monotonic()
        problem = self._camu_post_test(body)
        milliseconds = round((time.monotonic() - began) * 1000)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if problem else "success",
                "sticky": bool(problem),
                "title": self.env._("Test message"),
                "message": problem
                or self.env._("It arrived and was accepted in %(time)s ms.", time=milliseconds),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _prepare_camu_test(self):
        """A message in this college's names."""
        field_map, status_map = self._get_camu_maps()
        mark = secrets.token_hex(6)
        values = {
            "event_id": f"test-{mark}",
            "reference": f"{const.TEST_REFERENCE_PREFIX}{mark.upper()}",
            "student_ref": "TEST",
            "term": "TEST",
            "fee_head": const.FEE_HEAD,
            "amount": str(Decimal("1.00")),
            "currency": "INR",
            "status": next(word for word, status in status_map.items() if status == "success"),
            "paid_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "receipt_no": f"TEST-{mark.upper()}",
            "balance": "0.00",
        }
        return camu_payload.nest({path: values[name] for name, path in field_map.items() if path})

    def _camu_post_test(self, body):
        """Post a body to the webhook address; returns what went wrong, or an empty text."""
        header = camu_signature.sign(self.camu_secret, body, int(time.time()))
        try:
            with requests.Session() as session:
                # As from outside: no proxy of this machine, no password out of its files.
                session.trust_env = False
                answer = session.post(
                    self.camu_webhook_url,
                    data=body,
                    headers={
                        "Content-Type": "application/json",
                        self.camu_signature_header: header,
                    },
                    timeout=const.STATUS_TIMEOUT_S,
                    allow_redirects=False,
                    stream=True,
                )
                with answer:
                    text = answer.raw.read(MAX_ANSWER, decode_content=True)
        except (requests.RequestException, HTTPError) as exc:
            _logger.warning("camu test message: %s", type(exc).__name__)
            return self.env._(
                "%(url)s can't be reached from here (%(error)s). Check the web address of the"
                " system and its proxy.",
                url=self.camu_webhook_url,
                error=type(exc).__name__,
            )
        return self._read_camu_test_answer(answer.status_code, text)

    def _read_camu_test_answer(self, status, text):
        try:
            data = json.loads(text)
        except ValueError:
            data = None
        if status == 200 and isinstance(data, dict) and data.get("success"):
            return ""
        code = data.get("code", "") if isinstance(data, dict) else ""
        hints = {
            "NOT_CONFIGURED": self.env._("The server there knows no enabled provider."),
            "BAD_SIGNATURE": self.env._("The signature got lost or was changed on the way."),
            "FUTURE_SIGNATURE": self.env._("The clocks of your servers differ."),
        }
        hint = hints.get(code) or self.env._("Something else than this system answers there.")
        return self.env._(
            "Refused with %(status)s %(code)s. %(hint)s", status=status, code=code, hint=hint
        )
