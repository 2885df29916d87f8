"""Moving in and out, in the browsers of a student on a phone and a warden at a desk."""

import io
import re
import time

import pytest
from people import CHROMIUM, CHROMIUM_FLAGS, PHONE, Person
from PIL import Image

# One of the campus' own logins, not another story's; of age, agreed to the privacy notice, lives
# where the warden serves.
RESIDENT = """
    SELECT u.login, s.roll_number, a.id
      FROM hostel_student s
      JOIN res_users u ON u.partner_id = s.partner_id AND u.active AND u.login LIKE 'student%%'
      JOIN hostel_allocation a ON a.student_id = s.id AND a.state = 'checked_in'
      JOIN hostel_staff p ON p.hostel_id = a.hostel_id AND p.role = 'warden'
      JOIN res_users w ON w.id = p.user_id AND w.login = 'warden.girls'
     WHERE s.status = 'active' AND s.birthdate < now() - interval '19 years'
       AND EXISTS (SELECT 1 FROM hostel_consent c
                    WHERE c.student_id = s.id AND c.withdrawn_at IS NULL)
     ORDER BY u.login LIMIT 1
"""
FREE_BED = """
    SELECT b.id, b.hostel_id, t.id
      FROM hostel_bed b
      JOIN hostel_room r ON r.id = b.room_id AND r.active AND r.gender = 'female'
      JOIN hostel_hostel h ON h.id = b.hostel_id
      JOIN hostel_term t ON t.date_from <= now() AND t.date_to > now() + interval '20 days'
     WHERE b.active AND b.reserved_group_id IS NULL
       AND h.id IN (SELECT p.hostel_id FROM hostel_staff p
                                   JOIN res_users u ON u.id = p.user_id
                                  WHERE u.login = 'warden.girls')
       AND NOT EXISTS (SELECT 1 FROM hostel_allocation a
                        WHERE a.bed_id = b.id AND a.date_to > now()
                          AND a.state IN ('offered', 'paying', 'awaiting_approval', 'allocated',
                                          'checked_in', 'blocked'))
       AND EXISTS (SELECT 1 FROM hostel_key k WHERE k.bed_id = b.id AND k.state = 'office')
     ORDER BY b.id LIMIT 1
"""
STAY = "SELECT id, state, date_to::text FROM hostel_allocation WHERE id = %s"


def fetch(stack, query, *arguments):
    return next(iter(stack.query(query, *arguments)), None)


@pytest.fixture
def warden(stack, browser):
    person = Person.sign_in(browser, stack.url, "warden.girls")
    yield person
    person.leave()


@pytest.fixture
def resident(stack):
    return fetch(stack, RESIDENT)


@pytest.fixture
def student(stack, browser, resident):
    person = Person.sign_in(browser, stack.url, resident[0], PHONE)
    yield person
    person.leave()


@pytest.fixture
def stay_id(stack, browser, warden, resident):
    """The student left the old bed today and gets a new one from the warden."""
    admin = Person.sign_in(browser, stack.url, "admin")
    admin.call("ir.config_parameter", "set_param", "hostel_base.approval_delay", "1")
    admin.leave()
    _login, roll_number, old_id = resident
    values = {"allocation_ids": [[6, 0, [old_id]]], "reason": "other"}
    warden.call("hostel.bed.vacate", "action_vacate", [create(warden, "hostel.bed.vacate", values)])
    bed_id, hostel_id, term_id = fetch(stack, FREE_BED)
    values = {
        "number": roll_number,
        "hostel_id": hostel_id,
        "bed_id": bed_id,
        "term_id": term_id,
        "reason": "Came back",
    }
    warden.call("hostel.bed.assign", "action_assign", [create(warden, "hostel.bed.assign", values)])
    query = "SELECT id FROM hostel_allocation WHERE bed_id = %s ORDER BY id DESC LIMIT 1"
    [found] = fetch(stack, query, bed_id)
    warden.call("hostel.allocation", "action_approve", [found])
    # The warden's word takes effect a moment later.
    until = time.monotonic() + 30
    while fetch(stack, STAY, found)[1] != "allocated":
        assert time.monotonic() < until, fetch(stack, STAY, found)
        time.sleep(0.3)
    return found


def create(person, model, values):
    """Id of a new record."""
    [record] = person.call(model, "create", [values])
    return record


