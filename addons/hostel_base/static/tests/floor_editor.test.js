import { animationFrame, describe, expect, press, queryAll, queryOne, test } from "@odoo/hoot";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    makeMockEnv,
    makeServerError,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { getDefaultConfig } from "@web/views/view";
import { FloorEditor } from "@hostel_base/floor_editor/floor_editor";
import { overlap, outline, uprightTurn } from "@hostel_base/floor_editor/geometry";
import {
    addShape,
    align,
    distribute,
    find,
    findWarnings,
    fitPage,
    fromLayout,
    move,
    removeShapes,
    resized,
    toLayout,
    turn,
} from "@hostel_base/floor_editor/plan";
import { UndoStack } from "@hostel_base/floor_editor/undo_stack";

describe.current.tags("desktop");
defineMailModels();

function makeRoom(id, x, y = 20) {
    const beds = [0, 1].map((n) => ({
        i: 2 * id + n,
        x: x + 12 + n * 58,
        y: y + 36,
        w: 34,
        h: 22,
    }));
    return { id, x, y, w: 116, h: 70, rot: 0, beds };
}

function makeLayout() {
    return {
        w: 420,
        h: 300,
        shapes: [{ type: "corridor", x: 0, y: 100, w: 420, h: 56, label: "" }],
        rooms: [makeRoom(1, 20), makeRoom(2, 146), makeRoom(3, 272)],
    };
}

function makeData(changes = {}) {
    return {
        floor: { id: 5, name: "2", hostel: "Kaveri", hostel_id: 7, display_name: "Kaveri · 2" },
        can_write: true,
        version: 4,
        layout: makeLayout(),
        placed: [],
        removed: 0,
        rooms: [1, 2, 3].map((id) => ({
            id,
            name: `20${id}`,
            type: "2-sharing",
            sharing: 2,
            gender: "female",
            beds: [
                { i: 2 * id, label: "A" },
                { i: 2 * id + 1, label: "B" },
            ],
        })),
        floors: [{ id: 5, name: "2" }],
        ...changes,
    };
}

/** Mount the editor; `saved` collects what is sent to be saved. */
async function openEditor(data = makeData()) {
    const saved = [];
    onRpc("hostel.floor", "get_editor_data", () => data);
    onRpc("hostel.floor", "save_editor_layout", ({ args }) => {
        saved.push(args);
        return { version: args[2] + 1 };
    });
    const editor = await mountWithCleanup(FloorEditor, {
        env: await makeMockEnv({ config: getDefaultConfig() }),
        props: { action: { context: { active_id: 5 } } },
    });
    await animationFrame();
    // One unit of the plan is one pixel, whatever the size of the window.
    Object.assign(editor.view, { x: 30, y: 30, k: 1 });
    editor.viewMoved();
    await animationFrame();
    return { editor, saved };
}

const item = (key) => `.hfe_stage [data-key=${key}]`;
const transformOf = (key) => queryOne(item(key)).getAttribute("transform");

/** Press, move in two steps and let go, as a hand does. */
async function drag(key, dx, dy, options = {}) {
    const el = queryOne(item(key));
    const stage = queryOne(".hfe_stage");
    const { left, top } = el.getBoundingClientRect();
    const at = (x, y, type, target) =>
        target.dispatchEvent(
            new PointerEvent(type, {
                clientX: left + 10 + x,
                clientY: top + 10 + y,
                pointerId: 1,
                pointerType: "mouse",
                bubbles: true,
                cancelable: true,
                ...options,
            })
        );
    at(0, 0, "pointerdown", el);
    at(dx / 2, dy / 2, "pointermove", stage);
    await animationFrame();
    at(dx, dy, "pointermove", stage);
    await animationFrame();
    at(dx, dy, "pointerup", stage);
    await animationFrame();
}

// --- steps and plans

