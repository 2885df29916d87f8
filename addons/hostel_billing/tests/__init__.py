from . import (
    test_access,
    test_camu_event,
    test_camu_payload,
    test_camu_provider,
    test_camu_signature,
    test_camu_status,
    test_camu_webhook,
    test_outstanding,
    test_period_bill,
)
