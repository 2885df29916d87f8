from . import (
    details,
    json_api,
    login,
    portal,
    portal_access,
    portal_documents,
    portal_notices,
    privacy,
    pwa,
)
