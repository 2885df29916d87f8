from odoo import models


class HostelKnownMixin(models.AbstractModel):
    """Facts that were read for many at once, or once for several looks, in the context.

    Whoever checks looks here first, and asks the database where nothing is known.
    """

    _name = "hostel.known.mixin"
    _description = "Facts Read Ahead"

    def _with_known(self, **facts):
        """The records, knowing more facts; what is known already stays known."""
        known = self.env.context.get("hostel_known", {})
        return self.with_context(hostel_known={**known, **facts})

    def _get_known(self, name):
        """A fact, or None where nobody read ahead."""
        return self.env.context.get("hostel_known", {}).get(name)
