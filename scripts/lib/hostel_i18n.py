"""Translation files: which terms must have Hindi, and what a translation may not lose."""

import re
from fnmatch import fnmatch
from pathlib import Path

import polib

from hostel_stack.database import DEMO, TEST_ONLY, addons
from hostel_stack.settings import ROOT

LANGUAGE = "hi"
# A date or a generator's version would make each export differ from the last.
HEADER = {
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
}
# Code that only the hostel office reaches, or that speaks to nobody but it.
OFFICE_CODE = (
    "controllers/counter.py",
    "controllers/import_files.py",
    "controllers/meter.py",
    "hooks.py",
    "importers/*",
    "models/*camu_event*.py",
    "models/hostel_camu_settlement*.py",
    "models/hostel_money_watch.py",
    "models/hostel_ledger_check*.py",
    "models/hostel_finance_report.py",
    "models/hostel_collection_report.py",
    "models/hostel_day_book_report.py",
    "models/hostel_deposit_report.py",
    "models/hostel_forecast_report.py",
    "models/hostel_outstanding_report.py",
    "models/hostel_refund.py",
    "models/account_payment_refund.py",
    "models/hostel_retention_camu.py",
    "models/payment_provider_camu_settings.py",
    "models/payment_transaction_refund.py",
    "models/hostel_access_*.py",
    "models/hostel_allocation_check_in.py",
    "models/hostel_allocation_evidence.py",
    "models/hostel_allocation_papers.py",
    "models/hostel_allocation_run.py",
    "models/hostel_allocation_run_group.py",
    "models/hostel_allocation_retire.py",
    "models/hostel_allocation_transfer.py",
    "models/hostel_allocation_vacate.py",
    "models/hostel_approval_*.py",
    "models/hostel_availability.py",
    "models/account_payment.py",
    "models/hostel_bill_run*.py",
    "models/hostel_booking_*report.py",
    "models/hostel_booking_board.py",
    "models/hostel_booking_counter.py",
    "models/hostel_booking_figures.py",
    "models/hostel_booking_group.py",
    "models/hostel_booking_round.py",
    "models/hostel_booking_lottery.py",
    "models/hostel_booking_round_practice.py",
    "models/hostel_booking_tally.py",
    "models/hostel_booking_window.py",
    "models/hostel_booking_window_changes.py",
    "models/hostel_booking_window_slots.py",
    "models/hostel_cancellation*.py",
    "models/hostel_charge_wallet.py",
    "models/hostel_check_in_desk.py",
    "models/hostel_check_in_out.py",
    "models/hostel_check_in_pass_use.py",
    "models/hostel_condition_item.py",
    "models/hostel_dashboard.py",
    "models/hostel_deposit_loan.py",
    "models/hostel_encrypted_mixin.py",
    "models/hostel_electricity_run.py",
    "models/hostel_event*.py",
    "models/hostel_fee_head.py",
    "models/hostel_floor*.py",
    "models/hostel_import*.py",
    "models/hostel_invitation*.py",
    "models/hostel_key*.py",
    "models/hostel_licence_terms.py",
    "models/hostel_meter*.py",
    "models/hostel_list.py",
    "models/hostel_no_dues.py",
    "models/hostel_no_show_notice.py",
    "models/hostel_notification_log.py",
    "models/hostel_occupancy_report.py",
    "models/hostel_receipt_desk.py",
    "models/hostel_receipt_template.py",
    "models/hostel_retention*.py",
    "models/hostel_rollover*.py",
    "models/hostel_rate_season.py",
    "models/hostel_room.py",
    "models/hostel_room_stays.py",
    "models/hostel_room_type.py",
    "models/hostel_student_privacy.py",
    "models/hostel_student_roommates.py",
    "models/hostel_stay_paper.py",
    "models/hostel_waitlist_entry_gather.py",
    "models/hostel_tariff.py",
    "models/hostel_wallet_line.py",
    "models/payment_provider.py",
    "models/res_config_settings*.py",
    "report/*",
    "static/src/backend/*",
    "static/src/components/bed_choice/*",
    "static/src/components/counter/*",
    "static/src/components/import/*",
    "static/src/dashboard/trend_chart.*",
    "static/src/floor_editor/*",
    "wizard/*",
)
# Models, or fields of a model, whose kinds and states appear on screens of the office only.
OFFICE_SELECTIONS = (
    "access_*",
    "allocation__block_kind",
    "allocation__offer_kind",
    "allocation_run*",
    "allocation__stay_status",
    "bill_pay",
    "bill_run*",
    "bed_assign",
    "booking_group",
    "booking_quota*",
    "bed_transfer",
    "bed_vacate",
    "booking_window*",
    "camu_*",
    "money_watch*",
    "refund_book",
    "collection_report",
    "day_book_report",
    "deposit_report",
    "forecast_report",
    "ledger_check*",
    "outstanding_report",
    "clearance__certainty",
    "clearance_import",
    "cohort_member",
    "consent_paper",
    "credit_event__appeal_state",
    "credit_event__state",
    "electricity_*",
    "meter_*",
    "wallet_adjust",
    "consent_request",
    "event_*",
    "floor_*",
    "hostel__allocation_priority",
    "identity_reject",
    "import*",
    "invitation*",
    "notice_receipt",
    "notification_log",
    "occupancy_report",
    "print_list",
    "privacy_*",
    "rate_season*",
    "receipt__decided_by",
    "retention_*",
    "rollover*",
    "room_close",
    "roommate_ping__report_state",
    "roommate_ping__state",
    "student__clearance_state",
    "student__consent_state",
    "student__undertaking_state",
    "charge__state",
    "concession__method",
    "concession__state",
    "condition_item",
    "deposit_loan__state",
    "fee_structure*",
    "key",
    "key_movement",
    "licence_terms",
    "no_dues__state",
    "verification__state",
)
# Where a term occurs, as in a .pot → whether a student, guardian or guard can meet it.
# The first row that fits decides; where none fits, it is the office's.
RULES = (
    # Office screens, and code that only they reach.
    *((f"code:addons/*/{path}", False) for path in OFFICE_CODE),
    # What Odoo adds to a model is Odoo's to translate.
    *(
        (f"model:ir.model.fields,field_description:*__{name}", False)
        for name in (
            "activity_*",
            "my_activity_*",
            "message_*",
            "website_message_ids",
            "has_message",
            "image_*",
            "id",
            "display_name",
            "create_*",
            "write_*",
        )
    ),
    # What a guard opens: the dashboard, the overview of the hostels and the notices.
    *(
        (f"model:ir.ui.menu,name:*.hostel_{name}_menu", True)
        for name in ("root", "dashboard", "overview", "notices", "notice")
    ),
    ("model:ir.actions.client,name:*.hostel_dashboard_action", True),
    ("model_terms:ir.ui.view,arch_db:*.hostel_hostel_view_*_floor_plan", False),
    *(
        row
        for name in ("hostel", "notice")
        for row in (
            (f"model:ir.actions.act_window,name:*.hostel_{name}_action", True),
            (f"model_terms:ir.actions.act_window,help:*.hostel_{name}_action", True),
            (f"model_terms:ir.ui.view,arch_db:*.hostel_{name}_view_*", True),
            (f"model:ir.model.fields,field_description:*.field_hostel_{name}__*", True),
        )
    ),
    # What a student reads of the college's record about itself, each under its label.
    *(
        (f"model:ir.model.fields,field_description:*.field_hostel_student__{name}", True)
        for name in (
            "name",
            "email",
            "roll_number",
            "application_number",
            "gender",
            "birthdate",
            "programme_id",
            "year_of_study",
            "guardian_ids",
        )
    ),
    # Every other screen of the office is a view named after its model; the rest are pages.
    *(
        (f"model_terms:ir.ui.view,arch_db:*_view_{kind}*", False)
        for kind in (
            "form",
            "list",
            "kanban",
            "search",
            "graph",
            "pivot",
            "calendar",
            "activity",
        )
    ),
    # Lists that the office prints; the card is the student's.
    ("model_terms:ir.ui.view,arch_db:*.report_list_*", False),
    ("model_terms:ir.ui.view,arch_db:*.hostel_letterhead", False),
    ("model_terms:ir.ui.view,arch_db:*", True),
    ("model:website.menu,name:*", True),
    # What students and guardians agree to: the law asks for a notice they understand.
    ("model*:hostel.privacy.notice,*", True),
    ("model*:hostel.privacy.purpose,*", True),
    # Letters, and the words of a payment.
    ("model*:mail.template,subject:*", True),
    ("model*:mail.template,body_html:*", True),
    ("model:payment.method,name:*", True),
    ("model:product.template,name:*", True),
    # States and kinds that pages show in words.
    *(
        (f"model:ir.model.fields.selection,name:*.selection__hostel_{model}__*", False)
        for model in OFFICE_SELECTIONS
    ),
    ("model:ir.model.fields.selection,name:*__res_config_settings__*", False),
    ("model:ir.model.fields.selection,name:*__hostel_*", True),
    ("code:addons/*", True),
)
# What a sentence fills in, %(bed)s or %s or {{ object.name }} or ${amount}, and its tags.
PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]*[\d.]*[a-zA-Z]|%[sd]|\{\{.*?\}\}|\$\{.*?\}|\{\w*\}|\\n")
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
# Attributes whose text a reader meets, so that it is translated too.
SPOKEN_ATTRIBUTE = re.compile(r"\b(title|alt|placeholder|aria-label)=(\"[^\"]*\"|'[^']*')")


