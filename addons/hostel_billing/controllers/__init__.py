from . import camu, credit_score, meter, wallet
