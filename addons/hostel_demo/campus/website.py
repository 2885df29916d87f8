"""The college's website: Indian formats, its own logo, no texts of a shop."""

import base64

from odoo.tools import file_open

from .books import COLLEGE, COLOUR

LANGUAGE = "en_IN"
HINDI = "hi_IN"
TIME_ZONE = "Asia/Kolkata"
# Parts of Odoo's sample website that mean nothing here.
SAMPLE_PARTS = (
    "website.header_text_element",
    "website.header_call_to_action",
    "website.header_search_box",
)
FOOTER = f"""
<data inherit_id="website.layout">
    <xpath expr="//div[@id='footer']" position="replace">
        <div id="footer" class="oe_structure border-top" t-ignore="true" t-if="not no_footer">
            <section class="pt24 pb24">
                <div class="container small">
                    <b>{COLLEGE}</b> · Hostel office: Kaveri, ground floor · 09:00 to 18:00
                </div>
            </section>
        </div>
    </xpath>
</data>
"""


def speak_indian_english(env):
    """Write ₹1,20,000 and 20/11/2026 18:00, in the campus's time, for everyone."""
    language = env["res.lang"]._activate_lang(LANGUAGE)
    language.time_format = "%H:%M:%S"
    env["ir.default"].set("res.partner", "lang", LANGUAGE)
    env["ir.default"].set("res.partner", "tz", TIME_ZONE)
    env["res.partner"].with_context(active_test=False).search([]).write(
        {"lang": LANGUAGE, "tz": TIME_ZONE}
    )


def dress_website(env):
    """Give the website the college's face, in English and in Hindi."""
    language = env["res.lang"]._lang_get(LANGUAGE)
    hindi = _add_hindi(env)
    with file_open("hostel_demo/static/img/logo.svg", "rb") as logo_file:
        logo = base64.b64encode(logo_file.read())
    env.company.logo = logo
    website = env["website"].search([], limit=1)
    website.write(
        {
            "name": COLLEGE,
            "logo": logo,
            "language_ids": [(6, 0, (language | hindi).ids)],
            "default_lang_id": language.id,
            "homepage_url": "/my",
        }
    )
    for name in SAMPLE_PARTS:
        env.ref(name).active = False
    env.ref("website.footer_custom").arch = FOOTER
    copyright_line = env.ref("website.footer_copyright_company_name")
    copyright_line.arch = copyright_line.arch.replace("Company name", COLLEGE)
    env["website.menu"].search([("url", "in", ("/", "/contactus"))]).unlink()
    _paint(env)


def _add_hindi(env):
    """Load Hindi for every addon, with /hi instead of /hi_IN in addresses."""
    hindi = env["res.lang"]._activate_lang(HINDI)
    hindi.url_code = "hi"
    # Digits and groups as in Indian English: 1,20,000.
    english = env["res.lang"]._lang_get(LANGUAGE)
    hindi.write({name: english[name] for name in ("grouping", "date_format", "time_format")})
    env["ir.module.module"].search([("state", "=", "installed")])._update_translations([HINDI])
    return hindi


def _paint(env):
    """The college's colour, and fonts that need no other host."""
    assets = env["website.assets"]
    fonts = dict.fromkeys(
        ("font", "headings-font", "navbar-font", "buttons-font"), "'SYSTEM_FONTS'"
    )
    assets.make_scss_customization("/website/static/src/scss/options/user_values.scss", fonts)
    assets.make_scss_customization(
        "/website/static/src/scss/options/colors/user_color_palette.scss",
        {"o-color-1": COLOUR},
    )
