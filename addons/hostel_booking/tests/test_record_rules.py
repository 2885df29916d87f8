"""Who finds which record of booking and moving; each with those who must not."""

import base64
from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.hostel_base.tests.common import HostelCase
from odoo.addons.hostel_base.tests.record_rules import RecordRulesMixin

from .access_matrix import ACCESS
from .common_moving import photo

# Asha and Uma live in ``home``, on different floors; Olga in a girls' hostel that has other staff,
# Bala in a boys' hostel with a warden of its own.
ALL = {"asha", "uma", "olga", "bala"}
HOME = {"asha", "uma"}
# Those who run hostels, each their own.
OFFICE = {
    "admin": ALL,
    "warden": HOME,
    "supervisor": HOME,
    "neighbour": {"olga"},
    "boys_warden": {"bala"},
}
FLOOR = {**OFFICE, "floor_incharge": {"asha"}}
MINE = {"student": {"asha"}, "mate": {"uma"}}
FINANCE = {"finance": ALL}
ADMIN = {"admin": ALL}

VISIBLE = {
    "hostel.booking.report": {**OFFICE, **FINANCE},
    "hostel.cancellation": {**OFFICE, **FINANCE},
    "hostel.late.arrival": OFFICE,
    "hostel.no.show.notice": OFFICE,
    # Whoever approved sees how far it is.
    "hostel.approval.batch": {
        "admin": {"asha", "olga", "bala"},
        "warden": {"asha"},
        "neighbour": {"olga"},
        "boys_warden": {"bala"},
    },
    "hostel.bed.link": OFFICE,
    "hostel.cohort": OFFICE,
    "hostel.cohort.member": OFFICE,
    "hostel.cohort.wish": OFFICE,
    # A report is the wardens' business; what nobody reported is nobody's.
    "hostel.roommate.ping": {
        "admin": ALL - {"uma"},
        "warden": {"asha"},
        "neighbour": {"olga"},
        "boys_warden": {"bala"},
    },
    "hostel.roommate.block": {},
    "hostel.booking.slot": OFFICE,
    "hostel.booking.quota.seat": OFFICE,
    "hostel.allocation.run.line": OFFICE,
    # ``girls`` and ``boys`` wait for any hostel of a window, all of one kind.
    "hostel.waitlist": {
        "admin": {*ALL - {"uma"}, "girls", "boys"},
        "warden": {"asha", "girls"},
        "supervisor": {"asha", "girls"},
        "neighbour": {"olga", "girls"},
        "boys_warden": {"bala", "boys"},
    },
    "hostel.waitlist.entry": {
        "admin": {*ALL, "girls", "boys"},
        "warden": {*HOME, "girls"},
        "supervisor": {*HOME, "girls"},
        "neighbour": {"olga", "girls"},
        "boys_warden": {"bala", "boys"},
    },
    # Olga wants to move to ``home``, and Uma to change with her.
    "hostel.move.request": {
        "admin": ALL,
        "warden": HOME | {"olga"},
        "supervisor": HOME | {"olga"},
        "neighbour": {"olga", "uma"},
        "boys_warden": {"bala"},
    },
    "hostel.room.condition": {**FLOOR, **MINE},
    "hostel.room.condition.line": {**FLOOR, **MINE},
    "hostel.room.condition.photo": {**FLOOR, **MINE},
    "hostel.key": FLOOR,
    "hostel.key.movement": FLOOR,
    "hostel.check.in.pass.use": ADMIN,
    "hostel.licence.agreement": {**OFFICE, **MINE, "guardian": {"asha"}},
    "hostel.no.dues": {**OFFICE, **MINE, **FINANCE, "mess_manager": HOME, "cook": {"bala"}},
    # Each station reads what it signs; ``…_fees`` are those of the accounts office.
    "hostel.no.dues.line": {
        "admin": ALL | {f"{name}_fees" for name in ALL},
        "warden": HOME | {f"{name}_fees" for name in HOME},
        "supervisor": HOME | {f"{name}_fees" for name in HOME},
        "neighbour": {"olga", "olga_fees"},
        "boys_warden": {"bala", "bala_fees"},
        "mess_manager": HOME,
        "cook": {"bala"},
        "finance": {f"{name}_fees" for name in ALL},
        "student": {"asha", "asha_fees"},
        "mate": {"uma", "uma_fees"},
    },
}


