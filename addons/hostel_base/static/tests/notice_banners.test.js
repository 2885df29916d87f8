import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { click, hover, leave } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    getService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
    mockService,
} from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { NoticeBanners } from "@hostel_base/notice/notice_banners";
import { NoticeBoard, QUIET_AFTER } from "@hostel_base/notice/notice_service";

describe.current.tags("desktop");
defineMailModels();

const emergency = {
    id: 1,
    title: "Fire drill",
    text: "Leave now.",
    type: "emergency",
    until: false,
};
const announcement = { id: 2, title: "Painting", text: "", type: "announcement", until: false };

beforeEach(() => {
    browser.localStorage.clear();
    browser.sessionStorage.clear();
});

async function openBoard() {
    await mountWithCleanup(NoticeBanners, { noMainContainer: true });
    return getService("hostel_notice");
}

test("both live regions are there before any notice is", async () => {
    await openBoard();
    expect("[role=alert][aria-live=assertive]").toHaveCount(1);
    expect("[role=status][aria-live=polite]").toHaveCount(1);
    expect(".o_hostel_banner").toHaveCount(0);
});

test("an emergency is announced at once and stays until it is closed", async () => {
    const board = await openBoard();
    board.show(emergency);
    await animationFrame();
    expect("[role=alert] .o_hostel_banner_emergency").toHaveText(
        /Emergency\s*Fire drill\s*Leave now./i
    );
    await advanceTime(100 * QUIET_AFTER);
    expect(".o_hostel_banner").toHaveCount(1);
    await click(".o_hostel_banner_close");
    await animationFrame();
    expect(".o_hostel_banner").toHaveCount(0);
});

test("other notices are polite and go by themselves, but not while somebody reads", async () => {
    const board = await openBoard();
    board.show(announcement);
    await animationFrame();
    expect("[role=status] .o_hostel_banner").toHaveCount(1);
    await hover(".o_hostel_banner");
    await advanceTime(2 * QUIET_AFTER);
    expect(".o_hostel_banner").toHaveCount(1);
    await leave();
    await advanceTime(QUIET_AFTER + 1);
    await animationFrame();
    expect(".o_hostel_banner").toHaveCount(0);
});

test("what was closed does not come back when the bus repeats it", async () => {
    const board = await openBoard();
    board.show(emergency);
    await animationFrame();
    await click(".o_hostel_banner_close");
    board.show(emergency);
    await animationFrame();
    expect(".o_hostel_banner").toHaveCount(0);
});

test("a repeated notice is shown once, a withdrawn one goes, one that is over is not shown", async () => {
    const board = await openBoard();
    board.show(emergency);
    board.show(emergency);
    board.show({ ...emergency, id: 3, until: "2000-01-01T00:00:00Z" });
    await animationFrame();
    expect(".o_hostel_banner").toHaveCount(1);
    board.remove(emergency.id);
    await animationFrame();
    expect(".o_hostel_banner").toHaveCount(0);
});

test("an emergency is still there on the tab's next page, for the same person only", () => {
    const before = new NoticeBoard();
    before.show(emergency);
    before.show(announcement);
    const after = new NoticeBoard();
    after.setup();
    expect(after.notices.map((notice) => notice.id)).toEqual([1]);
    patchWithCleanup(user, { userId: 99 });
    const somebody = new NoticeBoard();
    somebody.setup();
    expect(somebody.notices).toEqual([]);
});

test("in the backend the link marks the notice as read and opens it", async () => {
    mockService("action", { doAction: (action) => expect.step(`open ${action.res_id}`) });
    onRpc("hostel.notice", "action_mark_read", ({ args }) => {
        expect.step(`read ${args[0]}`);
        return true;
    });
    const board = await openBoard();
    board.show(emergency);
    await animationFrame();
    await click(".o_hostel_banner_open");
    await animationFrame();
    expect.verifySteps(["read 1", "open 1"]);
    expect(".o_hostel_banner").toHaveCount(0);
});
