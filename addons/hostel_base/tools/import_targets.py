"""What a column of an imported file can mean, and how to guess it. Imports no odoo."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .import_masks import is_aadhaar_header
from .import_values import squash

STUDENTS, ROOMS = "students", "rooms"
# What colleges write into a cell that has nothing to say.
NOTHING = {"", "-", "--", "na", "n/a", "nil", "null", "none", "#n/a"}


@dataclass(frozen=True)
class Target:
    """A meaning: its key, its name on the screen, and headers that mean it, the best first."""

    key: str
    label: str
    headers: str
    example: str = ""

    def rank(self, header: str) -> int | None:
        """Place of a header among the synonyms, 0 for the best, or None."""
        names = [squash(self.key), squash(self.label), *self.headers.split()]
        word = squash(header)
        return names.index(word) if word in names else None


STUDENT_TARGETS = (
    Target("roll_number", "Roll number",
           "rollno roll enrolmentnumber enrollmentnumber enrolmentno enrollmentno regno"
           " registrationnumber registrationno usn universityrollno studentid studentcode id",
           "26BCS001"),
    Target("previous_roll_number", "Previous roll number",
           "oldrollnumber oldrollno previousrollno formerrollnumber temporaryrollno oldid"),
    Target("application_number", "Application number",
           "applicationno applicationid appno appid admissionnumber admissionno admno"
           " admissionid formno applicantid", "APP2026001"),
    Target("name", "Name",
           "fullname studentname nameofstudent nameofthestudent candidatename applicantname"
           " studentfullname", "Asha Rao"),
    Target("gender", "Gender", "sex genderofstudent mf", "F"),
    Target("programme", "Programme",
           "program course branch degree programmename programname coursename programmecode"
           " stream programmeofstudy", "B.Tech CSE"),
    Target("department", "Department", "dept school departmentname"),
    Target("year_of_study", "Year of study",
           "year yearofstudy studyyear yeargroup currentyear classyear yr", "1"),
    Target("admission_year", "Year of admission",
           "admissionyear batch yearofadmission joiningyear entryyear", "2026"),
    Target("birthdate", "Date of birth", "dob birthdate birthday dateofbirthddmmyyyy",
           "2007-08-15"),
    Target("phone", "Phone",
           "mobile phonenumber mobilenumber mobileno phoneno contactnumber contactno contact"
           " studentmobile studentphone cell whatsapp", "+91 98765 43210"),
    Target("email", "E-mail",
           "mail emailid emailaddress mailid studentemail personalemail collegeemail",
           "asha@example.edu"),
    Target("category", "Category", "caste socialcategory reservationcategory quota castecategory",
           "General"),
    Target("is_pwd", "Person with disability",
           "pwd ph disability disabled divyang isdisabled physicallychallenged", "no"),
    Target("pwd_note", "What the room needs", "disabilitynote needs accessibilityneeds"),
    Target("blood_group", "Blood group", "bloodgroup bloodtype blood", "O+"),
    Target("aadhaar_last4", "Aadhaar (last four)",
           "aadhaar aadhar aadhaarnumber aadharnumber aadhaarno aadharno uidai", "1234"),
    Target("emergency_contact_name", "Emergency contact", "emergencyname emergencycontactperson"),
    Target("emergency_contact_phone", "Emergency phone",
           "emergencycontact emergencynumber emergencycontactnumber emergencymobile"),
    Target("street", "Address", "homeaddress permanentaddress addressline1 residentialaddress"),
    Target("city", "City", "town district hometown homecity"),
    Target("zip", "PIN code", "pin pincode postalcode zipcode"),
    Target("lifestyle_sleep", "Goes to bed (1–5)",
           "sleep sleepschedule bedtime sleeptime sleephabit sleepscore", "2"),
    Target("lifestyle_tidiness", "Tidiness (1–5)",
           "clean tidy cleanliness tidiness neatness cleanscore", "4"),
    Target("lifestyle_noise", "Noise (1–5)", "noise noiselevel noisetolerance noisescore", "1"),
    Target("lifestyle_guests", "Guests", "guests visitors guest"),
    Target("lifestyle_study", "Studies where", "study studyplace studies"),
    Target("lifestyle_food", "Food", "food diet foodpreference"),
    Target("lifestyle_smoking", "Smoking", "smoking smoker smoke"),
    Target("lifestyle_alcohol", "Alcohol", "alcohol drinking drinks"),
    Target("guardian_name", "Guardian's name",
           "guardian parentname parent fathername fathersname nameoffather guardiansname"
           " mothername mothersname", "Suresh Rao"),
    Target("guardian_phone", "Guardian's phone",
           "guardianmobile parentphone parentmobile fathermobile fatherphone parentcontact"
           " guardiancontact guardianphonenumber parentmobilenumber", "+91 98450 12345"),
    Target("guardian_email", "Guardian's mail", "parentemail guardianmail fatheremail"),
    Target("guardian_relation", "Guardian is the",
           "relation relationship guardianrelation parentrelation", "father"),
)  # fmt: skip

ROOM_TARGETS = (
    Target("hostel", "Hostel",
           "hostelname hostelcode dorm dormitory building block hall hallname residence house",
           "KAV"),
    Target("floor", "Floor", "floorno floornumber floorindex floorname level storey", "2"),
    Target("room", "Room number", "roomno roomnumber room number roomname roomid", "204"),
    Target("room_type", "Room type", "roomtypecode typecode type roomcategory", "S2"),
    Target("capacity", "Beds",
           "capacity beds bedcount noofbeds numberofbeds occupancy sharing roomsize seats", "2"),
    Target("gender", "Gender", "sex roomgender", ""),
    Target("fee", "Own fee per term", "fee rent roomfee price amount feeperterm"),
    Target("is_accessible", "Accessible", "wheelchair accessible pwdfriendly isaccessible", "no"),
    Target("condition", "Condition", "roomcondition state"),
    Target("suite", "Suite", "suiteindex suiteno suitename wing cluster"),
    Target("note", "Note", "remarks remark comment notes"),
    Target("amenities", "Amenities (a list)", "amenity facilities", "wifi, ac"),
    Target("amenity_flag", "Amenity (yes or no)", ""),
)  # fmt: skip

TARGETS: dict[str, tuple[Target, ...]] = {STUDENTS: STUDENT_TARGETS, ROOMS: ROOM_TARGETS}
# Several columns may say yes or no to an amenity each.
REPEATABLE = {"amenity_flag"}
AMENITIES = {
    "ac": "ac aircon airconditioner airconditioning",
    "attached_bath": "attachedbath privatebath bath bathroom attachedbathroom ensuite",
    "balcony": "balcony",
    "wifi": "wifi internet",
    "study_table": "studytable desk table",
    "wardrobe": "wardrobe almirah cupboard",
    "geyser": "geyser hotwater",
    "kitchen": "kitchen kitchenette pantry",
    "laundry": "laundry washingmachine",
    "parking": "parking",
}
_AMENITY_WORDS = {word: code for code, words in AMENITIES.items() for word in words.split()}


def amenity_code(header: str) -> str:
    """Code of the amenity that a word or a column such as has_private_bath speaks of."""
    word = re.sub(r"^(has|is|with)[_\s-]+", "", header.strip().casefold())
    found = _AMENITY_WORDS.get(squash(word))
    return found or re.sub(r"[^a-z0-9]+", "_", word).strip("_")[:30]


def is_amenity_header(header: str) -> bool:
    word = header.strip().casefold()
    return bool(re.match(r"has[_\s-]", word)) or squash(word) in _AMENITY_WORDS


def guess_targets(
    kind: str, header: Sequence[str], remembered: Mapping[str, str] | None = None
) -> list[str]:
    """Meaning of each column, ``""`` where none is clear.

    :param remembered: meanings that people gave to the same headers before
    """
    remembered = remembered or {}
    guesses = [remembered.get(name, "") for name in header]
    taken = set(guesses) - REPEATABLE
    ranked = sorted(
        (rank, index, target.key)
        for target in TARGETS[kind]
        for index, name in enumerate(header)
        if name not in remembered and (rank := target.rank(name)) is not None
    )
    for _rank, index, key in ranked:
        if not guesses[index] and key not in taken:
            guesses[index] = key
            taken.add(key)
    return [
        guess or _guess_by_word(kind, name, taken) if name not in remembered else guess
        for guess, name in zip(guesses, header, strict=True)
    ]


def _guess_by_word(kind: str, name: str, taken: set[str]) -> str:
    """A column whose header only contains the telling word."""
    if kind == ROOMS:
        return "amenity_flag" if is_amenity_header(name) else ""
    if is_aadhaar_header(name) and "aadhaar_last4" not in taken:
        taken.add("aadhaar_last4")
        return "aadhaar_last4"
    return ""


def score_header(kind: str, cells: Sequence[str]) -> int:
    """How many cells of a row are known headers."""
    return sum(bool(cell) for cell in guess_targets(kind, cells))


def missing_targets(kind: str, mapped: set[str], defaults: set[str]) -> list[list[str]]:
    """What neither the file nor a default says, but every row needs; one key of each list will do.

    :param defaults: targets that an option fills
    """
    if kind == ROOMS:
        need = [["hostel"], ["room"], ["capacity", "room_type"]]
    else:
        need = [["roll_number", "application_number"], ["name"], ["gender"]]
    known = mapped | defaults
    return [keys for keys in need if not known.intersection(keys)]
