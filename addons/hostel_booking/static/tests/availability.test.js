import { click, queryAll, queryAllTexts, queryText, select } from "@odoo/hoot-dom";
import { animationFrame, mockDate } from "@odoo/hoot-mock";
import { expect, test } from "@odoo/hoot";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { getService, mockService, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { level, weeksOf } from "@hostel_booking/backend/availability/availability";

defineMailModels();
const { DateTime } = luxon;

const choices = {
    hostels: [
        { id: 1, name: "Kaveri" },
        { id: 2, name: "Tapti" },
    ],
    room_types: [{ id: 5, name: "AC twin" }],
    amenities: [{ code: "ac", name: "AC" }],
    terms: [{ id: 9, name: "Odd 2031", date_from: "2031-01-05", date_to: "2031-05-30" }],
    today: "2031-01-15",
};

function daysOf(dateFrom, free = 4) {
    const first = DateTime.fromISO(dateFrom);
    return Array.from({ length: first.daysInMonth }, (_empty, index) => ({
        day: first.plus({ days: index }).toISODate(),
        total: 10,
        free,
        taken: 9 - free,
        closed: 1,
    }));
}

async function mount(calls) {
    mockDate("2031-01-15 10:00:00");
    onRpc("hostel.availability", "get_choices", () => choices);
    onRpc("hostel.availability", "count_per_day", ({ kwargs }) => {
        calls.push(kwargs);
        return [{ key: null, days: daysOf(kwargs.date_from) }];
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "hostel_availability" });
    await animationFrame();
}

test("a day has a level by how much is free", () => {
    const levels = [0, 1, 2, 5, 6].map((free) => level({ free, total: 10 }));
    expect(levels).toEqual(["none", "few", "some", "some", "many"]);
});

test("a month becomes whole weeks", () => {
    const weeks = weeksOf(DateTime.fromISO("2031-02-01"), 1);
    expect(weeks.every((week) => week.length === 7)).toBe(true);
    expect(weeks.flat().filter(Boolean)).toHaveLength(28);
    // The first of February 2031 is a Saturday.
    expect(weeks[0].findIndex(Boolean)).toBe(5);
});

test("the calendar shows a month and moves to the next", async () => {
    const calls = [];
    await mount(calls);
    expect(queryText(".o_month")).toBe("January 2031");
    expect(".o_day").toHaveCount(31);
    expect(".o_day.o_today").toHaveCount(1);
    expect(queryAllTexts(".o_day strong")[0]).toBe("4");
    await click("button[aria-label='Month after']");
    await animationFrame();
    expect(queryText(".o_month")).toBe("February 2031");
    expect(calls.map((call) => [call.date_from, call.date_to])).toEqual([
        ["2031-01-01", "2031-02-01"],
        ["2031-02-01", "2031-03-01"],
    ]);
});

test("what is chosen narrows the counts and the list of a day", async () => {
    const calls = [];
    mockService("action", {
        doAction(action) {
            if (action.res_model) {
                expect.step(action.name);
                return true;
            }
            return super.doAction(...arguments);
        },
    });
    onRpc("hostel.availability", "open_free_beds", ({ kwargs }) => {
        // Without the mark that HOOT's server puts on them.
        expect(JSON.parse(JSON.stringify(kwargs))).toEqual({
            date_from: "2031-01-07",
            date_to: "2031-01-08",
            hostels: [2],
            room_types: null,
            amenities: ["ac"],
            gender: null,
            context: kwargs.context,
        });
        return { type: "ir.actions.act_window", res_model: "hostel.bed", name: "free beds" };
    });
    await mount(calls);
    await click("select[aria-label='Hostel']");
    await select("2");
    await animationFrame();
    await click(".o_filters button");
    await animationFrame();
    expect(calls.at(-1).hostels).toEqual([2]);
    expect(calls.at(-1).amenities).toEqual(["ac"]);
    await click(queryAll(".o_day")[6]);
    await animationFrame();
    expect.verifySteps(["free beds"]);
});
