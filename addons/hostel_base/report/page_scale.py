"""How large a millimetre of a page's style comes out on paper."""

from odoo.addons.base.models.ir_actions_report import _wkhtml

# Measured on Debian 12: a wkhtmltopdf with the distribution's Qt draws 85.6 mm as 65.8 mm.
SHRUNK_BY_PLAIN_QT = 65.8 / 85.6


def page_zoom() -> float:
    """CSS ``zoom`` that makes a printed millimetre a millimetre."""
    return 1.0 if _wkhtml().is_patched_qt else round(1 / SHRUNK_BY_PLAIN_QT, 4)
