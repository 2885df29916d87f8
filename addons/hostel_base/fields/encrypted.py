"""Text fields whose column holds ciphertext."""

import contextvars
from contextlib import contextmanager

from odoo import fields
from odoo.tools import sql

from ..errors import HostelError
from ..tools import field_crypto

MASK = "••••••"
# Where people only look, what can't be decrypted shows as a mask instead of stopping the page.
_masking = contextvars.ContextVar("hostel_masking", default=False)


@contextmanager
def masked():
    """Show a mask where a value can't be decrypted, for as long as the block runs."""
    token = _masking.set(True)
    try:
        yield
    finally:
        _masking.reset(token)


class Undecryptable(str):
    """Cache value of what can't be decrypted; reading it is refused, printing it shows a mask."""

    __slots__ = ()

    def __new__(cls):
        return super().__new__(cls, MASK)


class EncryptedMixin:
    """What encrypted fields add to a text field of Odoo.

    In memory the value is plain, in PostgreSQL it is a token of
    :class:`~odoo.addons.hostel_base.tools.field_crypto.FieldCipher`. It can't be searched,
    sorted, grouped, exported, tracked or indexed; a domain may only ask whether there is one.
    The model inherits ``hostel.encrypted.mixin``.
    """

    prefetch = False
    exportable = False
    hostel_encrypted = True

    _column_type = ("text", "text")
    _description_searchable = False
    _description_sortable = False
    _description_groupable = False

    def _setup_attrs__(self, model_class, name):
        super()._setup_attrs__(model_class, name)
        for refused in ("tracking", "index", "translate", "company_dependent", "related"):
            if getattr(self, refused, None):
                raise ValueError(f"{model_class._name}.{name}: encrypted, so no {refused}")

    @property
    def column_type(self):
        return ("text", "text") if self.store else None

    def update_db_column(self, model, column):
        if column and column["udt_name"] == "varchar":
            sql.convert_column(model.env.cr, model._table, self.name, "text")
            column = {**column, "udt_name": "text"}
        fields.Field.update_db_column(self, model, column)

    # -- into the database ------------------------------------------------------------------------
    def convert_to_column_insert(self, value, record, values=None, validate=True):
        text = self.convert_to_cache(value, record, validate)
        if text is None:
            return None
        if isinstance(value, Undecryptable):
            raise decryption_failed(record)
        return cipher_of(record).encrypt(text)

    def get_column_update(self, record):
        value = record.env.transaction.field_data[self][record.id]
        return self.convert_to_column_insert(value, record, validate=False)

    # -- out of the database ----------------------------------------------------------------------
    def _insert_cache(self, records, values):
        super()._insert_cache(records, [self._decrypt(records, value) for value in values])

    @staticmethod
    def _decrypt(records, token):
        if not token:
            return None
        try:
            return field_crypto.get_cipher().decrypt(token)
        except (field_crypto.KeyMissing, field_crypto.DecryptionFailed):
            return Undecryptable()

    def convert_to_cache(self, value, record, validate=True):
        if isinstance(value, Undecryptable):
            return value
        return super().convert_to_cache(value, record, validate)

    def convert_to_record(self, value, record):
        if isinstance(value, Undecryptable) and not _masking.get():
            raise decryption_failed(record)
        return super().convert_to_record(value, record)

    def convert_to_export(self, value, record):
        return MASK if value else ""

    # -- searching --------------------------------------------------------------------------------
    def condition_to_sql(self, field_expr, operator, value, model, alias, query):
        asks_presence = operator in ("in", "not in") and set(value) == {False}
        if not asks_presence:
            raise not_searchable(model, self)
        return super().condition_to_sql(field_expr, operator, value, model, alias, query)


class EncryptedChar(EncryptedMixin, fields.Char):
    """A line of text, encrypted in its column."""


class EncryptedText(EncryptedMixin, fields.Text):
    """A text of any length, encrypted in its column."""


def is_encrypted(field):
    """Whether a field's column holds ciphertext."""
    return getattr(field, "hostel_encrypted", False)


def cipher_of(record):
    """The cipher, or a refusal that says what to do."""
    try:
        return field_crypto.get_cipher()
    except field_crypto.KeyMissing:
        raise HostelError(
            "ENCRYPTION_KEY_MISSING",
            record.env._(
                "This can't be stored, because the server has no key to encrypt it with. "
                "Ask the administrator to set HOSTEL_FIELD_KEY."
            ),
            503,
        ) from None


def decryption_failed(record):
    return HostelError(
        "DECRYPTION_FAILED",
        record.env._(
            "This value can't be decrypted: it was changed, or encrypted with a key that the "
            "server does not have. Ask the administrator for the earlier key."
        ),
        500,
    )


def not_searchable(model, field):
    return HostelError(
        "NOT_SEARCHABLE",
        model.env._(
            "%(field)s is encrypted, so it can't be searched, sorted or grouped by.",
            field=field.string,
        ),
        422,
    )
