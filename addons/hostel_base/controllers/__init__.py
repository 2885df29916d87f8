from . import (
    details,
    import_files,
    json_api,
    login,
    portal,
    portal_access,
    portal_documents,
    portal_notices,
    privacy,
    pwa,
    verify,
)