test("steps are taken back and done again, and a new one forgets what was taken back", () => {
    const [a, b, c] = [{}, {}, {}];
    const stack = new UndoStack(a);
    stack.push(b);
    stack.push(c);
    expect([stack.undoCount, stack.redoCount, stack.dirty]).toEqual([2, 0, true]);
    stack.undo();
    stack.undo();
    stack.undo();
    expect(stack.present).toBe(a);
    expect([stack.undoCount, stack.redoCount, stack.dirty]).toEqual([0, 2, false]);
    stack.redo();
    expect(stack.present).toBe(b);
    stack.push(c);
    expect(stack.redoCount).toBe(0);
});

test("steps of one kind in quick succession are one", () => {
    const stack = new UndoStack({ n: 0 });
    stack.push({ n: 1 }, "nudge", 1000);
    stack.push({ n: 2 }, "nudge", 1200);
    stack.push({ n: 3 }, "nudge", 5000);
    stack.push({ n: 4 }, "label", 5100);
    expect(stack.undoCount).toBe(3);
    stack.undo();
    stack.undo();
    expect(stack.present).toEqual({ n: 2 });
});

test("what was saved stays a step of its own", () => {
    const stack = new UndoStack({ n: 0 });
    stack.push({ n: 1 }, "nudge", 1000);
    stack.markSaved();
    stack.push({ n: 2 }, "nudge", 1100);
    stack.undo();
    expect(stack.present).toEqual({ n: 1 });
    expect(stack.dirty).toBe(false);
});

test("a plan goes back to the server as it came", () => {
    expect(toLayout(fromLayout(makeLayout()))).toEqual(makeLayout());
});

test("beds go with their room, and the plan before stays what it was", () => {
    const plan = fromLayout(makeLayout());
    const moved = toLayout(move(plan, new Set(["r1"]), 30, -10));
    expect(moved.rooms[0].beds[1]).toEqual({ i: 3, x: 20 + 70 + 30, y: 46, w: 34, h: 22 });
    expect(moved.rooms[1]).toEqual(makeLayout().rooms[1]);
    expect(toLayout(plan)).toEqual(makeLayout());
});

test("rooms turn within a circle, shapes change sides", () => {
    let plan = fromLayout(makeLayout());
    plan = turn(plan, new Set(["r1", "s0"]), -90);
    expect(find(plan, "r1").rot).toBe(270);
    expect(find(plan, "s0")).toMatchObject({ x: 182, y: -82, w: 56, h: 420 });
    expect(find(turn(plan, new Set(["r1"]), 90), "r1").rot).toBe(0);
    expect([0, 30, 90, 180, 270].map(uprightTurn)).toEqual([0, 0, 270, 180, 90]);
});

test("a resized room keeps the opposite edge and its beds inside", () => {
    const room = find(fromLayout(makeLayout()), "r1");
    const wide = resized(room, { x: -1, y: 0 }, { x: -40, y: 0 });
    expect([wide.x, wide.w, wide.y, wide.h]).toEqual([-20, 156, 20, 70]);
    const tiny = resized(room, { x: 1, y: 1 }, { x: -500, y: -500 });
    expect([tiny.w, tiny.h]).toEqual([40, 40]);
    for (const bed of tiny.beds) {
        expect(bed.x + bed.w).toBeLessThan(40.1);
        expect(bed.y + bed.h).toBeLessThan(40.1);
    }
    expect(overlap(...tiny.beds)).toBe(false);
    const turned = resized({ ...room, rot: 90 }, { x: 1, y: 0 }, { x: 0, y: 20 });
    expect(outline(turned).y).toBe(outline({ ...room, rot: 90 }).y);
    expect(turned.w).toBe(136);
});

test("rooms are aligned and given equal gaps as they are drawn", () => {
    let plan = fromLayout(makeLayout());
    plan = move(turn(plan, new Set(["r2"]), 90), new Set(["r2"]), 17, 23);
    const keys = new Set(["r1", "r2", "r3"]);
    const tops = align(plan, keys, "top").items.filter(({ kind }) => kind === "room");
    expect(new Set(tops.map((room) => outline(room).y)).size).toBe(1);
    const [one, two, three] = distribute(plan, keys, "x")
        .items.filter(({ kind }) => kind === "room")
        .map(outline);
    expect(two.x - one.x - one.w).toBeCloseTo(three.x - two.x - two.w, { margin: 0.1 });
    expect([one.x, three.x]).toEqual([20, 272]);
});

