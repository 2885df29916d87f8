import { animationFrame, click, describe, edit, expect, test } from "@odoo/hoot";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { registry } from "@web/core/registry";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";
import { AskOccupant } from "@hostel_booking/components/roommates/ask_occupant";
import { RoommatesPage } from "@hostel_booking/components/roommates/roommates_page";
import { ApiError } from "@hostel_booking/core/api";

describe.current.tags("desktop");
defineMailModels();

const PING = {
    id: 4,
    who: "Computer Science, 2nd year",
    ref: "0764",
    phrase: "Do you study in the room?",
    message: "I do",
    state: "waiting",
    ends_label: "30 Nov",
    sent_label: "27 Nov",
    contact: null,
    is_reported: false,
};

function pings(received, sent = []) {
    return { takes_pings: true, blocked: 0, received, sent };
}

async function mountPage(received, answers = {}) {
    const calls = [];
    const record =
        (name, answer) =>
        async (...args) => {
            calls.push([name, ...args]);
            return answer;
        };
    const api = {
        pings: record("pings", pings(received)),
        suggestions: record("suggestions", { standing: "look", people: [], can_invite: false }),
        accept: record("accept", answers.accept),
        decline: record("decline", pings([{ ...PING, state: "declined" }])),
        report: record("report", pings([{ ...PING, is_reported: true }])),
        look: record("look", { standing: "on", people: [], can_invite: false }),
    };
    const bus = { subscribe() {}, unsubscribe() {}, start() {} };
    await mountWithCleanup(RoommatesPage, {
        props: { services: { api, bus } },
        noMainContainer: true,
    });
    await animationFrame();
    await animationFrame();
    return calls;
}

test("a yes says what it will share, and shows the contact afterwards", async () => {
    const contact = { name: "Asha Rao", mail: "asha@example.com", phone: "", chat: "/chat" };
    const calls = await mountPage([PING], {
        accept: pings([{ ...PING, state: "accepted", contact }]),
    });
    expect(".hb_contact").toHaveCount(0);
    await click("[name='accept']");
    await animationFrame();
    expect(calls.filter(([name]) => name === "accept")).toHaveLength(0);
    await click(".hb_switch:last-of-type input");
    await click("[name='accept_yes']");
    await animationFrame();
    expect(calls.at(-1)).toEqual(["accept", 4, false, true]);
    expect(".hb_contact").toHaveText(/Asha Rao/);
    expect(".hb_contact [name='chat']").toHaveAttribute("href", "/chat");
});

test("a report needs words", async () => {
    const calls = await mountPage([PING]);
    await click("[name='report']");
    await animationFrame();
    expect("[name='report_yes']").not.toBeEnabled();
    await click("textarea");
    await edit("  Rude  ");
    await animationFrame();
    await click("[name='report_yes']");
    await animationFrame();
    expect(calls.at(-1)).toEqual(["report", 4, "Rude"]);
    expect("[name='report']").toHaveCount(0);
});

test("nobody is suggested before one looks as well", async () => {
    const calls = await mountPage([]);
    await click("[name='look']");
    await animationFrame();
    expect(calls.at(-1)).toEqual(["look", true]);
});

const OFFER = { phrases: [{ code: "hello", text: "Hello!" }], length: 200, hours: 72 };

async function mountAsk(send) {
    const calls = [];
    const api = {
        phrases: async () => OFFER,
        send: async (ping) => {
            calls.push(ping);
            return send?.();
        },
    };
    await mountWithCleanup(AskOccupant, {
        props: { occupant: { ref: "4920" }, mapKey: "k", roomId: 9, api },
        noMainContainer: true,
    });
    await click("[name='ask_occupant']");
    await animationFrame();
    await animationFrame();
    return calls;
}

test("asking sends the reference, never a person", async () => {
    const calls = await mountAsk();
    await click("[name='send_ping']");
    await animationFrame();
    expect(calls).toEqual([
        {
            key: "k",
            room: 9,
            ref: "4920",
            phrase: "hello",
            message: "",
            mail: false,
            phone: false,
        },
    ]);
    expect("[name='ask_occupant']").toHaveCount(0);
});

test("a refusal stands below the card with its code", async () => {
    await mountAsk(() => {
        throw new ApiError("ALREADY_PINGED", "You have written already.");
    });
    await click("[name='send_ping']");
    await animationFrame();
    expect("[role='alert']").toHaveText(/ALREADY_PINGED/);
});

test("the map finds it below the card of an occupant", () => {
    expect(registry.category("hostel_booking.occupant_actions").get("ask")).toBe(AskOccupant);
});
