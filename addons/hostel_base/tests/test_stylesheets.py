from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestStylesheets(TransactionCase):
    """One rule that does not compile leaves all pages of its bundle without any style."""

    def _get_faults(self, name):
        bundle = self.env["ir.qweb"]._get_asset_bundle(name, js=False)
        bundle.preprocess_css()
        return bundle.css_errors

    def test_pages_of_the_office_have_their_style(self):
        self.assertEqual(self._get_faults("web.assets_web"), [])

    def test_pages_of_the_website_and_portal_have_their_style(self):
        self.assertEqual(self._get_faults("web.assets_frontend"), [])
