from odoo import api, fields, models

from odoo.addons.hostel_base.errors import HostelError

from ..tools.agreement_text import PLACES, unknown_places

BATCH = 100
FROZEN = {"body", "hostel_id", "version", "title"}


class HostelLicenceTerms(models.Model):
    """The words of a licence agreement, of one hostel or of all that have none of their own.

    What was signed stays as it was: terms in force are not edited, a new version replaces them and
    is put before everybody who lives there.
    """

    _name = "hostel.licence.terms"
    _description = "Terms of the Licence Agreement"
    _inherit = ["mail.thread"]
    _order = "hostel_id, version desc"
    _rec_name = "title"

    title = fields.Char(required=True, translate=True, default=lambda self: self._default_title())
    hostel_id = fields.Many2one(
        "hostel.hostel", ondelete="restrict", help="Leave it empty for all hostels without own."
    )
    version = fields.Integer(required=True, readonly=True, copy=False, default=1)
    body = fields.Html(
        required=True,
        translate=True,
        help="Words in braces are filled in for each student: {student}, {roll_number}, {hostel},"
        " {room}, {bed}, {date_from}, {date_to}, {price} and others.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("published", "In force"), ("replaced", "Replaced")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )
    published_at = fields.Datetime(string="In force since", readonly=True, copy=False)
    agreement_ids = fields.One2many("hostel.licence.agreement", "terms_id", string="Agreements")
    agreement_count = fields.Integer(compute="_compute_counts")
    signed_count = fields.Integer(compute="_compute_counts")

    _version_uniq = models.UniqueIndex(
        "(coalesce(hostel_id, 0), version)", "This version exists already."
    )
    _one_in_force = models.UniqueIndex(
        "(coalesce(hostel_id, 0)) WHERE state = 'published'",
        "Only one version of the terms can be in force.",
    )

    @api.model
    def _default_title(self):
        return self.env._("Licence agreement")

    @api.depends("title", "version", "hostel_id")
    def _compute_display_name(self):
        for terms in self:
            terms.display_name = self.env._(
                "%(title)s, version %(version)s", title=terms.title or "", version=terms.version
            )

    @api.depends("agreement_ids.state")
    def _compute_counts(self):
        counts = {
            (terms.id, state): count
            for terms, state, count in self.env["hostel.licence.agreement"]._read_group(
                [("terms_id", "in", self.ids)], ["terms_id", "state"], ["__count"]
            )
        }
        for terms in self:
            mine = {state: count for (key, state), count in counts.items() if key == terms.id}
            terms.agreement_count = sum(mine.values())
            terms.signed_count = mine.get("signed", 0)

    @api.constrains("body")
    def _check_places(self):
        for terms in self:
            unknown = unknown_places(terms.body or "")
            if unknown:
                raise HostelError(
                    "UNKNOWN_PLACE",
                    self.env._(
                        "Nothing is known to fill in for %(unknown)s. These can be used:"
                        " %(known)s.",
                        unknown=", ".join(f"{{{name}}}" for name in unknown),
                        known=", ".join(f"{{{name}}}" for name in PLACES),
                    ),
                    422,
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["version"] = self._next_version(vals.get("hostel_id"))
            vals.pop("state", None)
        return super().create(vals_list)

    @api.model
    def _next_version(self, hostel_id):
        newest = self.sudo().search(
            [("hostel_id", "=", hostel_id or False)], order="version desc", limit=1
        )
        return (newest.version or 0) + 1

    def write(self, vals):
        # Other languages may still be added to a text that was shown.
        changes = FROZEN & vals.keys() and (self.env.lang or "en_US") == "en_US"
        if changes and any(terms.state != "draft" for terms in self):
            raise HostelError(
                "TERMS_SHOWN",
                self.env._(
                    "Students have been shown these terms. Make a new version and change that one."
                ),
                422,
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_shown(self):
        if any(terms.state != "draft" for terms in self):
            raise HostelError(
                "TERMS_SHOWN", self.env._("Terms that were shown to students are kept."), 422
            )

    # ------------------------------------------------------------------
    # In force
    # ------------------------------------------------------------------

    @api.model
    def _get_current(self, hostel):
        """The terms in force in a hostel, with all rights, or an empty recordset."""
        found = self.sudo().search(
            [("state", "=", "published"), ("hostel_id", "in", [hostel.id, False])]
        )
        return found.filtered("hostel_id")[:1] or found[:1]

    def action_publish(self):
        """Put a draft in force; everybody who lives under it is asked to sign."""
        self.ensure_one()
        self.check_access("write")
        if self.state != "draft":
            raise HostelError("TERMS_SHOWN", self.env._("Only a draft can be put in force."), 422)
        current = self.search(
            [("state", "=", "published"), ("hostel_id", "=", self.hostel_id.id or False)]
        )
        current.state = "replaced"
        current.flush_recordset()
        self.write({"state": "published", "published_at": self.env.cr.now()})
        stays = self._get_stays()
        for start in range(0, len(stays), BATCH):
            self.with_delay(
                description=self.env._("Ask for signatures under %(terms)s", terms=self.title)
            )._ask(stays[start : start + BATCH].ids)

    def _get_stays(self):
        """Stays that these terms are about."""
        domain = [("state", "in", ("allocated", "checked_in"))]
        if self.hostel_id:
            domain.append(("hostel_id", "=", self.hostel_id.id))
        stays = self.env["hostel.allocation"].sudo().search(domain)
        return stays.filtered(lambda stay: self._get_current(stay.hostel_id) == self)

    def _ask(self, stay_ids):
        """Make the agreements of some stays; a second run makes none."""
        for stay in self.env["hostel.allocation"].sudo().browse(stay_ids).exists():
            self.env["hostel.licence.agreement"]._ensure(stay)

    def action_new_version(self):
        """Copy the text into a draft that can be changed."""
        self.ensure_one()
        self.check_access("write")
        return self.copy().get_formview_action()

    def action_open_agreements(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hostel_booking.hostel_licence_agreement_action"
        )
        return action | {"domain": [("terms_id", "=", self.id)], "context": {}}
