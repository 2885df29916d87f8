from . import camu
