"""Every screen opens for whom it is made, and only for them."""

from lxml import etree

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tests import Form, HttpCase, TransactionCase, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .common import give_consent

ADDON = "hostel_base"
# Menu → the roles that see it. The administrator sees every one of them.
MENUS = {
    "hostel_dashboard_menu": {
        "warden", "supervisor", "floor_incharge", "guard", "mess_manager", "finance"
    },
    "hostel_overview_menu": {
        "warden", "supervisor", "floor_incharge", "guard", "mess_manager", "finance"
    },
    "hostel_approvals_menu": {"warden"},
    "hostel_room_menu": {"warden", "supervisor", "floor_incharge"},
    "hostel_bed_menu": {"warden", "supervisor", "floor_incharge"},
    "hostel_floor_menu": {"warden", "supervisor", "floor_incharge"},
    "hostel_closed_beds_menu": {"warden", "supervisor", "floor_incharge"},
    "hostel_student_menu": {"warden", "supervisor", "floor_incharge", "finance"},
    "hostel_clearance_menu": {"warden", "supervisor", "finance"},
    "hostel_undertaking_menu": {"warden", "supervisor"},
    "hostel_my_floor_menu": {"warden", "supervisor", "floor_incharge"},
    "hostel_consent_menu": {"warden", "supervisor"},
    "hostel_invitation_menu": {"warden"},
    "hostel_invitation_batch_menu": {"warden"},
    "hostel_privacy_notice_menu": set(),
    "hostel_identity_document_menu": {"warden", "supervisor"},
    "hostel_police_menu": {"warden", "supervisor"},
    "hostel_student_bank_menu": {"finance"},
    "hostel_access_event_menu": set(),
    "hostel_retention_run_menu": set(),
    "hostel_event_menu": set(),
    "hostel_event_delivery_menu": set(),
    "hostel_programme_menu": set(),
    "hostel_import_menu": set(),
    "hostel_allocation_menu": {"warden", "supervisor", "floor_incharge", "finance"},
    "hostel_bed_assign_menu": {"warden"},
    "hostel_verification_menu": {"warden", "supervisor"},
    "hostel_notice_menu": {"warden", "supervisor", "floor_incharge", "guard", "mess_manager"},
    "hostel_notification_log_menu": {"warden"},
    "hostel_arrivals_menu": {"warden", "supervisor"},
    "hostel_departures_menu": {"warden", "supervisor"},
    "hostel_check_in_out_menu": {"warden", "supervisor"},
    "hostel_rollover_menu": set(),
    "hostel_occupancy_report_menu": {"warden", "supervisor", "floor_incharge", "finance"},
    "hostel_print_list_menu": {"warden", "supervisor", "floor_incharge", "finance"},
    "hostel_settings_menu": set(),
    "hostel_hostel_menu": set(),
    "hostel_staff_menu": set(),
    "hostel_room_type_menu": set(),
    "hostel_amenity_menu": set(),
    "hostel_academic_year_menu": set(),
    "hostel_term_menu": set(),
}  # fmt: skip
ROLES = ["admin", "warden", "supervisor", "floor_incharge", "guard", "mess_manager", "finance"]
X2MANY = {"one2many", "many2many"}


