"""A photo from a phone, made safe to keep and small enough to show."""

import io

from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 6 * 1024 * 1024
MAX_PIXELS = 40_000_000
SIDE = 1024
# Odoo switches the other decoders of Pillow off, to have fewer ways in.
FORMATS = ("JPEG", "PNG")


def clean_photo(data: bytes) -> bytes:
    """Decode a photo and encode it anew: a JPEG without place, camera or hidden content.

    :param data: the file as it was sent; JPEG or PNG of at most ``MAX_BYTES``
    :return: a JPEG of at most ``SIDE`` pixels a side, upright
    :raises ValueError: if it is too large or no such picture; the argument is a code,
        ``too_large`` or ``not_a_photo``
    """
    if len(data) > MAX_BYTES:
        raise ValueError("too_large")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            # The size stands in the header: a small file that would unpack to gigabytes stops here.
            if image.width * image.height > MAX_PIXELS:
                raise ValueError("too_large")
            photo = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as exc:
        raise ValueError("not_a_photo") from exc
    photo.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=85)
    return out.getvalue()
