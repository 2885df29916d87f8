from . import controllers, models, report, wizard
from .hooks import post_load
