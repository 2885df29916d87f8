import json
import logging
import os
import time

import requests
from psycopg2 import OperationalError
from urllib3.exceptions import HTTPError

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError, ValidationError
from odoo.tools import ormcache, urls

from odoo.addons.hostel_base.errors import HostelError
from odoo.addons.queue_job.exception import RetryableJobError

from .. import const
from ..tools import camu_payload, camu_signature
from ..tools.camu_door import CamuDoor

_logger = logging.getLogger(__name__)

# What a door is made of.
DOOR_FIELDS = (
    "code",
    "camu_secret",
    "camu_secret_previous",
    "camu_signature_header",
    "camu_tolerance",
    "camu_field_map",
    "camu_status_map",
    "company_id",
    "state",
)
MAX_STATUS_BYTES = const.MAX_WEBHOOK_BYTES


class PaymentProvider(models.Model):
    """Camu, the college's ERP, as a place to pay."""

    _inherit = "payment.provider"

    code = fields.Selection(selection_add=[("camu", "Camu")], ondelete={"camu": "set default"})
    camu_pay_url = fields.Char(
        string="Pay page",
        required_if_provider="camu",
        groups="base.group_system",
        help="Address to which the student is sent with a signed order.",
    )
    camu_status_url = fields.Char(
        string="Status address",
        groups="base.group_system",
        help="Asked before an unpaid bed is given away. Leave it empty if Camu has none.",
    )
    camu_secret = fields.Char(
        string="Secret",
        required_if_provider="camu",
        copy=False,
        groups="base.group_system",
        help="Signs orders and proves messages.",
    )
    camu_secret_previous = fields.Char(
        string="Previous secret",
        copy=False,
        groups="base.group_system",
        help="Still proves messages. Empty it when Camu uses the new one.",
    )
    camu_signature_header = fields.Char(
        string="Signature header",
        required_if_provider="camu",
        default=const.DEFAULT_SIGNATURE_HEADER,
        groups="base.group_system",
    )
    camu_tolerance = fields.Integer(
        string="Clock tolerance",
        default=const.DEFAULT_TOLERANCE_S,
        groups="base.group_system",
        help="Seconds by which a message's sending time may differ from ours.",
    )
    camu_field_map = fields.Text(
        string="Field names",
        default=lambda self: json.dumps(const.DEFAULT_FIELD_MAP, indent=2),
        groups="base.group_system",
        help="JSON: our name of each field and Camu's. A dot steps into an object, null means"
        " that Camu doesn't send it.",
    )
    camu_status_map = fields.Text(
        string="Status words",
        default=lambda self: json.dumps(const.DEFAULT_STATUS_MAP, indent=2),
        groups="base.group_system",
        help="JSON: Camu's word for each status and ours.",
    )
    camu_webhook_url = fields.Char(
        string="Webhook address",
        compute="_compute_camu_webhook_url",
        groups="base.group_system",
        help="Camu sends its messages here.",
    )

    _camu_tolerance_sane = models.Constraint(
        "CHECK (camu_tolerance IS NULL OR camu_tolerance BETWEEN 30 AND 3600)",
        "The clock tolerance must be between 30 and 3600 seconds.",
    )

    @api.depends("code")
    def _compute_camu_webhook_url(self):
        for provider in self:
            provider.camu_webhook_url = urls.urljoin(
                provider.get_base_url(), "/payment/camu/webhook"
            )

    @api.constrains("camu_field_map", "camu_status_map")
    def _check_camu_maps(self):
        for provider in self.filtered(lambda provider: provider.code == "camu").sudo():
            try:
                provider._get_camu_maps()
            except ValueError as exc:
                raise ValidationError(
                    self.env._("Camu's names can't be used: %(problem)s", problem=exc)
                ) from exc

    @api.constrains("camu_pay_url", "camu_status_url")
    def _check_camu_urls(self):
        for provider in self.sudo():
            for url in filter(None, (provider.camu_pay_url, provider.camu_status_url)):
                if not url.startswith(("https://", "http://")):
                    raise ValidationError(
                        self.env._("%(url)s must begin with https:// or http://.", url=url)
                    )

    # ------------------------------------------------------------------
    # Odoo's hooks for providers
    # ------------------------------------------------------------------

    def _get_default_payment_method_codes(self):
        self.ensure_one()
        if self.code != "camu":
            return super()._get_default_payment_method_codes()
        return const.DEFAULT_PAYMENT_METHOD_CODES

    def _get_supported_currencies(self):
        currencies = super()._get_supported_currencies()
        if self.code == "camu":
            currencies = currencies.filtered(lambda cur: cur.name in const.SUPPORTED_CURRENCIES)
        return currencies

    def _get_reset_values(self):
        if self.code != "camu":
            return super()._get_reset_values()
        return {"camu_secret": False, "camu_secret_previous": False}

    # ------------------------------------------------------------------
    # Names and signatures
    # ------------------------------------------------------------------

    def _get_camu_maps(self):
        """Return (field map, status map).

        :raises ValueError: if a person wrote them wrongly
        """
        self.ensure_one()
        return (
            camu_payload.check_field_map(json.loads(self.camu_field_map or "null")),
            camu_payload.check_status_map(json.loads(self.camu_status_map or "null")),
        )

    @api.model
    def _get_live_camu_providers(self):
        """The providers that can prove a message, with all rights."""
        return self.sudo().browse(self._get_live_camu_ids())

    @api.model
    @ormcache()
    def _get_live_camu_ids(self):
        providers = self.sudo().search([("code", "=", "camu"), ("state", "!=", "disabled")])
        return tuple(providers.filtered(lambda provider: provider._get_camu_secrets()).ids)

    @ormcache("self.id")
    def _get_camu_door(self):
        """What messages are proved and read with; kept, for they come by hundreds.

        :return: :class:`camu_door.CamuDoor`
        """
        self.ensure_one()
        provider = self.sudo()
        field_map, status_map = provider._get_camu_maps()
        return CamuDoor(
            company_id=provider.company_id.id,
            header=provider.camu_signature_header or "",
            secrets=tuple(provider._get_camu_secrets()),
            tolerance_s=provider.camu_tolerance,
            field_map=field_map,
            status_map=status_map,
        )

    @api.model_create_multi
    def create(self, vals_list):
        providers = super().create(vals_list)
        self.env.registry.clear_cache()
        return providers

    def write(self, vals):
        done = super().write(vals)
        if not vals.keys().isdisjoint(DOOR_FIELDS):
            self.env.registry.clear_cache()
        return done

    def unlink(self):
        done = super().unlink()
        self.env.registry.clear_cache()
        return done

    @api.model
    def _get_payable_camu(self, company):
        """Where students of a company pay now, with all rights.

        :raises HostelError: ``PAYMENT_UNAVAILABLE`` if Camu is not switched on
        """
        provider = (
            self.sudo()
            .with_context(active_test=False)
            .search(
                [
                    ("code", "=", "camu"),
                    ("state", "!=", "disabled"),
                    ("is_published", "=", True),
                    ("company_id", "=", company.id),
                ],
                limit=1,
            )
        )
        if not provider:
            raise HostelError(
                "PAYMENT_UNAVAILABLE",
                self.env._("Payments are switched off at the moment; ask the hostel office."),
                503,
            )
        return provider

    def _get_camu_secrets(self):
        self.ensure_one()
        return [secret for secret in (self.camu_secret, self.camu_secret_previous) if secret]

    def _camu_verify(self, headers, body):
        """Check who sent a body.

        :param headers: the request's headers
        :return: :class:`camu_signature.Signed`
        :raises camu_signature.SignatureError: if no holder of a live secret sent it
        """
        return self._get_camu_door().verify(headers, body, time.time())

    def _camu_parse(self, body):
        """Read a message with this college's names.

        :param body: bytes of JSON, or an object that is decoded already
        :return: :class:`camu_payload.CamuEvent`
        :raises camu_payload.PayloadError: if it can't be read
        """
        return self._get_camu_door().parse(body)

    def _camu_sign_order(self, order, return_url):
        """Return the redirect form's fields: the order in Camu's names, and its signature.

        :param dict order: internal name -> text
        """
        self.ensure_one()
        field_map, _status_map = self._get_camu_maps()
        form = {field_map[name]: value for name, value in order.items() if field_map.get(name)}
        form[const.RETURN_FIELD] = return_url
        form[const.TIMESTAMP_FIELD] = str(int(time.time()))
        form[const.SIGNATURE_FIELD] = camu_signature.sign_fields(self.camu_secret, form)
        return form

    # ------------------------------------------------------------------
    # Asking Camu
    # ------------------------------------------------------------------

    def _camu_fetch_status(self, reference):
        """Ask Camu what became of a reference. Writes nothing; take no locks before.

        :return: (``paid`` | ``pending`` | ``unpaid`` | ``unknown`` | ``unreachable``,
            the :class:`camu_payload.CamuEvent` that says so or None)
        """
        self.ensure_one()
        if not self.camu_status_url or self.state == "disabled":
            return "unpaid", None
        try:
            status, body = self._camu_get_status(reference)
        except (requests.RequestException, HTTPError) as exc:
            # Reading the raw body raises urllib3's errors, not those of requests.
            _logger.warning("camu status of %s: %s", reference, type(exc).__name__)
            return "unreachable", None
        if status == 404:
            return "unpaid", None
        if status != 200:
            _logger.warning("camu status of %s: HTTP %s", reference, status)
            return ("unreachable" if status >= 500 or status == 429 else "unknown"), None
        return self._camu_read_status(reference, body)

    def _camu_get_status(self, reference):
        """Return (HTTP status, body) of the status address; the query is signed."""
        request = requests.Request("GET", self.camu_status_url, params={"reference": reference})
        prepared = request.prepare()
        query = prepared.url.partition("?")[2].encode()
        prepared.headers[self.camu_signature_header] = camu_signature.sign(
            self.camu_secret or "", query, int(time.time())
        )
        timeout = const.STATUS_TIMEOUT_S
        with requests.Session() as session:
            # A redirect would carry the signature to a stranger.
            answer = session.send(prepared, timeout=timeout, allow_redirects=False, stream=True)
            with answer:
                return answer.status_code, answer.raw.read(MAX_STATUS_BYTES, decode_content=True)

    def _camu_read_status(self, reference, body):
        try:
            data = camu_payload.load(body)
            details = data.get("event", data) if isinstance(data, dict) else None
            if details is None:
                return ("unpaid" if data.get("status") == "unpaid" else "unknown"), None
            event = self._camu_parse(details)
        except (ValueError, AttributeError) as exc:
            _logger.warning("camu status of %s can't be read: %s", reference, exc)
            return "unknown", None
        if event.reference != reference:
            _logger.warning("camu status of %s is about another reference", reference)
            return "unknown", None
        return {"success": "paid", "pending": "pending"}.get(event.status, "unpaid"), event

    def _camu_ask_status(self, reference):
        """Ask Camu about a payment, of an order of ours or not, and act on what it says.

        The HTTP call comes first, before anything is locked. What Camu tells goes
        through the inbox like a webhook, so the webhook that follows changes nothing.

        :return: ``paid`` (and processed), ``confirmed`` (paid, but it can't be booked right
            now; a job tries again), ``pending``, ``unpaid``, ``unknown`` or ``unreachable``
        """
        self.ensure_one()
        word, event = self._camu_fetch_status(reference)
        if not event:
            return word
        try:
            with self.env.cr.savepoint():
                entry, _new = self.env["hostel.camu.event"]._receive(self, event, "status")
            with self.env.cr.savepoint():
                state = entry._process()
        except (RetryableJobError, OperationalError, UserError, RedirectWarning) as exc:
            _logger.info("camu status of %s: %s", reference, type(exc).__name__)
            return "confirmed" if word == "paid" else word
        return "unknown" if word == "paid" and state != "processed" else word

    # ------------------------------------------------------------------
    # Set-up without a person
    # ------------------------------------------------------------------

    @api.model
    def _hostel_enable_camu_from_environment(self, company=None):
        """Configure, enable and publish Camu from CAMU_URL and CAMU_WEBHOOK_SECRET.

        For development and demonstration: the provider goes to test mode and points to
        the sandbox at CAMU_URL (its ``/pay`` and ``/status``), and reads its ``balance``.
        Where the server reaches the sandbox by another address than browsers do,
        CAMU_INTERNAL_URL names it. Safe to call again.

        :param company: ``res.company``; the current one by default
        :return: the provider, or an empty recordset when the environment names no Camu
        :raises UserError: if the company has no bank journal to receive the money
        """
        url, secret = os.environ.get("CAMU_URL"), os.environ.get("CAMU_WEBHOOK_SECRET")
        if not url or not secret:
            return self.browse()
        internal_url = os.environ.get("CAMU_INTERNAL_URL") or url
        company = company or self.env.company
        domain = [("code", "=", "camu"), ("company_id", "=", company.id)]
        if not self.sudo().search_count(domain, limit=1):
            self.sudo()._setup_provider("camu")
        provider = self.sudo().search(domain, limit=1).with_company(company)
        provider.write(
            {
                "camu_pay_url": urls.urljoin(url, "/pay"),
                "camu_status_url": urls.urljoin(internal_url, "/status"),
                "camu_secret": secret,
                "state": "test",
                "is_published": True,
            }
        )
        if json.loads(provider.camu_field_map or "null") == const.DEFAULT_FIELD_MAP:
            names = const.DEFAULT_FIELD_MAP | {"balance": "balance"}
            provider.camu_field_map = json.dumps(names, indent=2)
        if not provider.journal_id:
            raise UserError(
                self.env._("%(company)s has no bank journal for payments.", company=company.name)
            )
        return provider
