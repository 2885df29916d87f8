from . import camu, credit_score, dues, exit_portal, meter, portal_invoice, wallet