class CampusForViews:
    """One hostel of two floors with a row in each state that a screen words differently."""

    @classmethod
    def setUpCampusForViews(cls):
        env = cls.env
        today = fields.Date.today()
        year = env["hostel.academic.year"].create(
            {
                "name": "Year of the screens",
                "date_from": fields.Date.add(today, years=-1),
                "date_to": fields.Date.add(today, years=1),
            }
        )
        cls.term = env["hostel.term"].create(
            {
                "name": "Term of the screens",
                "code": "SCREENS",
                "year_id": year.id,
                "date_from": fields.Date.subtract(today, months=1),
                "date_to": fields.Date.add(today, months=4),
            }
        )
        cls.hostel = env["hostel.hostel"].create(
            {
                "name": "Screens Hostel",
                "code": "SCREENS",
                "gender_type": "girls",
                "description": "<p>Next to the library.</p>",
            }
        )
        room_type = env["hostel.room.type"].create(
            {"name": "Screens twin", "code": "SCREENS", "sharing": 2, "base_fee": 43210}
        )
        cls.floors = env["hostel.floor"].create(
            [{"name": str(n), "number": n, "hostel_id": cls.hostel.id} for n in (1, 2)]
        )
        cls.rooms = env["hostel.room"].create(
            [
                {"name": f"{floor.name}{n:02}", "floor_id": floor.id, "room_type_id": room_type.id}
                for floor in cls.floors
                for n in range(1, 5)
            ]
        )
        cls.beds = env["hostel.bed"].create(
            [{"room_id": room.id, "label": label} for room in cls.rooms for label in "AB"]
        )
        cls.floors.action_generate_layout()
        cls.users = {role: cls._create_staff(role) for role in ROLES}
        cls._create_rows()

    @classmethod
    def _create_staff(cls, role):
        user = new_test_user(
            cls.env,
            f"screens.{role}",
            groups=f"{ADDON}.group_hostel_{role}" + (",base.group_system" * (role == "admin")),
        )
        if role not in ("admin", "finance"):
            cls.env["hostel.staff"].create(
                {
                    "user_id": user.id,
                    "hostel_id": cls.hostel.id,
                    "role": role,
                    "floor_ids": [Command.set(cls.floors[:1].ids)],
                }
            )
        return user

    @classmethod
    def _create_student(cls, name):
        student = cls.env["hostel.student"].create(
            {"name": name, "roll_number": f"ROLL-{name.upper()}", "gender": "female"}
        )
        give_consent(student)
        return student

    @classmethod
    def _create_rows(cls):
        """One row in each state of ``states``, each on a bed of its own."""
        Allocation = cls.env["hostel.allocation"]
        now = cls.env.cr.now()
        steps = {
            "paying": [],
            "waiting": ["awaiting_approval"],
            "allocated": ["awaiting_approval", "allocated"],
            "living": ["awaiting_approval", "allocated", "checked_in"],
            "expired": ["expired"],
            "unplaced": ["expired", "unplaced"],
            "refund": ["expired", "unplaced", "refund_due"],
        }
        cls.students, cls.rows = {}, {}
        for bed, (name, states) in zip(cls.beds, steps.items(), strict=False):
            cls.students[name] = cls._create_student(name)
            row = Allocation._reserve(bed, cls.students[name], cls.term, "paying", hold_seconds=600)
            row.paid_at = now
            for state in states:
                row._transition(state)
            cls.rows[name] = row
        today = fields.Date.today()
        cls.rooms[-1]._close(today, fields.Date.add(today, days=5), "Painting")
        cls.env["hostel.clearance"].create(
            {"student_id": cls.students["living"].id, "term_id": cls.term.id}
        )
        notice = cls.env["hostel.notice"].create(
            {
                "name": "Notice of the screens",
                "body": "<p>For everybody of the first floor.</p>",
                "audience": "floor",
                "floor_ids": [Command.set(cls.floors[:1].ids)],
                "to_staff": True,
            }
        )
        notice.action_publish()