def translated_addons() -> list[Path]:
    """Our addons without those for tests and demonstration."""
    return [addon for addon in addons() if addon.name not in DEMO | TEST_ONLY]


def pot_path(addon: str) -> Path:
    return ROOT / "addons" / addon / "i18n" / f"{addon}.pot"


def po_path(addon: str) -> Path:
    return ROOT / "addons" / addon / "i18n" / f"{LANGUAGE}.po"


def read_po(addon: str) -> polib.POFile:
    path = po_path(addon)
    return polib.pofile(str(path)) if path.exists() else polib.POFile()


def text_of(po: polib.POFile) -> str:
    return f"{po}"


def normalised(pot: polib.POFile, addon: str) -> polib.POFile:
    """Give an export a header that depends on the addon alone."""
    pot.header = f"Translation of {addon}."
    pot.metadata = {"Project-Id-Version": f"{addon} 19.0", **HEADER}
    pot.metadata_is_fuzzy = None
    return pot


def merged(pot: polib.POFile, former: polib.POFile) -> polib.POFile:
    """The Hindi file of a template: what was translated stays, what is gone goes."""
    known = {entry.msgid: entry.msgstr for entry in former if not entry.obsolete}
    po = polib.POFile()
    po.header = pot.header
    po.metadata = pot.metadata | {
        "Language": LANGUAGE,
        "Plural-Forms": "nplurals=2; plural=(n > 1);",
    }
    for term in pot:
        po.append(
            polib.POEntry(
                msgid=term.msgid,
                msgstr=known.get(term.msgid, ""),
                comment=term.comment,
                occurrences=term.occurrences,
            )
        )
    return po


