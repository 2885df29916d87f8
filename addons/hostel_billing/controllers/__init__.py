from . import camu, credit_score, dues, exit_portal, fees, meter, portal_invoice, wallet