@tagged("post_install", "-at_install")
class TestBookingRecordRules(RecordRulesMixin, HostelCase):
    visible = VISIBLE
    access = ACCESS
    stands_for = {
        "mate": "student",
        "neighbour": "warden",
        "boys_warden": "warden",
        "cook": "mess_manager",
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        boys = cls._create_hostel(name="Boys", gender_type="boys", floors=1, rooms=1)
        cls.students = {
            "asha": cls.student,
            "uma": cls._create_student(),
            "olga": cls._create_student(),
            "bala": cls._create_student(gender="male"),
        }
        cls._create_further_people(boys)
        beds = [*[floor.bed_ids[0] for floor in cls.home.floor_ids], cls.foreign.bed_ids[0]]
        cls.beds = dict(zip(cls.students, [*beds, boys.bed_ids[0]], strict=True))
        cls.stays = {
            name: cls._create_allocation("allocated", student=student, bed=cls.beds[name])
            for name, student in cls.students.items()
        }
        cls.round = cls.env["hostel.booking.round"].create({"term_id": cls.term.id})
        cls.windows = {
            "girls": cls._create_window("Girls", cls.home | cls.foreign),
            "boys": cls._create_window("Boys", boys),
        }
        cls.world = {
            **cls._create_bookings(),
            **cls._create_groups(),
            **cls._create_waitlists(),
            **cls._create_moves(),
            **cls._create_keys(),
            **cls._create_clearances(),
            **cls._create_forms(),
        }
        cls.env.flush_all()
        cls.env.invalidate_all()

    @classmethod
    def _create_further_people(cls, boys):
        for role, hostel, post in (
            ("neighbour", cls.foreign, "warden"),
            ("boys_warden", boys, "warden"),
            ("cook", boys, "mess_manager"),
        ):
            cls.users[role] = cls._create_user(role, f"hostel_base.group_hostel_{post}")
            cls._create_post(cls.users[role], hostel, post)
        cls.users["mate"] = cls._create_user(
            "mate",
            "hostel_base.group_hostel_student",
            partner_id=cls.students["uma"].partner_id.id,
        )

    @classmethod
    def _create_window(cls, name, hostels):
        now = cls.env.cr.now()
        return cls.env["hostel.booking.window"].create(
            {
                "name": name,
                "round_id": cls.round.id,
                "hostel_ids": [(6, 0, hostels.ids)],
                "opens_at": now - timedelta(hours=1),
                "closes_at": now + timedelta(days=1),
                "mode": "both",
            }
        )

    @classmethod
    def _of_each(cls, model, prepare):
        """A record for each stay, with the values that ``prepare(name, stay)`` gives."""
        return {
            name: cls.env[model].create(prepare(name, stay)) for name, stay in cls.stays.items()
        }

    @classmethod
    def _of_stays(cls, model, **vals):
        return cls._of_each(model, lambda name, stay: {"allocation_id": stay.id, **vals})

    @classmethod
    def _create_bookings(cls):
        now = cls.env.cr.now()
        quota = cls.env["hostel.booking.quota"].create(
            {
                "round_id": cls.round.id,
                "group_id": cls.env["hostel.booking.group"]
                .create({"kind": "year", "year_of_study": 9})
                .id,
                "kind": "cap",
                "seats": 9,
            }
        )
        numbers = {name: number for number, name in enumerate(cls.stays, 1)}
        return {
            "hostel.booking.report": {
                name: cls.env["hostel.booking.report"].browse(stay.id)
                for name, stay in cls.stays.items()
            },
            "hostel.cancellation": cls._of_stays(
                "hostel.cancellation", kind="office", reason="other", cancelled_at=now
            ),
            "hostel.late.arrival": cls._of_stays(
                "hostel.late.arrival", arrives_on=cls.term.date_from, reason="Exam"
            ),
            "hostel.no.show.notice": cls._of_stays(
                "hostel.no.show.notice", kind="early", deadline=cls.term.date_from, sent_at=now
            ),
            "hostel.approval.batch": {
                name: cls.env["hostel.approval.batch"].create(
                    {"user_id": cls.users[role].id, "due_at": now}
                )
                for name, role in (
                    ("asha", "warden"),
                    ("olga", "neighbour"),
                    ("bala", "boys_warden"),
                )
            },
            "hostel.bed.link": cls._of_each(
                "hostel.bed.link",
                lambda name, stay: {
                    "round_id": cls.round.id,
                    "bed_id": stay.bed_id.id,
                    "student_id": stay.student_id.id,
                    "user_id": cls.users["student"].id,
                },
            ),
            "hostel.booking.slot": cls._of_each(
                "hostel.booking.slot",
                lambda name, stay: {
                    "window_id": cls.windows["girls"].id,
                    "student_id": stay.student_id.id,
                    "rank": numbers[name],
                },
            ),
            "hostel.booking.quota.seat": cls._of_each(
                "hostel.booking.quota.seat",
                lambda name, stay: {
                    "quota_id": quota.id,
                    "number": numbers[name],
                    "allocation_id": stay.id,
                },
            ),
            "hostel.roommate.ping": cls._of_each(
                "hostel.roommate.ping",
                lambda name, stay: {
                    "phrase": "hello",
                    "sent_at": now,
                    "expires_at": now + timedelta(days=1),
                    "day": cls.term.date_from,
                    "slot": 1,
                    "sender_id": cls._create_student().id,
                    "recipient_id": stay.student_id.id,
                    "round_id": cls.round.id,
                    "allocation_id": stay.id,
                    "report_state": "none" if name == "uma" else "open",
                },
            ),
            "hostel.roommate.block": cls._of_each(
                "hostel.roommate.block",
                lambda name, stay: {
                    "student_id": stay.student_id.id,
                    "blocked_id": cls._create_student().id,
                },
            ),
        }

    @classmethod
    def _create_groups(cls):
        cohorts = cls._of_each(
            "hostel.cohort",
            lambda name, stay: {
                "round_id": cls.round.id,
                "leader_id": stay.student_id.id,
                "gender": stay.student_id.gender,
                "window_id": cls.windows["boys" if name == "bala" else "girls"].id,
            },
        )
        run = cls.env["hostel.allocation.run"].create({"round_id": cls.round.id, "name": "Rules"})
        return {
            "hostel.cohort": cohorts,
            "hostel.cohort.member": cls._of_each(
                "hostel.cohort.member",
                lambda name, stay: {
                    "cohort_id": cohorts[name].id,
                    "student_id": stay.student_id.id,
                    "seat": 1,
                },
            ),
            "hostel.cohort.wish": cls._of_each(
                "hostel.cohort.wish",
                lambda name, stay: {
                    "cohort_id": cohorts[name].id,
                    "hostel_id": stay.hostel_id.id,
                },
            ),
            "hostel.allocation.run.line": cls._of_each(
                "hostel.allocation.run.line",
                lambda name, stay: {
                    "run_id": run.id,
                    "cohort_id": cohorts[name].id,
                    "hostel_id": stay.hostel_id.id,
                    "state": "done",
                },
            ),
        }

    @classmethod
    def _create_waitlists(cls):
        lists = {
            name: cls.env["hostel.waitlist"].create(
                {
                    "window_id": cls.windows["boys" if name == "bala" else "girls"].id,
                    "hostel_id": cls.stays[name].hostel_id.id,
                }
            )
            for name in ("asha", "olga", "bala")
        }
        lists |= {
            name: cls.env["hostel.waitlist"].create({"window_id": window.id})
            for name, window in cls.windows.items()
        }
        students = {
            **cls.students,
            "girls": cls._create_student(),
            "boys": cls._create_student(gender="male"),
        }
        return {
            "hostel.waitlist": lists,
            "hostel.waitlist.entry": {
                name: cls.env["hostel.waitlist.entry"].create(
                    {
                        "waitlist_id": lists["asha" if name == "uma" else name].id,
                        "student_id": student.id,
                    }
                )
                for name, student in students.items()
            },
        }

    @classmethod
    def _create_moves(cls):
        further = {
            "uma": {
                "kind": "swap",
                "partner_student_id": cls.students["olga"].id,
                "partner_allocation_id": cls.stays["olga"].id,
            },
            "olga": {"target_bed_id": cls.home.bed_ids[-1].id},
        }
        return {
            "hostel.move.request": cls._of_each(
                "hostel.move.request",
                lambda name, stay: {
                    "kind": "transfer",
                    "state": "to_approve",
                    "student_id": stay.student_id.id,
                    "allocation_id": stay.id,
                    "expires_at": cls.env.cr.now() + timedelta(days=1),
                    **further.get(name, {}),
                },
            )
        }

    @classmethod
    def _create_keys(cls):
        keys = cls._of_each(
            "hostel.key",
            lambda name, stay: {
                "name": f"Rules {name}",
                "hostel_id": stay.hostel_id.id,
                "room_id": stay.room_id.id,
            },
        )
        return {
            "hostel.key": keys,
            "hostel.key.movement": {
                name: key._hand_over(cls.stays[name]) for name, key in keys.items()
            },
        }

    @classmethod
    def _create_clearances(cls):
        Station, Line = cls.env["hostel.no.dues.station"], cls.env["hostel.no.dues.line"]
        mess, fees = Station.create(
            [
                {"name": group, "group_id": cls.env.ref(f"hostel_base.group_hostel_{group}").id}
                for group in ("mess_manager", "finance")
            ]
        )
        clearances = cls._of_stays("hostel.no.dues")
        return {
            "hostel.no.dues": clearances,
            "hostel.no.dues.line": {
                name + ending: Line.create({"no_dues_id": clearance.id, "station_id": station.id})
                for name, clearance in clearances.items()
                for ending, station in (("", mess), ("_fees", fees))
            },
        }

    @classmethod
    def _create_forms(cls):
        terms = cls.env["hostel.licence.terms"].create(
            {"title": "Rules", "body": "<p>Rules</p>", "hostel_id": cls.home.id}
        )
        forms = cls._of_stays("hostel.room.condition")
        lines = cls._of_each(
            "hostel.room.condition.line",
            lambda name, stay: {"condition_id": forms[name].id, "name": "Lamp", "scope": "own"},
        )
        return {
            "hostel.licence.agreement": cls._of_stays(
                "hostel.licence.agreement", terms_id=terms.id
            ),
            "hostel.room.condition": forms,
            "hostel.room.condition.line": lines,
            "hostel.room.condition.photo": cls._of_each(
                "hostel.room.condition.photo",
                lambda name, stay: {"line_id": lines[name].id, "image": base64.b64encode(photo())},
            ),
            "hostel.check.in.pass.use": cls._of_each(
                "hostel.check.in.pass.use",
                lambda name, stay: {
                    "allocation_id": stay.id,
                    "nonce": f"rules-{name}",
                    "used_at": cls.env.cr.now(),
                },
            ),
        }
