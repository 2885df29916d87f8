from . import (
    test_access,
    test_access_matrix,
    test_allocation,
    test_constraints,
    test_floor_layout,
    test_guardian_contacts,
    test_json_api,
    test_nouns,
    test_rpc_surface,
    test_views,
)
