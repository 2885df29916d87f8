import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";

const TIMEOUT_MS = 15000;
const MAX_RETRY_DELAY_MS = 2000;

/** A refusal of the server, or a call that never reached it. */
export class ApiError extends Error {
    /**
     * @param {string} code
     * @param {string} message a sentence for the student
     * @param {{status?: number, details?: Object, retryAfterMs?: number}} [more]
     */
    constructor(code, message, { status = 0, details = {}, retryAfterMs = 0 } = {}) {
        super(message);
        this.name = "ApiError";
        this.code = code;
        this.status = status;
        this.details = details;
        this.retryAfterMs = retryAfterMs;
    }
}

const sleep = (ms) => new Promise((resolve) => browser.setTimeout(resolve, ms));

function askedToWait(response, body) {
    const seconds = Number(response.headers.get("Retry-After") || body?.details?.retry_after || 0);
    return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : 0;
}

function refusal(response, body) {
    if (response.redirected || response.status === 401) {
        return new ApiError("SIGNED_OUT", _t("You have been signed out. Sign in again to go on."), {
            status: 401,
        });
    }
    const more = {
        status: response.status,
        details: body?.details || {},
        retryAfterMs: askedToWait(response, body),
    };
    if (body?.code) {
        return new ApiError(body.code, body.error || "", more);
    }
    return new ApiError("NO_ANSWER", _t("The hostel server did not answer. Try again."), more);
}

async function fetchOnce(url, options) {
    const controller = new AbortController();
    const timer = browser.setTimeout(() => controller.abort(), TIMEOUT_MS);
    try {
        return await browser.fetch(url, { ...options, signal: controller.signal });
    } catch {
        throw new ApiError(
            "NO_CONNECTION",
            _t("We could not reach the hostel server. Check your connection.")
        );
    } finally {
        browser.clearTimeout(timer);
    }
}

async function readJson(response) {
    try {
        return await response.json();
    } catch {
        return null;
    }
}

/** Fetch JSON; a server that asks to wait is asked once more. */
async function call(url, options = {}, { retries = 1 } = {}) {
    const response = await fetchOnce(url, options);
    const body = await readJson(response);
    if (response.ok && body && body.success !== false) {
        return body;
    }
    const error = refusal(response, body);
    if (error.status === 503 && retries > 0) {
        await sleep(Math.min(error.retryAfterMs || 500, MAX_RETRY_DELAY_MS));
        return call(url, options, { retries: retries - 1 });
    }
    throw error;
}

function query(params) {
    const search = new URLSearchParams(params).toString();
    return search ? `?${search}` : "";
}

export function get(url, params = {}, headers = {}) {
    return call(url + query(params), { headers: { Accept: "application/json", ...headers } });
}

export function post(url, body = {}) {
    return call(url, {
        method: "POST",
        headers: { Accept: "application/json", "Content-Type": "application/json" },
        body: JSON.stringify(body),
    });
}

/** The booking routes. Every method answers with the body or throws an {@link ApiError}. */
export const bookingApi = {
    boot: (hostelId) => get("/hostel/booking/boot", { hostel_id: hostelId }),
    window: (hostelId) => get("/hostel/booking/window", { hostel_id: hostelId }),
    layout: (key, version) => get(`/hostel/layout/${key}/${version}`),
    snapshot: (key, version) => get(`/hostel/live/${key}`, version ? { v: version } : {}),
    me: () => get("/hostel/booking/me"),
    room: (key, room) => post("/hostel/booking/room", { key, room }),
    best: (wish) => post("/hostel/booking/best", wish),
    link: (key, i) => post("/hostel/booking/link", { key, i }),
    hold: (key, i) => post("/hostel/booking/hold", { key, i }),
    release: (token) => post("/hostel/booking/release", { token }),
    extend: (token) => post("/hostel/booking/extend", { token }),
    confirm: (id) => post("/hostel/booking/confirm", { id }),
    pay: (token) => post("/hostel/booking/pay", { token }),
    cancel: (id) => post("/hostel/booking/cancel", { id }),
    counterBed: (key, i) => get("/hostel/booking/counter/bed", { key, i }),
    counterStudents: (key, i, q) => get("/hostel/booking/counter/students", { key, i, q }),
    counterAllocate: (body) => post("/hostel/booking/counter/allocate", body),
    counterClose: (body) => post("/hostel/booking/counter/close", body),
    counterOpen: (key, i) => post("/hostel/booking/counter/open", { key, i }),
    joinQueue: (ticket = "") => post("/hostel/booking/queue", { ticket }),
    leaveQueue: () => post("/hostel/booking/queue/leave", {}),
    // A header, as addresses end up in logs.
    placeInQueue: (key, ticket) => get(`/hostel/queue/${key}`, {}, { "X-Hostel-Ticket": ticket }),
};

/** The booking routes about one of several open rounds; keys and tokens know theirs anyway. */
export function inRound(roundId) {
    const round = { round_id: roundId };
    return {
        ...bookingApi,
        boot: (hostelId) => get("/hostel/booking/boot", { hostel_id: hostelId, ...round }),
        window: (hostelId) => get("/hostel/booking/window", { hostel_id: hostelId, ...round }),
        me: () => get("/hostel/booking/me", round),
        best: (wish) => post("/hostel/booking/best", { ...wish, ...round }),
        joinQueue: (ticket = "") => post("/hostel/booking/queue", { ticket, ...round }),
        leaveQueue: () => post("/hostel/booking/queue/leave", round),
    };
}
