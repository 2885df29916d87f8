from . import controllers, importers, models, report, wizard
from .hooks import post_load, pre_init_hook
