"""Who has agreed to the privacy notice, who has not yet, and who waits for a guardian."""

from dateutil.relativedelta import relativedelta

from odoo import fields

from .people import GUARDIAN_GROUP, STUDENT_GROUP, _create_portal_users

# Every so many students has not answered yet; the others signed a paper at admission.
SILENT = 9
# What the students who sign in have chosen on the portal.
CHOICES = {
    0: ("lifestyle", "roommates", "guard_photo"),
    1: ("roommates",),
    3: ("lifestyle",),
}
NEWCOMER_LOGIN = "student9"
MINOR_LOGIN = "student10"
MINOR_GUARDIAN_LOGIN = "guardian10"
MINOR_AGE = 17


RULES = """
<ul>
    <li>Be inside by the hour of the curfew; a leave is asked for beforehand.</li>
    <li>Visitors stay in the visitors' room and sign in at the gate.</li>
    <li>Quiet from 22:30 to 06:00.</li>
    <li>No heaters, irons or cookers in the rooms.</li>
    <li>Smoking, alcohol and ragging lead to the loss of the bed.</li>
    <li>Tell the warden the same day if something is broken.</li>
</ul>
"""


def write_house_rules(env):
    """Rules for every hostel that has none."""
    env["hostel.hostel"].search([("rules", "=", False)]).rules = RULES


def ask_everybody(env, students, logins):
    """Consents on the portal and on paper; one student who has not agreed, one minor.

    :param logins: the students who sign in; they have agreed on the portal
    """
    get_param = env["ir.config_parameter"]
    get_param.set_param("hostel_base.grievance_name", "Dr. Meenakshi Iyer")
    get_param.set_param("hostel_base.grievance_email", "privacy@aranyak.example")
    get_param.set_param("hostel_base.grievance_phone", "+91 80 5550 0112")
    for number, student in enumerate(logins):
        student._give_consent(student.partner_id, "portal", optional=CHOICES.get(number, ()))
    others = (students - logins).filtered(lambda student: student.status == "active")
    newcomer, minor = others[:2]
    _create_portal_users(
        env,
        STUDENT_GROUP,
        [(NEWCOMER_LOGIN, newcomer.partner_id), (MINOR_LOGIN, minor.partner_id)],
    )
    guardian = minor._get_consent_guardian()
    _create_portal_users(env, GUARDIAN_GROUP, [(MINOR_GUARDIAN_LOGIN, guardian.partner_id)])
    minor.birthdate = fields.Date.today() - relativedelta(years=MINOR_AGE, months=3)
    for number, student in enumerate(others[2:]):
        if number % SILENT:
            student._give_consent(
                student.partner_id,
                "paper",
                reference=f"File {1 + number // 40}, page {number}",
                # Two of three have ticked the matching of roommates.
                optional=("lifestyle",) if number % 3 else (),
            )
