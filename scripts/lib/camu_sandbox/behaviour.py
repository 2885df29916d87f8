"""What the sandbox does wrong on demand."""

from typing import Any

# Name -> (default, least, most). Switches take true and false as 1 and 0.
LIMITS: dict[str, tuple[int, int, int]] = {
    "delay_s": (0, 0, 3600),
    "duplicate": (0, 0, 20),
    "fail_next": (0, 0, 1000),
    "drop_webhook": (0, 0, 1),
    "lose_percent": (0, 0, 100),
    "lose_all_percent": (0, 0, 100),
    "reorder_s": (0, 0, 600),
    "wrong_amount": (0, 0, 1),
    "down": (0, 0, 1),
}
DEFAULTS = {name: default for name, (default, _least, _most) in LIMITS.items()}


def clean(values: Any) -> dict[str, int | float]:
    """Check a behaviour that came from outside.

    :raises ValueError: with a sentence that names the wrong entry
    """
    if not isinstance(values, dict):
        raise ValueError("send a JSON object")
    cleaned: dict[str, int | float] = {}
    for name, value in values.items():
        if name not in LIMITS:
            raise ValueError(f"unknown behaviour {name!r}; known: {', '.join(LIMITS)}")
        _default, least, most = LIMITS[name]
        if isinstance(value, bool):
            value = int(value)
        if not isinstance(value, int | float) or not least <= value <= most:
            raise ValueError(f"{name} must be a number from {least} to {most}")
        cleaned[name] = value if name in ("delay_s", "reorder_s") else int(value)
    return cleaned
