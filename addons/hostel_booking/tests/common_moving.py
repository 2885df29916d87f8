"""A student who has a bed and moves; everything that stands around it."""

import base64
import io
from datetime import timedelta

from PIL import Image

from odoo import fields

from odoo.addons.hostel_base.tests.common import HostelMixin, give_consent

from .test_moving_tools import signature

BODY = "<p>{student} ({roll_number}) may use bed {bed} in room {room} of {hostel}.</p>"


def photo(colour="red"):
    """Bytes of a JPEG with a place in its hidden part."""
    out = io.BytesIO()
    image = Image.new("RGB", (1600, 1200), colour)
    exif = image.getexif()
    exif[0x010F] = "Secret Camera"
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def get_letters(student):
    """What was written to a student by mail, the oldest first."""
    return student.env["mail.message"].search(
        [
            ("message_type", "=", "user_notification"),
            ("partner_ids", "in", student.partner_id.ids),
        ],
        order="id",
    )


class MovingMixin(HostelMixin):
    @classmethod
    def setUpMoving(cls):
        """``stay`` of ``student`` (of age) is allocated and begins today."""
        cls.setUpPeople()
        give_consent(cls.student)
        cls.student.name = "Asha Test"
        cls.today = fields.Date.context_today(cls.env["hostel.allocation"])
        cls.stay = cls._create_stay(student=cls.student)
        cls.key = cls.env["hostel.key"].create(
            {
                "name": f"K{cls._next()}",
                "kind": "bed",
                "hostel_id": cls.home.id,
                "room_id": cls.bed.room_id.id,
                "bed_id": cls.bed.id,
                "lost_amount": 250,
            }
        )
        cls.room_key = cls.key.copy({"name": f"K{cls._next()}", "kind": "room", "bed_id": False})

    @classmethod
    def _create_stay(cls, state="allocated", **overrides):
        return cls._create_allocation(
            state,
            **{
                "date_from": cls.today,
                "date_to": cls.today + timedelta(days=90),
                **overrides,
            },
        )

    @classmethod
    def _publish_terms(cls, **overrides):
        terms = cls.env["hostel.licence.terms"].create(
            {"title": "Test agreement", "body": BODY, "hostel_id": cls.home.id, **overrides}
        )
        terms.with_context(queue_job__no_delay=True).action_publish()
        return terms

    def _sign(self, agreement, name="Asha Test"):
        agreement._sign(name, signature(), "203.0.113.7")
        return agreement

    def _move_in(self, stay=None):
        stay = stay or self.stay
        stay._check_in()
        return stay.condition_ids

    def _photo(self):
        return base64.b64encode(photo())

    def _as(self, role, records):
        return records.with_user(self.users[role])
