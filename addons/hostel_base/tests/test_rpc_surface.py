import inspect
from importlib import import_module
from types import FunctionType

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import HostelCase

PREFIX = "odoo.addons.hostel_"
# They only describe a window; the records in it are asked for with the user's own rights.
OPENS_A_WINDOW = ("action_open_",)


@tagged("post_install", "-at_install")
class TestRpcSurface(HostelCase):
    """Whatever has no underscore can be called by everybody who signs in, portal users too."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpPeople()
        cls.surface = cls._get_surface()

    @classmethod
    def _get_surface(cls):
        """Public methods that the hostel addons add: ``{addon: {model: {method, …}}}``."""
        surface = {}
        for name, model in cls.env.registry.items():
            for definition in model.mro():
                if not definition.__module__.startswith(PREFIX):
                    continue
                addon = definition.__module__.split(".")[2]
                for method in cls._get_public_methods(model, definition):
                    surface.setdefault(addon, {}).setdefault(name, set()).add(method)
        return surface

    @classmethod
    def _get_public_methods(cls, model, definition):
        for name, function in vars(definition).items():
            function = getattr(function, "__func__", function)
            if name.startswith("_") or not isinstance(function, FunctionType):
                continue
            known_to_odoo = any(
                name in vars(parent)
                for parent in model.mro()
                if not parent.__module__.startswith(PREFIX)
            )
            if not known_to_odoo and not getattr(function, "_api_private", False):
                yield name

    def test_each_public_method_is_meant_to_be_one(self):
        self.assertIn("hostel_base", self.surface)
        for addon, found in self.surface.items():
            # An addon with public methods and without a table fails here.
            table = import_module(f"odoo.addons.{addon}.tests.access_matrix").PUBLIC_METHODS
            with self.subTest(addon=addon):
                self.assertEqual(found, table)

    def test_a_stranger_who_signs_in_can_call_none_of_them(self):
        tried = 0
        for found in self.surface.values():
            for name, methods in found.items():
                # The stranger guesses the number of a record that exists.
                model = self.env[name].sudo()
                stored = model._auto and not model._abstract
                record = model.search([], limit=1) if stored else model
                for method in methods:
                    if (stored and not record) or method.startswith(OPENS_A_WINDOW):
                        continue
                    call = getattr(record.with_user(self.users["portal"]), method)
                    if any(
                        parameter.default is parameter.empty
                        for parameter in inspect.signature(call).parameters.values()
                    ):
                        continue
                    tried += 1
                    with (
                        self.subTest(model=name, method=method),
                        self.assertRaises(AccessError),
                    ):
                        call()
        self.assertGreater(tried, 10)
