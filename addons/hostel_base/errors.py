"""Errors that a person can mend, each with a stable code."""

from odoo.exceptions import UserError


class HostelError(UserError):
    """A refusal with a machine-readable code and an HTTP status.

    :param code: upper-case code of the refusal, such as ``BED_TAKEN``
    :param message: translated sentence for the person who is refused
    :param status: HTTP status of a JSON answer that carries this refusal
    :param details: JSON-serialisable facts that help to find the way out
    """

    def __init__(self, code, message, status=409, details=None):
        super().__init__(message)
        self.code = code
        self.http_status = status
        self.details = details or {}
        # The web client picks its dialog by class name and knows only Odoo's own.
        self.context = {"exception_class": "odoo.exceptions.UserError", "code": code}
