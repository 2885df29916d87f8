"""A signature drawn in a browser, made safe to keep and to print."""

import base64
import binascii
import io

from PIL import Image, UnidentifiedImageError

MAX_CHARACTERS = 400_000
MAX_PIXELS = 4_000_000
SIZE = (800, 300)
# A picture that claims to be huge is refused by Pillow before its size can be asked.
UNREADABLE = (
    binascii.Error,
    UnidentifiedImageError,
    OSError,
    SyntaxError,
    Image.DecompressionBombError,
)


def clean_signature(text: str) -> bytes:
    """Decode a drawn signature and encode it anew, on white.

    :param text: base64 of a PNG, without the head of a data URI
    :return: a PNG of at most ``SIZE``
    :raises ValueError: if it is no such picture, or an empty one
    """
    if not isinstance(text, str) or not text or len(text) > MAX_CHARACTERS:
        raise ValueError("no signature")
    try:
        data = base64.b64decode(text, validate=True)
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError("too large")
            drawn = image.convert("RGBA")
    except UNREADABLE as exc:
        raise ValueError("no signature") from exc
    page = Image.new("RGB", drawn.size, "white")
    page.paste(drawn, mask=drawn.getchannel("A"))
    low, high = page.convert("L").getextrema()
    if high - low < 32:
        raise ValueError("empty")
    page.thumbnail(SIZE)
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()
