"""A bill is paid on a phone; whoever it concerns sees it, and nobody else."""

import pytest
from people import PHONE, Person, find_free_students

GUARDIAN_GROUP = """
    SELECT res_id FROM ir_model_data
     WHERE module = 'hostel_base' AND name = 'group_hostel_guardian'
"""
FAMILY = """
    SELECT s.id, g.partner_id FROM hostel_student s
      JOIN res_users u ON u.partner_id = s.partner_id
      LEFT JOIN hostel_guardian g ON g.student_id = s.id
     WHERE u.login = %s ORDER BY g.id LIMIT 1
"""
PAID_MS = 45_000
# After midnight in India the bill of the day before is late.
OWED = ".o_hostel_fees_hero:is([data-state=due], [data-state=overdue])"


@pytest.fixture
def admin(stack, browser):
    person = Person.sign_in(browser, stack.url, "admin")
    yield person
    person.leave()


@pytest.fixture
def finance(stack, browser):
    person = Person.sign_in(browser, stack.url, "finance")
    yield person
    person.leave()


@pytest.fixture
def asha(stack, browser):
    person = Person.sign_in(browser, stack.url, find_free_students(stack, 1)[0], PHONE)
    yield person
    person.leave()


@pytest.fixture
def stranger(stack, browser):
    person = Person.sign_in(browser, stack.url, find_free_students(stack, 1)[0], PHONE)
    yield person
    person.leave()


def ask(stack, query, *values):
    with stack.connect() as connection, connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone()


@pytest.fixture
def mother(stack, browser, admin, asha):
    """The guardian of the student, with an account of her own."""
    student_id, partner_id = ask(stack, FAMILY, asha.login)
    login = f"mother{student_id}"
    [group_id] = ask(stack, GUARDIAN_GROUP)
    if not partner_id:
        partner_id = admin.call("res.partner", "create", [{"name": "Her mother"}])[0]
        admin.call(
            "hostel.guardian",
            "create",
            [{"student_id": student_id, "partner_id": partner_id, "relation": "mother"}],
        )
    admin.call(
        "res.users",
        "create",
        [
            {
                "login": login,
                "password": login,
                "partner_id": partner_id,
                "group_ids": [[6, 0, [group_id]]],
            }
        ],
        context={"no_reset_password": True},
    )
    person = Person.sign_in(browser, stack.url, login, PHONE)
    yield person
    person.leave()


def bill_something(finance, student_id, amount, note):
    """What the accounts office does with a month's guests: a charge, and its bill."""
    [head_id] = finance.call("hostel.fee.head", "search", [("code", "=", "GUEST")])
    charge_ids = finance.call(
        "hostel.charge",
        "create",
        [{"student_id": student_id, "head_id": head_id, "amount": amount, "note": note}],
    )
    action = finance.call("hostel.charge", "action_bill", charge_ids)
    [[_field, _operator, [bill_id]]] = action["domain"]
    return bill_id


def test_a_bill_is_paid_on_a_phone_and_the_guardian_has_the_receipt(
    stack, finance, asha, mother, stranger
):
    student_id, _partner = ask(stack, FAMILY, asha.login)
    bill_id = bill_something(finance, student_id, 7350, "Hostel fee of the month")

    # The guardian's page is open all the time, and is never loaded again.
    mother.page.goto("/my/fees")
    assert mother.page.url.endswith(f"/my/fees/{student_id}")
    mother.page.wait_for_selector(OWED)
    mother.page.evaluate("window.neverLoadedAgain = true")

    # The student finds it on the home, and pays with one button.
    asha.page.goto("/my")
    asha.page.locator("a[href='/my/fees']:visible").first.click()
    hero = asha.page.locator(OWED)
    assert "7,350" in hero.inner_text()
    assert asha.page.locator(f"#bill-{bill_id}").is_visible()
    # Nothing is wider than the phone.
    width = asha.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    second = asha.context.new_page()
    second.goto("/my/fees")
    second.wait_for_selector(OWED)
    second.evaluate("window.neverLoadedAgain = true")
    asha.page.click(".o_hostel_fees_pay")
    asha.page.wait_for_url(f"{stack.camu_url}/pay**", timeout=20_000)
    asha.page.click("button[value=upi]")

    # Open pages turn by themselves: a second one of hers, and the guardian's.
    for page in (second, mother.page):
        page.bring_to_front()
        page.wait_for_selector(".o_hostel_fees_hero[data-state=paid]", timeout=PAID_MS)
        assert page.evaluate("window.neverLoadedAgain") is True
        assert page.locator(f"#bill-{bill_id}").get_attribute("data-state") == "paid"

    # The guardian takes the receipt with her.
    with mother.page.expect_download() as download:
        mother.page.locator(".o_hostel_fee_payment button").first.click()
    path = download.value.path()
    assert path.read_bytes().startswith(b"%PDF")

    # A stranger finds neither page nor papers.
    payment = mother.page.locator(".o_hostel_fee_payment form").first.get_attribute("action")
    assert stranger.page.goto(f"/my/fees/{student_id}").status == 404
    stranger.page.goto("/my/fees")
    token = stranger.page.locator("input[name=csrf_token]").first.get_attribute("value")
    for address in (payment, f"/my/fees/bill/{bill_id}"):
        answer = stranger.context.request.post(address, form={"csrf_token": token})
        assert answer.status == 404
    assert mother.page.locator(".o_hostel_fee_payment").count() == 1
