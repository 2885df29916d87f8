from . import camu, credit_score, meter, portal_invoice, wallet
