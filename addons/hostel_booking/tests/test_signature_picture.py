import base64
import struct
import zlib

from odoo.tests import BaseCase

from ..tools.signature_picture import clean_signature


class TestSignaturePicture(BaseCase):
    def test_a_picture_that_claims_to_be_huge_is_no_signature(self):
        with self.assertRaises(ValueError):
            clean_signature(self._png(30_000, 30_000))

    def test_what_is_no_picture_is_no_signature(self):
        for text in ("", "!", base64.b64encode(b"GIF89a").decode(), None, 7):
            with self.subTest(text=text), self.assertRaises(ValueError):
                clean_signature(text)

    def test_an_empty_page_is_no_signature(self):
        with self.assertRaises(ValueError):
            clean_signature(self._png(1, 1, zlib.compress(b"\x00\xff")))

    def _png(self, width, height, pixels=b""):
        """A grey picture, as small as its header may be."""
        header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
        parts = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
        chunks = b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in parts
        )
        return base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunks).decode()
