from . import test_failpoints
