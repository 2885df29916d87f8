from . import booking, pages, portal
