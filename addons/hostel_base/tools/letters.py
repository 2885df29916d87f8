"""Letters to students and guardians: text for people, and one button that leads on."""

from markupsafe import Markup

# What Odoo puts around the text; for ``email_layout_xmlid``.
LAYOUT = "hostel_base.mail_letter"

# Mail programs know no style sheets.
_BUTTON = (
    "display:inline-block;background-color:#2b5797;color:#ffffff;text-decoration:none;font-weight:bold;"
    "padding:14px 28px;border-radius:8px;"
)


def letter_body(*paragraphs: str, url: str = "", label: str = "") -> Markup:
    """The text of a letter.

    :param paragraphs: translated plain texts, or ``Markup``
    :param url: where the button leads; without, there is none
    :param label: translated text of the button
    """
    body = Markup().join(
        text if isinstance(text, Markup) else Markup("<p>%s</p>") % text for text in paragraphs
    )
    if url:
        body += Markup(
            '<p style="margin:24px 0;text-align:center;"><a href="%s" style="%s">%s</a></p>'
        ) % (url, _BUTTON, label or url)
    return body
