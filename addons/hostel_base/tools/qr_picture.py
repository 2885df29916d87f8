"""QR codes as pictures inside a page or a printed document."""

import base64
import io

import qrcode


def qr_data_uri(text: str, border: int = 0, box_size: int = 8) -> str:
    """A QR code as a PNG data URI; drawn here, so that printing asks no route for it.

    :param border: quiet zone, in modules; on a screen 4 are needed
    """
    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=box_size, border=border
    )
    code.add_data(text)
    stream = io.BytesIO()
    code.make_image().save(stream, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"