def is_needed(entry: polib.POEntry) -> bool:
    """Whether a student, guardian or guard can meet this term."""
    return any(_decide(place) for place, _line in entry.occurrences)


def _decide(place: str) -> bool:
    return next((needed for pattern, needed in RULES if fnmatch(place, pattern)), False)


def missing(pot: polib.POFile, addon: str) -> list[str]:
    """Terms of a template that need Hindi and have none."""
    known = {entry.msgid for entry in read_po(addon) if entry.msgstr and not entry.fuzzy}
    return [entry.msgid for entry in pot if is_needed(entry) and entry.msgid not in known]


def faults(msgid: str, msgstr: str) -> list[str]:
    """What a translation lost or added: placeholders, tags, blank ends."""
    found = []
    if sorted(PLACEHOLDER.findall(msgid)) != sorted(PLACEHOLDER.findall(msgstr)):
        found.append(f"placeholders differ: {msgid!r} → {msgstr!r}")
    if _tags(msgid) != _tags(msgstr):
        found.append(f"tags differ: {msgid!r} → {msgstr!r}")
    if msgid[-1:].isspace() != msgstr[-1:].isspace() or msgid[:1].isspace() != msgstr[:1].isspace():
        found.append(f"blanks at the ends differ: {msgid!r} → {msgstr!r}")
    return found


def _tags(text: str) -> list[str]:
    """The tags of a text, in any order: word order differs between the languages."""
    return sorted(SPOKEN_ATTRIBUTE.sub(r"\1", tag) for tag in TAG.findall(text))
