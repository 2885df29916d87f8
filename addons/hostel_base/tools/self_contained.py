"""HTML for a printer that is not to ask anybody for anything."""

import re

# Style sheets, scripts and the address from which relative ones would be fetched.
OUTSIDE = re.compile(
    r"<link\b[^>]*>|<base\b[^>]*>|<script\b[^>]*\bsrc=[^>]*>\s*</script>", re.IGNORECASE
)


def self_contained(page: str) -> str:
    """Take out what a page would fetch; styles and pictures inside it stay."""
    return OUTSIDE.sub("", page)