test("shapes come and go, rooms stay", () => {
    const [plan, key] = addShape(fromLayout(makeLayout()), {
        ...{ type: "lift", x: 0, y: 0, w: 60, h: 60 },
    });
    expect(key).toBe("s1");
    expect(toLayout(plan).shapes[1]).toEqual({
        ...{ type: "lift", label: "", x: 0, y: 0, w: 60, h: 60 },
    });
    const left = removeShapes(plan, new Set(["s0", "s1", "r1"]));
    expect(left.items.map((one) => one.key)).toEqual(["r1", "r2", "r3"]);
});

test("overlaps and what sticks out are found, and the page can be fitted", () => {
    let plan = fromLayout(makeLayout());
    expect(findWarnings(plan)).toEqual([]);
    plan = move(plan, new Set(["r3"]), 0, -60);
    expect(findWarnings(plan)).toEqual([{ kind: "outside", keys: ["r3"] }]);
    plan = move(plan, new Set(["r3"]), -100, 60);
    expect(findWarnings(plan)).toEqual([{ kind: "overlap", keys: ["r2", "r3"] }]);
    const far = move(plan, new Set(["r1"]), 900, 500);
    expect(findWarnings(fitPage(far)).map(({ kind }) => kind)).toEqual(["overlap"]);
});

// --- the editor

test("a room is dragged, taken back, dragged again and saved", async () => {
    const { saved } = await openEditor();
    expect("[data-act=save]").not.toBeEnabled();
    await drag("r1", 40, 30);
    expect(transformOf("r1")).toBe("translate(60 50)");
    expect("[data-act=undo] .hfe_count").toHaveText("1");
    await contains("[data-act=undo]").click();
    expect(transformOf("r1")).toBe("translate(20 20)");
    expect("[data-act=redo] .hfe_count").toHaveText("1");
    expect("[data-act=save]").not.toBeEnabled();
    await drag("r1", 80, 150);
    expect("[data-act=redo]").not.toBeEnabled();
    await contains("[data-act=save]").click();
    expect(saved.length).toBe(1);
    const [ids, layout, version] = saved[0];
    expect([ids, version]).toEqual([[5], 4]);
    expect(layout.rooms[0]).toMatchObject({ id: 1, x: 100, y: 170 });
    expect(layout.rooms[0].beds[0]).toMatchObject({ x: 112, y: 206 });
    expect(".hfe_state").toHaveText("version 5");
});

test("a drag snaps to the grid, and with Alt it doesn't", async () => {
    await openEditor();
    await drag("r1", 13, 0);
    expect(transformOf("r1")).toBe("translate(30 20)");
    await drag("r1", 13, 0, { altKey: true });
    expect(transformOf("r1")).toBe("translate(43 20)");
});

test("keys move, turn, take back and do again", async () => {
    await openEditor();
    await contains(item("r2")).focus();
    await press(" ");
    await press("ArrowRight");
    await press("ArrowRight");
    await press(["Shift", "ArrowDown"]);
    await animationFrame();
    expect(transformOf("r2")).toBe("translate(166 21)");
    await press("r");
    await animationFrame();
    expect(transformOf("r2")).toBe("translate(166 21) rotate(90 58 35)");
    await press(["Control", "z"]);
    await press(["Control", "z"]);
    await animationFrame();
    expect(transformOf("r2")).toBe("translate(146 20)");
    await press(["Control", "y"]);
    await animationFrame();
    expect(transformOf("r2")).toBe("translate(166 21)");
});

