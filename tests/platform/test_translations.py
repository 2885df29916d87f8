"""The translation files that are committed: whole where people read them, and nothing lost."""

import hostel_i18n
import polib
import pytest

SELECTION = "model:ir.model.fields.selection,name:hostel_base.selection__"
ADDONS = [addon.name for addon in hostel_i18n.translated_addons()]


@pytest.fixture(params=[name for name in ADDONS if hostel_i18n.pot_path(name).exists()])
def addon(request):
    return request.param


def test_every_addon_has_a_template_and_a_hindi_file():
    for name in ADDONS:
        assert hostel_i18n.pot_path(name).exists(), f"run scripts/i18n for {name}"
        assert hostel_i18n.po_path(name).exists(), f"run scripts/i18n for {name}"


def test_the_hindi_file_has_the_terms_of_the_template(addon):
    pot = polib.pofile(str(hostel_i18n.pot_path(addon)))
    po = hostel_i18n.read_po(addon)
    assert [entry.msgid for entry in po] == [entry.msgid for entry in pot]
    assert not [entry.msgid for entry in po if entry.obsolete or entry.fuzzy]


def test_all_that_students_guardians_and_guards_see_has_hindi(addon):
    pot = polib.pofile(str(hostel_i18n.pot_path(addon)))
    assert hostel_i18n.missing(pot, addon) == []


def test_translations_keep_placeholders_and_tags(addon):
    found = [
        fault
        for entry in hostel_i18n.read_po(addon)
        if entry.msgstr
        for fault in hostel_i18n.faults(entry.msgid, entry.msgstr)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("msgid", "msgstr"),
    [
        ("Bed %(bed)s", "बेड %(bad)s"),
        ("Bed %(bed)s", "बेड"),
        ("%s of %s", "%s में"),
        ("Dear {{ object.name }}", "प्रिय {{ object.nam }}"),
        ("<b>Free</b>", "खाली"),
        ('<a href="/my">Home</a>', '<a href="/mine">होम</a>'),
    ],
)
def test_a_lost_placeholder_or_tag_is_a_fault(msgid, msgstr):
    assert hostel_i18n.faults(msgid, msgstr)


@pytest.mark.parametrize(
    ("msgid", "msgstr"),
    [
        ("%(n)s free of %(all)s", "%(all)s में से %(n)s खाली"),
        ('<i class="fa" title="Free"/>', '<i class="fa" title="खाली"/>'),
        ("100% sure", "100% पक्का"),
    ],
)
def test_another_order_and_translated_titles_are_no_fault(msgid, msgstr):
    assert hostel_i18n.faults(msgid, msgstr) == []


@pytest.mark.parametrize(
    ("place", "needed"),
    [
        ("code:addons/hostel_base/controllers/portal.py", True),
        ("code:addons/hostel_base/models/hostel_allocation.py", True),
        ("code:addons/hostel_base/models/res_config_settings.py", False),
        ("model_terms:ir.ui.view,arch_db:hostel_base.portal_my_hostel", True),
        ("model_terms:ir.ui.view,arch_db:hostel_base.hostel_term_view_form", False),
        ("model_terms:ir.ui.view,arch_db:hostel_base.hostel_hostel_view_kanban", True),
        ("model:ir.model.fields,help:hostel_base.field_hostel_room__name", False),
        # What students and guardians agree to, and the letter that asks for it.
        ("model_terms:hostel.privacy.notice,rights:hostel_base.privacy_notice_1", True),
        ("model:hostel.privacy.purpose,stops:hostel_base.privacy_purpose_fees", True),
        ("model_terms:ir.ui.view,arch_db:hostel_base.consent_link", True),
        ("model:mail.template,body_html:hostel_base.mail_template_guardian_consent", True),
        (f"{SELECTION}hostel_consent__channel__paper", True),
        ("model:ir.model.fields,field_description:hostel_base.field_hostel_student__gender", True),
        # A guard's screens, and those beside them that a guard does not open.
        ("model_terms:ir.ui.view,arch_db:hostel_base.hostel_notice_view_form", True),
        ("model_terms:ir.ui.view,arch_db:hostel_base.hostel_notice_receipt_view_list", False),
        ("model_terms:ir.ui.view,arch_db:hostel_base.hostel_hostel_view_form_floor_plan", False),
        ("code:addons/hostel_base/static/src/dashboard/dashboard.xml", True),
        ("model:ir.ui.menu,name:hostel_base.hostel_notice_menu", True),
        ("model:ir.ui.menu,name:hostel_base.hostel_rollover_menu", False),
        # Tools of the office.
        ("code:addons/hostel_base/importers/sentences.py", False),
        ("code:addons/hostel_base/models/hostel_floor_layout.py", False),
        ("code:addons/hostel_base/static/src/floor_editor/floor_editor.xml", False),
        (f"{SELECTION}hostel_student__consent_state__missing", False),
    ],
)
def test_where_a_term_occurs_decides_whether_it_needs_hindi(place, needed):
    assert hostel_i18n.is_needed(polib.POEntry(msgid="x", occurrences=[(place, "0")])) is needed


def test_merging_keeps_what_is_translated_and_drops_what_is_gone():
    pot = polib.POFile()
    pot.append(polib.POEntry(msgid="Bed"))
    pot.append(polib.POEntry(msgid="Room"))
    former = polib.POFile()
    former.append(polib.POEntry(msgid="Bed", msgstr="बेड"))
    former.append(polib.POEntry(msgid="Beds", msgstr="बेड"))
    merged = hostel_i18n.merged(hostel_i18n.normalised(pot, "hostel_base"), former)
    assert [(entry.msgid, entry.msgstr) for entry in merged] == [("Bed", "बेड"), ("Room", "")]
