import { animationFrame } from "@odoo/hoot-mock";
import { click, queryText } from "@odoo/hoot-dom";
import { expect, test } from "@odoo/hoot";
import { reactive } from "@odoo/owl";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";
import { WaitlistHint } from "@hostel_booking/components/waitlist_hint/waitlist_hint";

defineMailModels();

const floor = (changes = {}) => ({ key: "k1", free: 0, loaded: true, eligible: true, ...changes });

function makeStore(changes = {}, my = {}) {
    return {
        state: reactive({
            floors: [floor(), floor({ key: "k2" })],
            student: { gender: "female" },
            window: { state: "open" },
            hostel: { id: 7 },
            ...changes,
        }),
        my: { state: reactive({ bed: null, ...my }) },
    };
}

test("it shows only where nothing is free for who has nothing", async () => {
    const store = makeStore();
    await mountWithCleanup(WaitlistHint, { props: { store } });
    expect(".hb_waitlist").toHaveCount(1);
    store.state.floors[1].free = 1;
    await animationFrame();
    expect(".hb_waitlist").toHaveCount(0);
    store.state.floors[1].free = 0;
    store.state.floors[1].loaded = false;
    await animationFrame();
    expect(".hb_waitlist").toHaveCount(0);
    store.state.floors[1].loaded = true;
    store.my.state.bed = { kind: "booking", state: "paying", key: "k1", i: 0 };
    await animationFrame();
    expect(".hb_waitlist").toHaveCount(0);
});

test("it is not for staff, other genders and windows that open later", async () => {
    for (const changes of [
        { student: null },
        { floors: [floor({ eligible: false })] },
        { window: { state: "soon" } },
        { round: { id: 3, practice: true } },
        { floors: [] },
    ]) {
        await mountWithCleanup(WaitlistHint, { props: { store: makeStore(changes) } });
        expect(".hb_waitlist").toHaveCount(0);
    }
});

test("one tap gets in line and says the place", async () => {
    const sent = [];
    const post = async (url, body) => {
        sent.push([url, body]);
        return { entry: { position: 3 } };
    };
    await mountWithCleanup(WaitlistHint, { props: { store: makeStore(), post } });
    await click("[data-act=join-waitlist]");
    await animationFrame();
    expect(sent).toEqual([["/hostel/waitlist/join", { hostel_id: 7 }]]);
    expect(queryText(".hb_waitlist_text")).toInclude("number 3 in line");
    expect("[data-act=join-waitlist]").toHaveCount(0);
});

test("a refusal is said where the student looks, and can be tried again", async () => {
    const post = async () => {
        throw new Error("Such a bed is free right now: take it on the map.");
    };
    await mountWithCleanup(WaitlistHint, { props: { store: makeStore(), post } });
    await click("[data-act=join-waitlist]");
    await animationFrame();
    expect(queryText(".hb_waitlist_error")).toInclude("take it on the map");
    expect("[data-act=join-waitlist]:enabled").toHaveCount(1);
});
