import {
    animationFrame,
    beforeEach,
    click,
    describe,
    edit,
    expect,
    test,
    waitFor,
} from "@odoo/hoot";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { mountWithCleanup, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { LotteryCheck } from "@hostel_booking/components/lottery_check/lottery_check";
import { draw, isWellFormed, recompute, sha256 } from "@hostel_booking/core/lottery";

describe.current.tags("desktop");
defineMailModels();

// HOOT stands in for the page's crypto; what is tested here is the browser's own.
beforeEach(() => {
    const frame = document.createElement("iframe");
    document.body.append(frame);
    patchWithCleanup(browser, { crypto: frame.contentWindow.crypto });
    return () => frame.remove();
});

// Computed by tools/lottery.py; its own tests hold the same figures.
const FACTS = {
    list: "aaaa00000001\nbbbb00000002\ncccc00000003\ndddd00000004\n",
    hash: "ba9ff0bd0ce56d29b8e4f959b56f7f1b3d5e110372138aed19a840ec5bda56b1",
    number: "24123.45",
    seed: "308a2e75895defb60180ae1c3a8688d231c6edea0f22e1a45f51c71e648a861a",
    order: "dddd00000004\naaaa00000001\nbbbb00000002\ncccc00000003\n",
};

test("the browser comes to what the server published", async () => {
    expect(await sha256("abc")).toBe(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    expect(await recompute(FACTS)).toEqual({ list: true, hash: true, seed: true, order: true });
});

test("a change of anything shows", async () => {
    const other = { ...FACTS, list: FACTS.list.replace("bbbb", "bbbc") };
    expect(await recompute(other)).toEqual({
        ...{ list: true, hash: false },
        ...{ seed: false, order: false },
    });
    const turned = FACTS.order.split("\n").slice(0, -1).reverse().join("\n") + "\n";
    expect((await recompute({ ...FACTS, order: turned })).order).toBe(false);
    expect((await recompute({ ...FACTS, number: "24123.46" })).seed).toBe(false);
});

test("before the number is out only the list is checked", async () => {
    const verdict = await recompute({ ...FACTS, number: "", seed: "", order: "" });
    expect(verdict).toEqual({ list: true, hash: true, seed: null, order: null });
});

test("a list must be sorted, complete and without twins", async () => {
    expect(isWellFormed("a\nb\n")).toBe(true);
    expect(isWellFormed("b\na\n")).toBe(false);
    expect(isWellFormed("a\na\n")).toBe(false);
    expect(isWellFormed("a\nb")).toBe(false);
    expect(isWellFormed("")).toBe(false);
    expect(await draw(["b", "a"], "x")).toEqual(await draw(["a", "b"], "x"));
});

test("the button tells each step, and a reference is found", async () => {
    await mountWithCleanup(LotteryCheck, { props: { facts: FACTS }, noMainContainer: true });
    expect("[data-step=order]").toHaveAttribute("data-state", "todo");
    await click("[data-act=check]");
    await waitFor("[data-step=order][data-state=good]");
    expect(".hb_lottery_summary").toHaveText(/same order/);
    await click("[data-find]");
    await edit(FACTS.order.split("\n")[1]);
    await animationFrame();
    expect("output").toHaveText("Number 2");
});

test("a forged order is red", async () => {
    const facts = { ...FACTS, order: FACTS.list };
    await mountWithCleanup(LotteryCheck, { props: { facts }, noMainContainer: true });
    await click("[data-act=check]");
    await waitFor("[data-step=order][data-state=bad]");
    expect("[data-step=order] b").toHaveText("WRONG");
});