def sign(student):
    page = student.page
    page.goto("/my")
    page.click("[name=hostel_home_agreement] a")
    # The finger draws; a typed name would be drawn by Odoo.
    page.click(".o_web_sign_draw_button")
    canvas = page.locator(".o_web_sign_signature_group canvas").first
    canvas.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 40)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(box["x"] + 30 + 15 * step, box["y"] + 40 + (step % 3) * 22)
    page.mouse.up()
    page.click(".o_portal_sign_submit")
    page.wait_for_selector("text=Open the PDF", timeout=30_000)


def scan(warden, text):
    page = warden.page
    page.fill(".o_hostel_desk_scan input", text)
    page.keyboard.press("Enter")


def film(picture: bytes, target) -> None:
    """A video of somebody holding a picture before the camera; Chromium plays it in a loop."""
    frame = Image.new("RGB", (640, 480), "white")
    shown = Image.open(io.BytesIO(picture)).convert("RGB").resize((320, 320))
    frame.paste(shown, (160, 80))
    light, blue, red = frame.convert("YCbCr").split()
    small = [plane.resize((320, 240)).tobytes() for plane in (blue, red)]
    head = b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n"
    target.write_bytes(head + (b"FRAME\n" + light.tobytes() + b"".join(small)) * 10)


def read_by_camera(stack, browser, student):
    """The desk's camera reads the pass off the phone; without leave for it, typing remains."""
    student.page.reload()
    student.page.wait_for_selector(".o_hostel_pass img:not(.d-none)")
    video = stack.run_dir / "pass.y4m"
    film(student.page.locator(".o_hostel_pass img").screenshot(), video)
    flags = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={video}"]
    camera = browser.browser_type.launch(
        executable_path=CHROMIUM, headless=True, args=[*CHROMIUM_FLAGS, *flags]
    )
    desk = Person.sign_in(camera, stack.url, "warden.girls")
    # Everything is refused that isn't on the list.
    desk.context.grant_permissions([])
    desk.page.goto("/odoo/hostel-check-in")
    desk.page.click("[aria-label='Scan with the camera']")
    desk.page.click(".o_hostel_no_camera button")
    desk.page.wait_for_selector(".o_hostel_no_camera", state="detached")
    desk.context.grant_permissions(["camera"])
    desk.page.click("[aria-label='Scan with the camera']")
    desk.page.wait_for_selector(".o_hostel_desk_go", timeout=30_000)
    assert not desk.page.locator(".modal").count()
    camera.close()