@tagged("post_install", "-at_install")
class TestViews(CampusForViews, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpCampusForViews()

    def _get_actions(self):
        """Every window of the addon that a menu can open."""
        data = self.env["ir.model.data"].search(
            [("module", "=", ADDON), ("model", "=", "ir.actions.act_window")]
        )
        return self.env["ir.actions.act_window"].browse(data.mapped("res_id"))

    def _get_specification(self, model, arch):
        """What the web client asks for to draw a view: shape of ``web_read``."""
        specification = {}
        for node in self._own_fields(arch):
            field = model._fields[node.get("name")]
            asked = specification.setdefault(field.name, {})
            if field.type == "many2one":
                asked["fields"] = {"display_name": {}}
            elif field.type in X2MANY:
                comodel = self.env[field.comodel_name].with_user(model.env.user)
                asked.setdefault("fields", {"display_name": {}})
                for view in node:
                    asked["fields"] |= self._get_specification(comodel, view)
        return specification

    def _own_fields(self, arch):
        """Field nodes of a view without those of the views inside of it."""
        for node in arch:
            if node.tag == "field":
                yield node
            elif isinstance(node.tag, str):
                yield from self._own_fields(node)

    def _open(self, user, action):
        """Do what the web client does when the user opens an action.

        :return: ``{view type: arch}`` as the user gets it
        """
        action = (
            self.env["ir.actions.act_window"]
            .with_user(user)
            ._for_xml_id(action.get_external_id()[action.id])
        )
        model = self.env[action["res_model"]].with_user(user)
        context = safe_eval(action["context"] or "{}", {"uid": user.id, "active_id": False})
        domain = safe_eval(action["domain"] or "[]", {"uid": user.id})
        views = [
            *action["views"],
            (action["search_view_id"] and action["search_view_id"][0], "search"),
        ]
        views = model.with_context(**context).get_views(views)["views"]
        archs = {kind: etree.fromstring(view["arch"]) for kind, view in views.items()}
        for kind, arch in archs.items():
            with self.subTest(user=user.login, action=action["xml_id"], view=kind):
                self._load(model, kind, arch, domain)
        return archs

    def _load(self, model, kind, arch, domain):
        if kind == "search":
            return self._search(model, arch, domain)
        specification = self._get_specification(model, arch)
        if kind in ("list", "kanban"):
            model.web_search_read(domain, specification, limit=5)
        elif kind == "form":
            model.search(domain, limit=10).web_read(specification)
            if not model.has_access("create"):
                return None
            model.onchange({}, [], self._get_specification(model, arch))
        elif kind in ("pivot", "graph"):
            groups = [node.get("name") for node in arch.iter("field") if not node.get("invisible")]
            groups = [name for name in groups if model._fields[name].type != "monetary"]
            model.formatted_read_group(domain, groups, ["__count"])
        return None

    def _search(self, model, arch, domain):
        """Press every filter, group-by and category of a search view."""
        for node in arch.iter("filter"):
            context = safe_eval(node.get("context") or "{}")
            if group_by := context.get("group_by"):
                model.formatted_read_group(domain, [group_by], ["__count"])
            elif node.get("domain"):
                model.search_count(Domain.AND([domain, self._eval(model, node.get("domain"))]))
        for node in self._own_fields(arch):
            if node.get("filter_domain"):
                model.search_count(self._eval(model, node.get("filter_domain")))
        for node in arch.iterfind("searchpanel/field"):
            method = "multi_range" if node.get("select") == "multi" else "range"
            getattr(model, f"search_panel_select_{method}")(
                node.get("name"), enable_counters=True, search_domain=domain
            )

    def _eval(self, model, text):
        return safe_eval(text, {"uid": model.env.uid, "self": "x"})

    # ------------------------------------------------------------------

    def test_every_view_of_the_addon_is_valid(self):
        data = self.env["ir.model.data"].search(
            [("module", "=", ADDON), ("model", "=", "ir.ui.view")]
        )
        views = self.env["ir.ui.view"].browse(data.mapped("res_id"))
        self.assertGreater(len(views), 30)
        views._check_xml()

    def test_admin_opens_every_action(self):
        actions = self._get_actions()
        self.assertGreater(len(actions), 20)
        for action in actions:
            self._open(self.users["admin"], action)

    def test_every_role_opens_every_action_of_the_own_menus(self):
        for role in ("warden", "supervisor", "floor_incharge", "guard", "mess_manager", "finance"):
            actions = self._get_menu_actions(role)
            self.assertTrue(actions, role)
            for action in actions:
                self._open(self.users[role], action)

    def _get_menu_actions(self, role):
        menus = [self.env.ref(f"{ADDON}.{name}") for name, roles in MENUS.items() if role in roles]
        actions = [menu.action for menu in menus]
        # The dashboard is a client action; it has tests of its own.
        return [action for action in actions if action._name == "ir.actions.act_window"]

    def test_guard_is_refused_where_no_menu_leads(self):
        for name in ("hostel_student_action", "hostel_allocation_action", "hostel_bed_action"):
            action = self.env.ref(f"{ADDON}.{name}")
            model = self.env[action.res_model].with_user(self.users["guard"])
            with self.subTest(action=name), self.assertRaises(AccessError):
                model.web_search_read([], {"display_name": {}})

    def test_menus_follow_the_table(self):
        root = self.env.ref(f"{ADDON}.hostel_root_menu")
        leaves = self.env["ir.ui.menu"].search(
            [("id", "child_of", root.id), ("action", "!=", False)]
        )
        mine = leaves.filtered(lambda menu: menu.get_external_id()[menu.id].startswith(f"{ADDON}."))
        names = {menu.get_external_id()[menu.id].partition(".")[2] for menu in mine}
        self.assertEqual(names, set(MENUS), "A menu is missing in the table of this test.")
        for role, user in self.users.items():
            visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            for name, roles in MENUS.items():
                path = self.env.ref(f"{ADDON}.{name}").parent_path
                reached = {int(part) for part in path.strip("/").split("/")} <= set(visible)
                with self.subTest(role=role, menu=name):
                    self.assertEqual(reached, role == "admin" or role in roles)

    def test_portal_users_have_no_menu(self):
        user = new_test_user(self.env, "screens.portal", groups=f"{ADDON}.group_hostel_student")
        with self.assertRaises(AccessError):
            self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()

    def test_every_action_has_an_address_and_an_empty_state(self):
        for action in self._get_actions():
            if action.target == "new" or action.res_model == "res.config.settings":
                continue
            with self.subTest(action=action.name):
                self.assertTrue(action.path)
                self.assertIn("o_view_nocontent_smiling_face", action.help or "")

    def test_every_kanban_has_the_template_that_the_browser_wants(self):
        kanbans = self.env["ir.ui.view"].search(
            [("model", "=like", "hostel.%"), ("type", "=", "kanban")]
        )
        self.assertTrue(kanbans)
        for view in kanbans:
            names = view._get_combined_arch().xpath("//templates/*/@t-name")
            with self.subTest(view=view.name):
                self.assertIn("card", names)

    def test_approval_buttons_are_the_wardens(self):
        action = self.env.ref(f"{ADDON}.hostel_allocation_action")
        for role, expected in (("warden", True), ("supervisor", False), ("finance", False)):
            arch = self._open(self.users[role], action)["form"]
            buttons = set(arch.xpath("//header/button/@name"))
            with self.subTest(role=role):
                self.assertEqual("action_approve" in buttons, expected)

    def test_approvals_wait_in_order_of_their_payment(self):
        action = self.env.ref(f"{ADDON}.hostel_allocation_action_to_approve")
        domain = safe_eval(action.domain)
        rows = self.env["hostel.allocation"].with_user(self.users["warden"]).search(domain)
        self.assertIn(self.rows["waiting"], rows)
        self.assertIn(self.rows["unplaced"], rows)
        self.assertNotIn(self.rows["living"], rows)

    def test_student_form_says_where_the_student_lives(self):
        student = self.students["living"].with_user(self.users["warden"])
        self.assertEqual(student.current_bed_id, self.rows["living"].bed_id)
        self.assertEqual(student.current_hostel_id, self.hostel)
        self.assertEqual(student.current_state, "checked_in")
        action = student.action_open_current_stay()
        self.assertEqual(action["res_id"], self.rows["living"].id)
        self.assertFalse(self.students["expired"].current_bed_id)

    def test_warden_adds_a_room_with_its_beds_and_draws_the_floor(self):
        floor = self.floors[0].with_user(self.users["warden"])
        with Form(floor.env["hostel.room"], f"{ADDON}.hostel_room_view_form") as form:
            form.name = "199"
            form.floor_id = floor
            form.room_type_id = self.rooms[0].room_type_id
            for label in "AB":
                with form.bed_ids.new() as bed:
                    bed.label = label
        room = form.record
        self.assertEqual(room.gender, "female")
        self.assertEqual((room.bed_count, room.free_count, room.state), (2, 2, "vacant"))
        version = floor.layout_version
        floor.action_generate_layout()
        self.assertEqual(floor.layout_version, version + 1)
        self.assertIn(room.id, [drawn["id"] for drawn in floor.layout["rooms"]])

    def test_warden_adds_a_guardian_on_the_student_form(self):
        student = self.students["living"].with_user(self.users["warden"])
        person = self.env["res.partner"].create({"name": "Meera"})
        with (
            Form(student, f"{ADDON}.hostel_student_view_form") as form,
            form.guardian_ids.new() as line,
        ):
            line.partner_id = person
            line.relation = "mother"
        self.assertEqual(student.guardian_ids.partner_id, person)

    def test_new_student_is_named_before_the_roll_number_is_known(self):
        self.assertEqual(self.env["hostel.student"].new({"name": "Asha"}).display_name, "Asha")

    def test_floor_counts_its_rooms_and_beds(self):
        self.assertEqual(self.floors.mapped("room_count"), [4, 4])
        self.assertEqual(self.floors.mapped("bed_count"), [8, 8])


@tagged("post_install", "-at_install")
class TestPortalPages(CampusForViews, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpCampusForViews()
        for name in ("living", "paying", "waiting", "unplaced"):
            cls._create_portal_user(name, "student", cls.students[name].partner_id)
        cls.bedless = cls._create_student("bedless")
        cls._create_portal_user("bedless", "student", cls.bedless.partner_id)
        cls.guardian = cls.env["res.partner"].create({"name": "Guardian of the screens"})
        cls.env["hostel.guardian"].create(
            [
                {"student_id": student.id, "partner_id": cls.guardian.id, "relation": "mother"}
                for student in (cls.students["living"], cls.bedless)
            ]
        )
        cls._create_portal_user("guardian", "guardian", cls.guardian)
        new_test_user(cls.env, "screens.stranger", groups="base.group_portal")

    @classmethod
    def _create_portal_user(cls, login, role, partner):
        cls.env["res.users"].with_context(no_reset_password=True).create(
            {
                "login": f"screens.{login}",
                "password": f"screens.{login}",
                "partner_id": partner.id,
                "group_ids": [Command.set([cls.env.ref(f"{ADDON}.group_hostel_{role}").id])],
            }
        )

    def _get(self, login, path):
        self.authenticate(f"screens.{login}", f"screens.{login}")
        return self.url_open(path)

    def _get_main(self, login, path):
        """Text of a page without its header and footer."""
        response = self._get(login, path)
        self.assertEqual(response.status_code, 200, path)
        [main] = etree.HTML(response.text).xpath("//div[@id='wrap']")
        return " ".join("".join(main.itertext()).split())

    def test_student_sees_the_own_stay(self):
        row = self.rows["living"]
        for path in ("/my", "/my/hostel", f"/my/hostel/{row.id}"):
            with self.subTest(path=path):
                text = self._get_main("living", path)
                self.assertIn("Screens Hostel", text)
                self.assertIn(f"Room {row.room_id.name}, bed {row.bed_id.label}", text)
                self.assertIn("Checked in", text)
        self.assertIn("₹43,210 ", text)
        self.assertIn(row.payment_ref, text)
        self.assertIn("Next to the library.", text)

    def test_each_state_is_told_in_words(self):
        for name, words in {
            "paying": "The bed is kept for you until",
            "waiting": "Your payment has arrived.",
            "unplaced": "Your payment is safe",
        }.items():
            with self.subTest(state=name):
                self.assertIn(words, self._get_main(name, "/my/hostel"))

    def test_student_without_a_bed_reads_what_comes_next(self):
        for path in ("/my", "/my/hostel"):
            with self.subTest(path=path):
                self.assertIn("You have no bed yet", self._get_main("bedless", path))

    def test_stay_of_somebody_else_is_not_found(self):
        foreign = self._get("living", f"/my/hostel/{self.rows['paying'].id}")
        missing = self._get("living", "/my/hostel/999999999")
        self.assertEqual((foreign.status_code, missing.status_code), (404, 404))
        self.assertNotIn(self.rows["paying"].name, foreign.text)

    def test_guardian_sees_name_room_state_and_dates_of_wards_only(self):
        row = self.rows["living"]
        for path in ("/my", "/my/hostel"):
            with self.subTest(path=path):
                text = self._get_main("guardian", path)
                self.assertIn("living", text)
                self.assertIn(f"Screens Hostel · {row.bed_id.display_name}", text)
                self.assertIn("Checked in", text)
                self.assertIn(f"{row.date_to:%Y}", text)
                self.assertIn("bedless", text)
                self.assertIn("No bed at the moment.", text)
                for hidden in ("43,210", row.payment_ref, row.name, "ROLL-", "paying", "Earlier"):
                    self.assertNotIn(hidden, text)

    def test_guardian_opens_no_stay(self):
        response = self._get("guardian", f"/my/hostel/{self.rows['living'].id}")
        self.assertEqual(response.status_code, 404)

    def test_stranger_and_staff_have_no_such_page(self):
        self.assertEqual(self._get("stranger", "/my/hostel").status_code, 404)
        text = self._get_main("stranger", "/my")
        self.assertNotIn("Hostel", text)
        stay = f"/my/hostel/{self.rows['living'].id}"
        for path in ("/my/hostel", stay):
            self.assertEqual(self._get("warden", path).status_code, 404)

    def test_visitor_is_asked_to_sign_in(self):
        self.authenticate(None, None)
        for path in ("/my/hostel", f"/my/hostel/{self.rows['living'].id}"):
            response = self.url_open(path, allow_redirects=False)
            self.assertEqual(response.status_code, 303)
            self.assertIn("/web/login", response.headers["Location"])

    def test_counters_of_the_home_still_answer(self):
        self.authenticate("screens.living", "screens.living")
        self.assertEqual(self.make_jsonrpc_request("/my/counters", {"counters": []}), {})
