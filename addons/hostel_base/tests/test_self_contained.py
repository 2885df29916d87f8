"""Pages for the printer; no database."""

import unittest

from odoo.addons.hostel_base.tools.self_contained import self_contained

PAGE = """<!DOCTYPE html><html><head><base href="http://localhost"/>
<link type="text/css" rel="stylesheet" href="/web/assets/1/a.css"/>
<script type="text/javascript" src="/web/assets/1/a.js"></script><style>p {color: red}</style>
</head><body><p style="margin: 0"><img src="data:image/png;base64,AA=="/>Text</p></body></html>"""


class TestSelfContained(unittest.TestCase):
    def test_nothing_is_fetched_and_everything_else_stays(self):
        page = self_contained(PAGE)
        for gone in ("http://localhost", "/web/assets", "<script"):
            self.assertNotIn(gone, page)
        for kept in ("<style>", "data:image/png", 'style="margin: 0"', "Text"):
            self.assertIn(kept, page)
