import io

from PIL import Image

from odoo.tests import BaseCase

from ..tools.photo import MAX_BYTES, SIDE, clean_photo


def picture(kind="JPEG", size=(40, 20), **kwargs):
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **kwargs)
    return out.getvalue()


class TestPhoto(BaseCase):
    def assertCode(self, code, data):
        with self.assertRaises(ValueError) as caught:
            clean_photo(data)
        self.assertEqual(caught.exception.args, (code,))

    def test_every_accepted_format_becomes_a_jpeg(self):
        for kind in ("JPEG", "PNG"):
            with self.subTest(kind=kind), Image.open(io.BytesIO(clean_photo(picture(kind)))) as new:
                self.assertEqual((new.format, new.size), ("JPEG", (40, 20)))

    def test_a_large_photo_shrinks(self):
        with Image.open(io.BytesIO(clean_photo(picture(size=(3000, 1500))))) as new:
            self.assertEqual(new.size, (SIDE, SIDE // 2))

    def test_place_and_camera_are_gone_and_the_photo_stands_upright(self):
        exif = Image.Exif()
        exif[0x0112] = 6  # turned by 90 degrees
        exif[0x010F] = "Camera of Asha"
        new = clean_photo(picture(exif=exif))
        self.assertNotIn(b"Camera of Asha", new)
        with Image.open(io.BytesIO(new)) as image:
            self.assertEqual(image.size, (20, 40))
            self.assertFalse(image.getexif())

    def test_what_hides_behind_a_picture_is_gone(self):
        self.assertNotIn(b"<script>", clean_photo(picture() + b"<script>alert(1)</script>"))

    def test_what_is_no_photo_is_refused(self):
        for data in (b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture("GIF")):
            with self.subTest(data=data[:10]):
                self.assertCode("not_a_photo", data)
        self.assertCode("not_a_photo", picture()[:200])

    def test_too_large_is_refused_before_it_is_unpacked(self):
        self.assertCode("too_large", b"x" * (MAX_BYTES + 1))
        self.assertCode("too_large", picture("PNG", size=(8000, 6000)))
