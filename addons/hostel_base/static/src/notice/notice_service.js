import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";

const STORAGE_KEY = "hostel_notice.open";
const CLOSED_KEY = "hostel_notice.closed";
const MAX_CLOSED = 50;
const MAX_SHOWN = 4;
export const QUIET_AFTER = 12_000;

function load(storage, key, fallback) {
    try {
        return JSON.parse(storage.getItem(key)) || fallback;
    } catch {
        return fallback;
    }
}

function save(storage, key, value) {
    try {
        storage.setItem(key, JSON.stringify(value));
    } catch {
        // A full or forbidden storage costs the memory across pages only.
    }
}

/**
 * Notices that came while the page was open.
 *
 * An emergency stays until its reader closes it, also across pages of the tab; the others go by
 * themselves. What was closed once does not come back when the bus repeats itself.
 */
export class NoticeBoard {
    constructor() {
        this.notices = [];
        this.timers = {};
    }

    setup() {
        const kept = load(browser.sessionStorage, STORAGE_KEY, {});
        if (kept.uid === user.userId) {
            for (const notice of kept.notices) {
                this.show(notice);
            }
        }
    }

    get closedIds() {
        return load(browser.localStorage, CLOSED_KEY, []);
    }

    show(notice) {
        const isOver = notice.until && new Date(notice.until) <= new Date();
        if (isOver || this.closedIds.includes(`${user.userId}:${notice.id}`)) {
            return;
        }
        this.remove(notice.id);
        this.notices.unshift(notice);
        for (const old of this.notices.slice(MAX_SHOWN)) {
            this.remove(old.id);
        }
        this.keep();
        this.hurry(notice.id);
    }

    /** Start the clock of a notice that goes by itself. */
    hurry(id) {
        const notice = this.notices.find((one) => one.id === id);
        if (notice && notice.type !== "emergency") {
            this.rest(id);
            this.timers[id] = browser.setTimeout(() => this.remove(id), QUIET_AFTER);
        }
    }

    /** Stop it while somebody reads or has the focus in it. */
    rest(id) {
        browser.clearTimeout(this.timers[id]);
        delete this.timers[id];
    }

    close(id) {
        const closed = this.closedIds.filter((one) => one !== `${user.userId}:${id}`);
        save(
            browser.localStorage,
            CLOSED_KEY,
            [`${user.userId}:${id}`, ...closed].slice(0, MAX_CLOSED)
        );
        this.remove(id);
    }

    remove(id) {
        this.rest(id);
        const index = this.notices.findIndex((notice) => notice.id === id);
        if (index >= 0) {
            this.notices.splice(index, 1);
            this.keep();
        }
    }

    keep() {
        const notices = this.notices.filter((notice) => notice.type === "emergency");
        save(browser.sessionStorage, STORAGE_KEY, { uid: user.userId, notices });
    }
}

export const noticeService = {
    dependencies: ["bus_service"],
    start(env, { bus_service: bus }) {
        const board = reactive(new NoticeBoard());
        if (!user.userId) {
            return board;
        }
        board.setup();
        bus.subscribe("hostel.notice/published", (notice) => board.show(notice));
        bus.subscribe("hostel.notice/withdrawn", ({ id }) => board.remove(id));
        bus.start();
        return board;
    },
};

registry.category("services").add("hostel_notice", noticeService);
