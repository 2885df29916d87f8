from . import camu_payload, camu_signature, fee_math, settlement
