"""A stand-in for a college's Camu: pay page, signed webhooks, status, settlement.

It shares no code with the addons: whoever receives its messages proves that the
two sides agree about the bytes on the wire, not about a common library.
"""
