from . import bed_links, booking, counter, pages, portal
