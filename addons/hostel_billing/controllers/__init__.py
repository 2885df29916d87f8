from . import camu, credit_score, dues, meter, portal_invoice, wallet