test("Delete takes shapes away and tells why rooms stay", async () => {
    await openEditor();
    await contains("[data-add=lift]").click();
    expect(queryAll(".hfe_stage .hfe_shape").length).toBe(2);
    await press("Delete");
    await animationFrame();
    expect(queryAll(".hfe_stage .hfe_shape").length).toBe(1);
    await contains(item("r1")).focus();
    await press(" ");
    await press("Delete");
    await animationFrame();
    expect(queryAll(".hfe_stage .hfe_room").length).toBe(3);
    expect(".o_notification").toHaveText(/Archive the room/);
});

test("overlapping rooms are marked and listed", async () => {
    await openEditor();
    await drag("r1", 90, 0);
    expect(".hfe_stage .hfe_warned").toHaveCount(2);
    await contains("[data-tab=check]").click();
    expect(".hfe_warnings").toHaveText(/Room 201 and Room 202 overlap/);
});

test("someone else's save is shown beside one's own, which can be put on top", async () => {
    const { saved } = await openEditor();
    let refuse = true;
    onRpc("hostel.floor", "save_editor_layout", ({ args }) => {
        if (refuse) {
            refuse = false;
            throw makeServerError({
                message: "Meera saved version 5 of this drawing.",
                context: { code: "LAYOUT_CONFLICT" },
            });
        }
        saved.push(args);
        return { version: args[2] + 1 };
    });
    onRpc("hostel.floor", "get_editor_data", () => makeData({ version: 5 }));
    await drag("r1", 40, 0);
    await contains("[data-act=save]").click();
    await animationFrame();
    expect(".modal").toHaveText(/Meera saved version 5/);
    expect(".modal .hfe_mini").toHaveCount(2);
    await contains(".modal [data-choice=mine]").click();
    await animationFrame();
    expect(saved.map((args) => args[2])).toEqual([5]);
    expect(".hfe_state").toHaveText("version 6");
});

test("a refused drawing is told with its code and stays on the canvas", async () => {
    await openEditor();
    onRpc("hostel.floor", "save_editor_layout", () => {
        throw makeServerError({
            message: "The drawing leaves out 201 A.",
            context: { code: "LAYOUT_LOSES_BEDS" },
        });
    });
    await drag("r1", 40, 0);
    await contains("[data-act=save]").click();
    await animationFrame();
    expect(".o_notification").toHaveText(/leaves out 201 A.*LAYOUT_LOSES_BEDS/);
    expect(transformOf("r1")).toBe("translate(60 20)");
    expect(".hfe_state").toHaveText("unsaved changes");
});

test("who may only look can't drag, add or save", async () => {
    await openEditor(makeData({ can_write: false }));
    expect("[data-act=save]").toHaveCount(0);
    expect("[data-add]").toHaveCount(0);
    await drag("r1", 40, 0);
    await press("ArrowRight");
    await press("r");
    await animationFrame();
    expect(transformOf("r1")).toBe("translate(20 20)");
});

test("an empty floor offers the dialog that makes its rooms", async () => {
    const { editor } = await openEditor(makeData({ layout: null, rooms: [] }));
    expect(".hfe_blank h2").toHaveText("No rooms on this floor yet");
    const opened = [];
    editor.action.doAction = (name, options) => opened.push([name, options.additionalContext]);
    await contains("[data-act=rule]").click();
    expect(opened).toEqual([
        [
            "hostel_base.hostel_floor_generate_action",
            { default_floor_id: 5, hostel_floor_editor: true },
        ],
    ]);
});

test("leaving with changes asks first", async () => {
    const { editor, saved } = await openEditor();
    expect(await editor._mayLeave()).toBe(true);
    await drag("r1", 40, 0);
    const stay = editor._mayLeave();
    await animationFrame();
    await contains(".modal [data-choice=stay]").click();
    expect(await stay).toBe(false);
    const go = editor._mayLeave();
    await animationFrame();
    await contains(".modal [data-choice=save]").click();
    expect(await go).toBe(true);
    expect(saved.length).toBe(1);
});
