import { advanceTime, describe, expect, mockFetch, test, tick } from "@odoo/hoot";
import { allowTranslations } from "@web/../tests/web_test_helpers";
import { bookingApi, inRound } from "@hostel_booking/core/api";

describe.current.tags("headless");

function answer(body, { status = 200, headers = {} } = {}) {
    return new Response(JSON.stringify(body), {
        status,
        headers: { "Content-Type": "application/json", ...headers },
    });
}

const refusalOf = (promise) =>
    promise.then(
        () => null,
        (error) => error
    );

test("a post sends JSON and returns the body", async () => {
    mockFetch((url, { method, body }) => {
        expect.step(`${method} ${new URL(url, "http://x").pathname} ${body}`);
        return answer({ success: true, hold: { token: "t" } });
    });
    expect((await bookingApi.hold("k1", 3)).hold.token).toBe("t");
    expect.verifySteps(['POST /hostel/booking/hold {"key":"k1","i":3}']);
    // The first look at a room or at the best beds freezes the own answers: no GET.
    await bookingApi.room("k1", 7);
    await inRound(2).best({ sharing: [2] });
    expect.verifySteps([
        'POST /hostel/booking/room {"key":"k1","room":7}',
        'POST /hostel/booking/best {"sharing":[2],"round_id":2}',
    ]);
});

test("a snapshot has no envelope and names the version that it needs", async () => {
    mockFetch((url) => {
        expect.step(String(url).replace(/^.*\/hostel/, "/hostel"));
        return answer({ e: 1, n: 2, lv: 1, s: "00" });
    });
    expect((await bookingApi.snapshot("k1", 7)).n).toBe(2);
    await bookingApi.snapshot("k1");
    expect.verifySteps(["/hostel/live/k1?v=7", "/hostel/live/k1"]);
});

test("a refusal carries code, sentence and details", async () => {
    const body = { success: false, code: "BED_TAKEN", error: "Taken.", details: { next: [] } };
    mockFetch(() => answer(body, { status: 409 }));
    const error = await refusalOf(bookingApi.hold("k1", 3));
    expect(error.code).toBe("BED_TAKEN");
    expect(error.message).toBe("Taken.");
    expect(error.details).toEqual({ next: [] });
});

test("429 tells how long to wait", async () => {
    const body = { success: false, code: "TOO_MANY_REQUESTS", error: "Slow down.", details: {} };
    mockFetch(() => answer(body, { status: 429, headers: { "Retry-After": "3" } }));
    expect((await refusalOf(bookingApi.hold("k1", 3))).retryAfterMs).toBe(3000);
});

test("503 is tried once more, and only once", async () => {
    const body = { success: false, code: "MAP_REBUILDING", error: "Soon.", details: {} };
    const answers = [answer(body, { status: 503 }), answer({ success: true, me: 1 })];
    mockFetch(() => answers.shift());
    const first = bookingApi.me();
    await tick();
    await advanceTime(2000);
    expect(await first).toEqual({ success: true, me: 1 });

    answers.push(answer(body, { status: 503 }), answer(body, { status: 503 }));
    const second = refusalOf(bookingApi.me());
    await tick();
    await advanceTime(2000);
    expect((await second).code).toBe("MAP_REBUILDING");
});

test("an answer that is no JSON and a lost connection have codes too", async () => {
    allowTranslations();
    mockFetch(() => new Response("<html/>", { status: 502 }));
    expect((await refusalOf(bookingApi.me())).code).toBe("NO_ANSWER");
    mockFetch(() => {
        throw new TypeError("Failed to fetch");
    });
    expect((await refusalOf(bookingApi.me())).code).toBe("NO_CONNECTION");
});
