import contextvars
from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import MissingError

# By which door the records that are being read were asked for.
current_way = contextvars.ContextVar("hostel_access_way", default="rpc")

# Who somebody is may appear anywhere; reading no more than this is not logged.
IDENTITY_FIELDS = {"id", "display_name", "name", "roll_number", "active", "create_date"}


CONTACT_FIELDS = {"phone", "email", "phone_sanitized", "email_normalized", "street"}
TELLING_TYPES = ("char", "text", "html", "date", "datetime")


def group_names(groupby, aggregates):
    """Names of the fields in ``groupby`` and ``aggregates`` as ``_read_group`` takes them."""
    return {
        spec.partition(":")[0].partition(".")[0]
        for spec in (*groupby, *aggregates)
        if isinstance(spec, str)
    }


@contextmanager
def access_way(way):
    """Note what is read in this block as read in that way, unless an outer block named one."""
    if current_way.get() != "rpc":
        yield
        return
    token = current_way.set(way)
    try:
        yield
    finally:
        current_way.reset(token)


class HostelPersonalMixin(models.AbstractModel):
    """Records about a student: who reads them is written down.

    Lists, forms, remote calls, exports, reports and downloads are noted here; a page that reads
    with all rights calls :meth:`_note_access` itself. What the program reads for its own ends is
    not noted, nor what students read about themselves.
    """

    _name = "hostel.personal.mixin"
    _description = "Personal Data"

    # Field that leads to the student; None on the student itself.
    _hostel_student_field = "student_id"
    # Changes go to the audit log; see `auditlog.rule`.
    _hostel_audit = True

    def _note_access(self, way, names=None):
        """Note that the current user looked at these records.

        :param str way: one of ``hostel.access.log``'s ways
        :param names: fields that were read, or None for the usual contact data
        """
        field = self._hostel_student_field
        # Looked up with all rights: whoever may read the record was checked before.
        records = self.sudo()
        try:
            students = records[field] if field else records
        except MissingError:
            students = records.exists()[field]
        private = any(self._is_private(name) for name in names or ())
        self.env["hostel.access.log"]._note(
            students.ids, self._name, way, "private" if private else "contact"
        )

    def _is_private(self, name):
        """Whether a field is kept from most of the staff."""
        field = self._fields.get(name)
        return bool(field and field.groups)

    # ------------------------------------------------------------------
    # Doors
    # ------------------------------------------------------------------

    def _read_format(self, fnames, load="_classic_read"):
        if not self.env.su and self.ids and not IDENTITY_FIELDS.issuperset(fnames):
            self._note_access(current_way.get(), fnames)
        return super()._read_format(fnames, load)

    @api.readonly
    def web_read(self, specification):
        with access_way("form" if len(self) == 1 else "list"):
            return super().web_read(specification)

    @api.model
    @api.readonly
    def web_search_read(self, domain, specification, *args, **kwargs):
        with access_way("list"):
            return super().web_search_read(domain, specification, *args, **kwargs)

    @api.model
    @api.readonly
    def web_read_group(self, *args, **kwargs):
        with access_way("list"):
            return super().web_read_group(*args, **kwargs)

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        # Called for the students behind other records too, such as those of stays.
        if not self.env.su and self.ids:
            self._note_access("export", [path[0] for path in fields if path])
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

    @api.model
    def _read_group(self, domain, groupby=(), aggregates=(), *args, **kwargs):
        self._note_groups(domain, group_names(groupby, aggregates))
        return super()._read_group(domain, groupby, aggregates, *args, **kwargs)

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), *args, **kwargs):
        names = {name for groupby in grouping_sets for name in groupby}
        self._note_groups(domain, group_names(names, aggregates))
        return super()._read_grouping_sets(domain, grouping_sets, aggregates, *args, **kwargs)

    def _note_groups(self, domain, names):
        """Grouping by a phone or a birthday lists them; counting by a category does not."""
        if self.env.su:
            return
        telling = {
            name
            for name in names
            if (field := self._fields.get(name))
            and field.type in TELLING_TYPES
            and (self._is_private(name) or name in CONTACT_FIELDS)
        }
        if telling:
            self.search(domain)._note_access(current_way.get(), telling)
