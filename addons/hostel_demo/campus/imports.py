"""A small list that came from the admissions office."""

from .names import DOMAIN, phone

# The last row is refused, so that the screen of refused rows has something to show.
HEADER = "Application No,Name,Gender,Year,Programme,DOB,Mobile,Email,Father Name,Father Mobile"
APPLICANTS = [
    ("ADM26001", "Ishita Kulkarni", "F", "1", "B.Tech CSE", "14/05/2008", "Mahesh Kulkarni"),
    ("ADM26002", "Rohan Pillai", "M", "1", "B.Tech ECE", "02/11/2007", "Suresh Pillai"),
    ("ADM26003", "Tanvi Deshmukh", "F", "1", "B.Tech Civil", "21/08/2008", "Anil Deshmukh"),
]


# Of the applicants whose row is good.
ROLL_NUMBERS = {"ADM26001": "26BCS901", "ADM26002": "26BEC901"}


def import_applicants(env):
    """Bring in the first list, and later the roll numbers, as an administrator does."""
    lines = [HEADER]
    for number, (*applicant, father) in enumerate(APPLICANTS, 1):
        reach = [phone(70000 + number), f"{applicant[0].lower()}@{DOMAIN}"]
        lines.append(",".join([*applicant, *reach, father, phone(70010 + number)]))
    _import(env, "admissions-first-list.csv", lines)
    lines = ["Application No,Roll No,Name,Gender"]
    for application_number, name, gender, *_rest in APPLICANTS:
        if application_number in ROLL_NUMBERS:
            roll_number = ROLL_NUMBERS[application_number]
            lines.append(f"{application_number},{roll_number},{name},{gender}")
    _import(env, "roll-numbers.csv", lines)


def _import(env, file_name, lines):
    job = env["hostel.import"].create({"kind": "students"})
    job._receive_file(file_name, "\n".join(lines).encode())
    job.action_check()
    job.action_import()
