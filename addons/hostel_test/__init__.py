from . import controllers, models
from .hooks import post_load, pre_init_hook
