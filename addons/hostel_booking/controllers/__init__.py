from . import booking, pages