def add_photo(stack, student, form_id):
    """A photo as a phone takes it: large, turned, with the place in it."""
    exif = Image.Exif()
    exif[0x0112], exif[0x0110] = 6, "Phone of the resident"
    stored = io.BytesIO()
    Image.effect_noise((4000, 3000), 20).save(stored, "JPEG", quality=60, exif=exif)
    photo = {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": stored.getvalue()}
    student.page.locator(".o_hostel_condition_photo input[type=file]").first.set_input_files(photo)
    student.page.wait_for_selector("img[src*='/condition/photo/']", timeout=30_000)
    query = """SELECT count(*) FROM hostel_room_condition_photo p
                 JOIN hostel_room_condition_line l ON l.id = p.line_id
                WHERE l.condition_id = %s"""
    assert fetch(stack, query, form_id) == (1,)


def test_from_the_signature_to_the_certificate(stack, browser, student, warden, stay_id, resident):
    # Sign.
    sign(student)
    code = student.page.locator("a[href^='/verify/']").inner_text()
    student.page.goto(f"/verify/{code}")
    student.page.wait_for_selector(".o_hostel_verdict_good")
    pdf = student.context.request.get(
        student.page.url.split("/verify")[0] + agreement_path(stack, stay_id)
    ).body()
    assert pdf.startswith(b"%PDF")
    files = [{"name": "agreement.pdf", "mimeType": "application/pdf", "buffer": pdf}]
    student.page.set_input_files(".o_hostel_verify_file input", files)
    student.page.wait_for_selector(".o_hostel_verify_result.text-success")
    files[0]["buffer"] = pdf + b" "
    student.page.set_input_files(".o_hostel_verify_file input", files)
    student.page.wait_for_selector(".o_hostel_verify_result.text-danger")

    # Show the pass, let in, key in the hand.
    student.page.goto("/my/hostel/pass")
    student.page.wait_for_selector(".o_hostel_pass img:not(.d-none)")
    shown = student.page.get_attribute(".o_hostel_pass", "data-code")
    warden.page.goto("/odoo/hostel-check-in")
    warden.page.wait_for_selector(".o_hostel_desk_scan input")
    scan(warden, shown)
    warden.page.wait_for_selector(".o_hostel_desk_go")
    scan(warden, shown)
    warden.page.wait_for_selector(".o_hostel_desk_stop")
    read_by_camera(stack, browser, student)
    scan(warden, resident[1])
    warden.page.wait_for_selector(".o_hostel_desk_go")
    warden.page.click(".o_hostel_desk_check_in")
    warden.page.wait_for_selector(".o_hostel_desk_in")
    assert fetch(stack, STAY, stay_id)[1] == "checked_in"
    key_id, name = fetch(stack, "SELECT id, name FROM hostel_key WHERE allocation_id = %s", stay_id)
    assert name in warden.page.inner_text(".o_hostel_desk_body")
    # The student's page turns by itself.
    student.page.wait_for_selector("text=You live here", timeout=40_000)

    # Both agree on the room.
    [form_id] = fetch(
        stack, "SELECT id FROM hostel_room_condition WHERE allocation_id = %s", stay_id
    )
    warden.call("hostel.room.condition", "action_send", [form_id])
    student.page.goto("/my/hostel/condition")
    add_photo(stack, student, form_id)
    student.page.click("text=Yes, this is right")
    student.page.wait_for_selector("text=Both sides agreed")

    # Notice, comparison, keys back, everybody clears.
    student.page.goto("/my/hostel/notice")
    first_day = student.page.get_attribute("#hostel_notice_day", "min")
    student.page.fill("#hostel_notice_day", first_day)
    student.page.select_option("#hostel_notice_reason", "opted_out")
    student.page.click("text=Give notice")
    student.page.wait_for_selector("text=Who has cleared you")
    assert fetch(stack, STAY, stay_id)[2] == first_day
    [clearance_id] = fetch(stack, "SELECT id FROM hostel_no_dues WHERE allocation_id = %s", stay_id)
    warden.call("hostel.room.condition", "action_start_inspection", [form_id])
    warden.call("hostel.room.condition", "action_close_inspection", [form_id])
    warden.call("hostel.key", "action_take_back", [key_id])
    sign_stations(stack, warden, clearance_id, {"library"})
    for login, codes in (("mess.manager", {"mess"}), ("finance", {"finance"})):
        other = Person.sign_in(warden.context.browser, stack.url, login)
        sign_stations(stack, other, clearance_id, codes)
        other.leave()
    warden.page.goto("/odoo/hostel-moving-out")
    warden.page.locator(f"tr:has-text('{resident[1]}')").locator("td").nth(1).click()
    warden.page.click("button[name=action_move_out]")
    warden.page.click(".modal button.btn-primary")
    warden.page.wait_for_selector(".o_field_widget[name=code]", timeout=30_000)
    assert fetch(stack, STAY, stay_id)[1] == "vacated"

    # The student has it in writing, and anybody can check it.
    student.page.goto("/my/hostel/notice")
    student.page.wait_for_selector("text=You owe nothing")
    certificate = student.context.request.get("/my/hostel/notice/certificate")
    assert certificate.body().startswith(b"%PDF")
    warden_code = warden.page.inner_text(".o_field_widget[name=code]")
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", warden_code.strip())
    student.page.goto(f"/verify/{warden_code.strip()}")
    student.page.wait_for_selector(".o_hostel_verdict_good")


def agreement_path(stack, stay_id):
    [agreement_id] = fetch(
        stack,
        "SELECT id FROM hostel_licence_agreement WHERE allocation_id = %s AND state = 'signed'",
        stay_id,
    )
    return f"/my/hostel/agreement/{agreement_id}/pdf"


def sign_stations(stack, person, clearance_id, codes):
    rows = stack.query(
        "SELECT l.id FROM hostel_no_dues_line l"
        "  JOIN hostel_no_dues_station s ON s.id = l.station_id"
        " WHERE l.no_dues_id = %s AND s.code = ANY(%s)",
        clearance_id,
        list(codes),
    )
    ids = [line_id for [line_id] in rows]
    assert ids
    person.call("hostel.no.dues.line", "action_sign", ids)
