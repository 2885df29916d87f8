"""Guardians who look at their wards on the portal are written down."""

from .portal import HostelPortal


class HostelPortalAccess(HostelPortal):
    def _get_hostel_wards(self):
        wards = super()._get_hostel_wards()
        # The pages read with all rights, so the records themselves do not note it.
        wards._note_access("portal")
        return wards
