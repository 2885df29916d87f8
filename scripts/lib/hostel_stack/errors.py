class StackError(Exception):
    """Something the person in front of the screen can mend: one line, what and how."""
