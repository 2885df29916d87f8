"""What people read when a file or a row is refused."""

from ..errors import HostelError

TOO_LARGE = ("FILE_TOO_LARGE", "ARCHIVE_BOMB", "TOO_MANY_ROWS")


def refuse_file(env, error):
    """The refusal of a whole file.

    :param TableError error: what the reader of files says
    :return: a ``HostelError`` with the same code
    """
    texts = {
        "FILE_TOO_LARGE": env._(
            "The file is larger than %(limit)s MB. Split it, or leave out what is not needed.",
            limit=error.params.get("limit"),
        ),
        "FILE_EMPTY": env._("The file is empty."),
        "FILE_TYPE_UNSUPPORTED": env._(
            "Send a CSV or an XLSX file. In Excel: Save as › Excel workbook (.xlsx)."
        ),
        "FILE_PROTECTED": env._(
            "The workbook is behind a password or of the old kind. Save it as a plain .xlsx."
        ),
        "FILE_TYPE_MISMATCH": env._(
            "The name says .%(extension)s, but inside it is %(found)s. Save it again as .xlsx"
            " or .csv; renaming is not enough.",
            extension=error.params.get("extension"),
            found=error.params.get("found"),
        ),
        "ENCODING_UNKNOWN": env._(
            "The text can't be read. Save the file as “CSV UTF-8” or as .xlsx."
        ),
        "FILE_MALFORMED": _explain_malformed(env, error.params.get("line")),
        "ARCHIVE_BOMB": env._(
            "The workbook unpacks to more than %(limit)s MB. Copy the rows into a new one.",
            limit=error.params.get("limit"),
        ),
        "TOO_MANY_ROWS": env._(
            "The file has more than %(limit)s rows. Split it into several.",
            limit=f"{error.params.get('limit') or 0:,}",
        ),
        "TOO_MANY_COLUMNS": env._(
            "The file has more than %(limit)s columns. Leave out what is not needed.",
            limit=error.params.get("limit"),
        ),
        "NO_ROWS": env._("There is a header, but no row below it."),
    }
    status = 413 if error.code in TOO_LARGE else 422
    return HostelError(error.code, texts[error.code], status, error.params)


def _explain_malformed(env, line):
    if line:
        return env._(
            "The file breaks off in line %(line)s: a quotation mark is not closed there, or a"
            " cell is far too long.",
            line=line,
        )
    return env._("The workbook is damaged. Open it, and save it as a new .xlsx.")


def explain(env, problem, labels):
    """Why a row is refused, and what would mend it.

    :param Problem problem: what is wrong with a cell, or with the row
    :param dict labels: names of the targets
    """
    facts = problem.params
    label = labels.get(problem.target, problem.target)
    texts = {
        "VALUE_MISSING": lambda: env._("%(column)s is empty. Fill it in.", column=label),
        "FORMULA": lambda: env._(
            "Starts like a formula (=, +, - or @). Write plain text without that sign."
        ),
        "VALUE_TOO_LONG": lambda: env._("Longer than %(limit)s characters. Shorten it.", **facts),
        "VALUE_UNKNOWN": lambda: env._("Not one of the known values: %(allowed)s.", **facts),
        "NOT_A_NUMBER": lambda: env._("Not a plain number."),
        "OUT_OF_RANGE": lambda: env._("Must lie between %(low)s and %(high)s.", **facts),
        "DATE_INVALID": lambda: env._(
            "Not a day. Write 2005-01-31 or 31/01/2005, with the year in four digits."
        ),
        "DATE_IN_FUTURE": lambda: env._("Nobody is born in the future."),
        "PHONE_INVALID": lambda: env._(
            "Not a phone number. Write ten digits, or +91 and ten digits."
        ),
        "EMAIL_INVALID": lambda: env._("Not a mail address."),
        "AADHAAR_INVALID": lambda: env._("Give the last four digits of the Aadhaar number."),
        "DUPLICATE_IN_FILE": lambda: env._(
            "Row %(row)s has the same %(column)s. Keep one of the two.", column=label, **facts
        ),
        "KEY_CONFLICT": lambda: env._(
            "The roll number belongs to %(other)s, the other numbers of the row do not.",
            **facts,
        ),
        "APPLICATION_MISMATCH": lambda: env._(
            "The student with this roll number has the application number %(other)s.", **facts
        ),
        "UNKNOWN_PROGRAMME": lambda: env._(
            "No such programme. Mend the name, or tick “Create missing programmes”."
        ),
        "UNKNOWN_HOSTEL": lambda: env._(
            "No such hostel. Mend the name or code, or tick “Create missing hostels”."
        ),
        "UNKNOWN_ROOM_TYPE": lambda: env._(
            "No such room type. Mend it, or tick “Create missing room types”."
        ),
        "UNKNOWN_AMENITY": lambda: env._(
            "No such amenity. Mend it, or tick “Create missing room types and amenities”."
        ),
        "CAPACITY_EXCEEDED": lambda: env._(
            "%(used)s beds do not fit: the limit is %(limit)s. Beds that somebody has can't"
            " be taken away, and a room type says how many share.",
            **facts,
        ),
        "GENDER_MISMATCH": lambda: env._("The hostel takes only the other gender."),
        "GENDER_IN_USE": lambda: env._(
            "Somebody lives here, or has a bed already. Move them first, then change the gender."
        ),
        "ROOM_ON_OTHER_FLOOR": lambda: env._(
            "The room is on floor %(other)s. A room with beds can't move.", **facts
        ),
        "ROW_REFUSED": lambda: env._("The record was refused: %(reason)s", **facts),
    }
    return texts[problem.code]()
