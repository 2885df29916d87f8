from odoo import api, models
from odoo.tools import SQL

from ..errors import HostelError
from ..fields.encrypted import cipher_of, is_encrypted, masked, not_searchable
from ..tools import field_crypto

BATCH = 500


class HostelEncryptedMixin(models.AbstractModel):
    """What a model with encrypted fields inherits: masks on screens, and the change of keys."""

    _name = "hostel.encrypted.mixin"
    _description = "Encrypted Fields"

    @classmethod
    def _get_encrypted_fields(cls):
        """Names of the fields whose column holds ciphertext."""
        return [name for name, field in cls._fields.items() if is_encrypted(field) and field.store]

    # ------------------------------------------------------------------
    # Looking
    # ------------------------------------------------------------------

    def _read_format(self, fnames, load="_classic_read"):
        with masked():
            return super()._read_format(fnames, load)

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        with masked():
            return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

    def _read_group_groupby(self, alias, groupby_spec, query):
        self._refuse_encrypted(groupby_spec.partition(":")[0])
        return super()._read_group_groupby(alias, groupby_spec, query)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        self._refuse_encrypted(field_name)
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)

    def _read_group_select(self, aggregate_spec, query):
        # An aggregate such as array_agg would hand out the ciphertext.
        self._refuse_encrypted(aggregate_spec.partition(":")[0])
        return super()._read_group_select(aggregate_spec, query)

    def _refuse_encrypted(self, name):
        field = self._fields.get(name)
        if field and is_encrypted(field):
            raise not_searchable(self, field)

    # ------------------------------------------------------------------
    # Changing keys
    # ------------------------------------------------------------------

    @api.model
    def _get_encrypted_models(self):
        """Models of this database that have encrypted fields, as recordsets."""
        return [
            self.env[name]
            for name, model in self.env.registry.items()
            if not model._abstract
            and model._auto
            and getattr(model, "_get_encrypted_fields", None)
            and model._get_encrypted_fields()
        ]

    def _where_outdated(self, prefix):
        return SQL(" OR ").join(
            SQL("%s NOT LIKE %s", SQL.identifier(name), prefix + "%")
            for name in self._get_encrypted_fields()
        )

    def _count_outdated(self):
        """Number of rows with a value that another key than the current one encrypted."""
        self.flush_model()
        [[count]] = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM %s WHERE %s",
                SQL.identifier(self._table),
                self._where_outdated(cipher_of(self).prefix),
            )
        )
        return count

    def _reencrypt_batch(self, after=0, limit=BATCH):
        """Encrypt the values of some rows with the current key.

        What no known key opens stays as it is. What was never encrypted is, from now on.

        :param int after: id after which to go on
        :return: (id of the last row looked at, or None at the end; rows changed; rows left alone)
        """
        cipher = cipher_of(self)
        names = self._get_encrypted_fields()
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %s FROM %s WHERE id > %s AND (%s) ORDER BY id LIMIT %s FOR UPDATE",
                SQL(", ").join(map(SQL.identifier, names)),
                SQL.identifier(self._table),
                after,
                self._where_outdated(cipher.prefix),
                limit,
            )
        )
        changed = failed = 0
        for row_id, *tokens in rows:
            try:
                renewed = [token and self._renew(cipher, token) for token in tokens]
            except field_crypto.DecryptionFailed:
                failed += 1
                continue
            pairs = zip(names, renewed, strict=True)
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s WHERE id = %s",
                    SQL.identifier(self._table),
                    SQL(", ").join(SQL("%s = %s", SQL.identifier(n), v) for n, v in pairs),
                    row_id,
                )
            )
            changed += 1
        self.invalidate_model(names)
        return (rows[-1][0] if rows else None), changed, failed

    @staticmethod
    def _renew(cipher, token):
        if cipher.is_current(token):
            return token
        is_token = token.startswith(field_crypto.FORMAT + ":")
        return cipher.encrypt(cipher.decrypt(token) if is_token else token)

    @api.model
    def _cron_reencrypt(self):
        """Cron: encrypt everything with the current key, in batches that survive a stop."""
        Cron = self.env["ir.cron"]
        models_todo = self._get_encrypted_models()
        Cron._commit_progress(remaining=sum(model._count_outdated() for model in models_todo))
        failed = 0
        for model in models_todo:
            last = 0
            while last is not None:
                last, changed, left = model._reencrypt_batch(after=last)
                failed += left
                # What can't be opened is done too: nobody can do more about it.
                if not Cron._commit_progress(changed + left) and last is not None:
                    return
        if failed:
            raise HostelError(
                "DECRYPTION_FAILED",
                self.env._("%(count)s values were encrypted with an unknown key.", count=failed),
                500,
            )
