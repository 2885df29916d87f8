import { advanceTime, click, press, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { beforeEach, expect, test } from "@odoo/hoot";
import { contains, mockService, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { DEBOUNCE, HostelSearchBox } from "@hostel_base/search/hostel_search";

defineMailModels();

const hit = (kind, id, title, more = {}) => ({
    kind,
    model: `hostel.${kind}`,
    id,
    title,
    place: "Kaveri · 214 · A",
    note: "",
    phone: "",
    state: "checked_in",
    state_name: "Checked in",
    ...more,
});

let apps;
beforeEach(() => {
    apps = [{ xmlid: "hostel_base.hostel_root_menu" }];
    mockService("menu", { getApps: () => apps, getCurrentApp: () => apps[0] });
    mockService("action", {
        doAction: (action) => expect.step(`open ${action.res_model} ${action.res_id}`),
    });
    onRpc("hostel.search", "search_campus", ({ args }) => {
        expect.step(`search ${args[0]}`);
        return [
            hit("student", 5, "23BAI001 Asha", { phone: "+91 98765 43210" }),
            hit("room", 7, "Room 214"),
        ];
    });
});

async function openBox() {
    await mountWithCleanup(MainComponentsContainer);
    await mountWithCleanup(HostelSearchBox);
    await click(".o_hostel_search_open");
    await animationFrame();
}

async function type(text) {
    await contains(".o_command_palette_search input").edit(text, { confirm: false });
}

test("hits show place, state and phone; Enter opens the first", async () => {
    await openBox();
    await type("214");
    await advanceTime(DEBOUNCE);
    await animationFrame();
    expect(queryAllTexts(".o_command_category > span")).toEqual(["STUDENTS", "ROOMS"]);
    expect(".o_hostel_hit:first").toHaveText(/23BAI001 Asha\s*Kaveri · 214 · A · Checked in/);
    expect(".o_hostel_hit_phone").toHaveText("+91 98765 43210");
    await press("Enter");
    await animationFrame();
    expect.verifySteps(["search 214", "open hostel.student 5"]);
});

test("arrows reach the next hit", async () => {
    await openBox();
    await type("214");
    await advanceTime(DEBOUNCE);
    await animationFrame();
    await press("ArrowDown");
    await press("Enter");
    await animationFrame();
    expect.verifySteps(["search 214", "open hostel.room 7"]);
});

test("fast typing asks once, and one letter not at all", async () => {
    await openBox();
    await type("2");
    await advanceTime(DEBOUNCE);
    expect.verifySteps([]);
    await type("21");
    await advanceTime(DEBOUNCE / 2);
    await type("214");
    await advanceTime(DEBOUNCE);
    await animationFrame();
    expect.verifySteps(["search 214"]);
});

test("whoever has no Hostel app has no box", async () => {
    apps = [{ xmlid: "base.menu_administration" }];
    await mountWithCleanup(HostelSearchBox);
    expect(".o_hostel_search_open").toHaveCount(0);
});
