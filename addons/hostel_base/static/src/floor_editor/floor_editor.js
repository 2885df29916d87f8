import {
    Component,
    onMounted,
    onWillStart,
    onWillUnmount,
    useEffect,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { ask } from "./choice_dialog";
import { EditorView } from "./editor_view";
import { middle, outline } from "./geometry";
import { MiniPlan } from "./mini_plan";
import {
    addShape,
    align,
    distribute,
    find,
    findWarnings,
    fitPage,
    fromLayout,
    move,
    pick,
    put,
    removeShapes,
    sized,
    toLayout,
    turn,
} from "./plan";
import { PlanItem, bedsText, itemTransform, shapeWords } from "./plan_item";
import { GRID, PointerWork } from "./pointer_work";
import { UndoStack } from "./undo_stack";

const NEW_SHAPES = {
    corridor: { w: 300, h: 60, icon: "fa-arrows-h" },
    stairs: { w: 80, h: 60, icon: "fa-align-justify" },
    lift: { w: 60, h: 60, icon: "fa-sort" },
    bath: { w: 100, h: 80, icon: "fa-shower" },
    common: { w: 160, h: 100, icon: "fa-users" },
    mess: { w: 160, h: 100, icon: "fa-cutlery" },
    wall: { w: 200, h: 6, icon: "fa-minus" },
    label: { w: 120, h: 20, icon: "fa-font" },
};
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ZOOM_STEP = 1.25;
const HANDLES = [-1, 0, 1]
    .flatMap((x) => [-1, 0, 1].map((y) => ({ x, y })))
    .filter((h) => h.x || h.y);
const HANDLE_PX = 9;
const TURN_PX = 26;

/** The plan of one floor: rooms are moved, turned and resized by hand, and saved as a version. */
export class FloorEditor extends Component {
    static template = "hostel_base.FloorEditor";
    static components = { Dropdown, DropdownItem, Layout, MiniPlan, PlanItem };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.stageRef = useRef("stage");
        this.worldRef = useRef("world");
        this.overlayRef = useRef("overlay");
        this.view = new EditorView();
        this.undoStack = new UndoStack(null);
        this.pointer = new PointerWork(this);
        this.handles = HANDLES;
        this.shapes = Object.keys(NEW_SHAPES);
        this.ui = useState({
            status: "loading",
            error: "",
            /** Goes up with each change of the plan, which is not reactive itself. */
            step: 0,
            selection: new Set(),
            tool: "select",
            snap: true,
            zoom: 1,
            live: null,
            lasso: null,
            tab: "edit",
            note: "",
            saving: false,
            spoken: "",
            notices: [],
            history: null,
            shown: null,
        });
        useSetupAction({
            beforeLeave: (options) => this._mayLeave(options),
            beforeUnload: (ev) => this._beforeUnload(ev),
        });
        // On the way down: on the way up the web client's own hotkeys keep Escape to themselves.
        useExternalListener(window, "keydown", (ev) => this._onWindowKeydown(ev), {
            capture: true,
        });
        useExternalListener(window, "keyup", (ev) => this._onWindowKeyup(ev));
        onWillStart(() => this._load(this._wantedFloor()));
        onMounted(() => {
            this.resizes = new ResizeObserver(() => this._resized());
        });
        useEffect(
            (el) => {
                if (!el) {
                    return;
                }
                this.pointer.attach(el);
                this.resizes.observe(el);
                this.fitted = false;
                this._resized();
                return () => {
                    this.pointer.detach();
                    this.resizes.unobserve(el);
                };
            },
            () => [this.stageRef.el]
        );
        onWillUnmount(() => this.resizes.disconnect());
    }

    // --- loading

    _wantedFloor() {
        const { action } = this.props;
        return action.context?.active_id || action.params?.floor_id || this.props.resId;
    }

    async _load(floorId) {
        this.floorId = floorId;
        try {
            const data = await this.orm.call("hostel.floor", "get_editor_data", [[floorId]]);
            this._open(data);
        } catch (error) {
            this.ui.status = "error";
            this.ui.error = error.data?.message || error.message;
        }
    }

    _open(data) {
        this.data = data;
        this.rooms = new Map(data.rooms.map((room) => [room.id, room]));
        this.version = data.version;
        this.undoStack.reset(data.layout ? fromLayout(data.layout) : null);
        if (data.layout && (data.placed.length || data.removed || !data.version)) {
            // What the server put right isn't saved yet.
            this.undoStack.saved = null;
        }
        this.restoring = false;
        this.env.config?.setDisplayName?.(_t("Floor plan: %s", data.floor.display_name));
        Object.assign(this.ui, {
            status: data.layout ? "ready" : "empty",
            selection: new Set(),
            live: null,
            note: "",
            history: null,
            shown: null,
            notices: this._noticesOf(data),
        });
        this.ui.step++;
    }

    _noticesOf({ placed, removed, version }) {
        const notices = [];
        if (version && placed.length) {
            const names = placed.map((id) => this.rooms.get(id)?.name).join(", ");
            notices.push(
                _t(
                    "New since the last drawing, put in for you to place: %s. Save to keep it.",
                    names
                )
            );
        }
        if (removed) {
            notices.push(_t("Rooms or beds that are no longer there were taken out."));
        }
        if (!version) {
            notices.push(_t("This is a first suggestion. Save it, and students see it."));
        }
        return notices;
    }

    async reload() {
        await this._load(this.floorId);
    }

    async switchFloor(ev) {
        const id = Number(ev.target.value);
        if (!(await this._mayLeave())) {
            ev.target.value = this.floorId;
            return;
        }
        this.ui.status = "loading";
        await this._load(id);
        this._showAll();
        this.props.updateActionState?.({ active_id: id });
    }

    // --- what is drawn

    get plan() {
        return this.ui.step >= 0 ? this.undoStack.present : null;
    }

    get items() {
        const { live } = this.ui;
        return live
            ? this.plan.items.map((item) => (item.key === live.key ? live : item))
            : this.plan.items;
    }

    get canWrite() {
        return Boolean(this.data?.can_write);
    }

    get selection() {
        return this.ui.selection;
    }

    get selected() {
        return pick(this.plan, this.selection);
    }

    /** The only item that is selected, as it is under the hand. */
    get single() {
        if (this.selection.size !== 1) {
            return null;
        }
        const [key] = this.selection;
        return this.ui.live?.key === key ? this.ui.live : find(this.plan, key);
    }

    get tool() {
        return this.ui.tool;
    }

    get snaps() {
        return this.ui.snap;
    }

    get warnings() {
        if (this.warnedPlan !== this.plan) {
            this.warnedPlan = this.plan;
            this.foundWarnings = findWarnings(this.plan);
            this.warnedKeys = new Set(this.foundWarnings.flatMap(({ keys }) => keys));
        }
        return this.foundWarnings;
    }

    isWarned(key) {
        return this.warnings.length > 0 && this.warnedKeys.has(key);
    }

    warningText({ kind, keys }) {
        const names = keys.map((key) => this.nameOf(find(this.plan, key)));
        return kind === "overlap"
            ? _t("%(one)s and %(other)s overlap", { one: names[0], other: names[1] })
            : _t("%s sticks out of the page", names[0]);
    }

    nameOf(item) {
        if (item.kind === "room") {
            return _t("Room %s", this.rooms.get(item.id)?.name || "?");
        }
        return item.label || this.shapeWord(item.type);
    }

    shapeWord(type) {
        return shapeWords()[type];
    }

    shapeIcon(type) {
        return NEW_SHAPES[type].icon;
    }

    floorTitle({ name }) {
        return /^\d/.test(name) ? _t("Floor %s", name) : name;
    }

    roomOf(item) {
        return item.kind === "room" ? this.rooms.get(item.id) : undefined;
    }

    bedsOf(item) {
        return bedsText(item.beds.length);
    }

    get roomCount() {
        return this.plan.items.filter(({ kind }) => kind === "room").length;
    }

    get bedCount() {
        return this.plan.items.reduce((sum, { beds }) => sum + (beds?.length || 0), 0);
    }

    get dirty() {
        return Boolean(this.plan) && this.undoStack.dirty;
    }

    /** Whether leaving would lose something that someone did. A mere suggestion comes again. */
    get hasWork() {
        const untouched = this.undoStack.saved === null && !this.undoStack.undoCount;
        return this.canWrite && this.dirty && !untouched && this.dropped !== this.plan;
    }

    get undoCount() {
        return this.ui.step >= 0 ? this.undoStack.undoCount : 0;
    }

    get redoCount() {
        return this.ui.step >= 0 ? this.undoStack.redoCount : 0;
    }

    get versionText() {
        if (this.dirty) {
            return _t("unsaved changes");
        }
        return this.version ? _t("version %s", this.version) : _t("not saved yet");
    }

    get zoomText() {
        return `${Math.round(this.ui.zoom * 100)} %`;
    }

    get transformOf() {
        return itemTransform;
    }

    // Sizes of handles on the screen, whatever the zoom.
    get handleSize() {
        return HANDLE_PX / this.ui.zoom;
    }

    get turnReach() {
        return TURN_PX / this.ui.zoom;
    }

    handleCursor({ x, y }, rot) {
        const angle = (Math.atan2(y, x) * 180) / Math.PI + rot;
        return ["ew", "nwse", "ns", "nesw"][((Math.round(angle / 45) % 4) + 4) % 4] + "-resize";
    }

    // --- what the pointer asks for

    node(key) {
        return this.worldRef.el.querySelector(`[data-key="${key}"]`);
    }

    select(keys) {
        const same =
            keys.size === this.selection.size && [...keys].every((key) => this.selection.has(key));
        if (!same) {
            this.ui.selection = keys;
            if (keys.size) {
                this.ui.tab = this.ui.tab === "history" ? "history" : "edit";
            }
        }
    }

    /**
     * Do a step that can be taken back.
     *
     * @param {Object} plan
     * @param {{kind?: string, say?: string}} [options]
     */
    commit(plan, { kind = "", say = "" } = {}) {
        if (!this.canWrite) {
            return;
        }
        this.undoStack.push(plan, kind);
        this.ui.step++;
        if (say) {
            this.ui.spoken = say;
        }
    }

    commitItem(item) {
        this.commit(put(this.plan, item.key, item));
    }

    showLive(item) {
        this.ui.live = item;
    }

    /** The frame of the selection follows the hand. */
    showDrag(dx, dy) {
        this.overlayRef.el?.setAttribute("transform", `translate(${dx} ${dy})`);
    }

    showLasso(box) {
        this.ui.lasso = box;
    }

    /** Someone panned or zoomed: from now on the view is theirs. */
    viewMoved() {
        this.fitted = true;
        this._applyView();
    }

    _applyView() {
        this.worldRef.el?.setAttribute("transform", this.view.transform);
        const grid = this.view.k < 0.45 ? "far" : "near";
        this.stageRef.el?.setAttribute("data-zoom", grid);
        this.ui.zoom = this.view.k;
    }

    _resized() {
        const el = this.stageRef.el;
        if (!el || !this.plan) {
            return;
        }
        this.view.resize(el.clientWidth, el.clientHeight);
        // As long as nobody has chosen another view, the whole floor is shown.
        if (!this.fitted && el.clientWidth) {
            this.view.fit(this.plan);
        }
        this._applyView();
    }

    zoom(how) {
        if (how === "fit") {
            this._showAll();
        } else {
            this.view.zoomCenter(how === "in" ? ZOOM_STEP : 1 / ZOOM_STEP);
            this.viewMoved();
        }
    }

    _showAll() {
        this.fitted = false;
        this._resized();
    }

    look(keys) {
        this.select(new Set(keys));
        if (this.view.reveal(outline(find(this.plan, keys[0])))) {
            this.viewMoved();
        }
    }

    // --- steps

    undo() {
        this.undoStack.undo();
        this._walked(_t("Taken back."));
    }

    redo() {
        this.undoStack.redo();
        this._walked(_t("Done again."));
    }

    _walked(text) {
        const keys = new Set(this.plan.items.map(({ key }) => key));
        this.ui.selection = new Set([...this.selection].filter((key) => keys.has(key)));
        this.ui.spoken = text;
        this.ui.step++;
    }

    turnBy(degrees) {
        if (this.selection.size) {
            this.commit(turn(this.plan, this.selection, degrees));
        }
    }

    align(edge) {
        this.commit(align(this.plan, this.selection, edge));
    }

    distribute(axis) {
        this.commit(distribute(this.plan, this.selection, axis));
    }

    addShape(type) {
        const { w, h } = NEW_SHAPES[type];
        const { x, y } = this.view.center;
        const place = {
            x: Math.round((x - w / 2) / GRID) * GRID,
            y: Math.round((y - h / 2) / GRID) * GRID,
        };
        const label = type === "label" ? _t("Label") : "";
        const [plan, key] = addShape(this.plan, { type, label, w, h, ...place });
        this.commit(plan, { say: _t("%s added.", this.shapeWord(type)) });
        this.select(new Set([key]));
        this.ui.tool = "select";
    }

    remove() {
        const shapes = this.selected.filter(({ kind }) => kind === "shape");
        if (shapes.length) {
            this.commit(removeShapes(this.plan, this.selection), { say: _t("Removed.") });
            this.ui.selection = new Set(
                this.selected.filter(({ kind }) => kind === "room").map(({ key }) => key)
            );
        } else if (this.selection.size) {
            this.notification.add(
                _t(
                    "Rooms can't be deleted in the drawing. Archive the room, and it disappears from here."
                ),
                { type: "info" }
            );
        }
    }

    fitPage() {
        this.commit(fitPage(this.plan));
        this._showAll();
    }

    // --- the panel

    onNumber(name, ev) {
        const value = Number(ev.target.value);
        const item = this.single;
        if (!item || !Number.isFinite(value) || ev.target.value === "") {
            ev.target.value = item?.[name];
            return;
        }
        const limited = Math.max(-20000, Math.min(20000, value));
        if (name === "rot") {
            this.commitItem({ ...item, rot: ((Math.round(limited) % 360) + 360) % 360 });
        } else if (name === "w" || name === "h") {
            const least = item.kind === "room" ? 40 : 6;
            const box = {
                x: item.x,
                y: item.y,
                w: item.w,
                h: item.h,
                [name]: Math.max(least, limited),
            };
            this.commitItem(sized(item, box));
        } else {
            this.commitItem({ ...item, [name]: limited });
        }
        ev.target.value = this.single[name];
    }

    onPageNumber(name, ev) {
        const value = Math.round(Number(ev.target.value));
        if (value >= 50 && value <= 20000) {
            this.commit({ ...this.plan, [name]: value });
        }
        ev.target.value = this.plan[name];
    }

    onLabel(ev) {
        const item = this.single;
        this.commit(put(this.plan, item.key, { label: ev.target.value.slice(0, 60) }), {
            kind: `label ${item.key}`,
        });
    }

    onType(ev) {
        this.commit(put(this.plan, this.single.key, { type: ev.target.value }));
    }

    async openTab(tab) {
        this.ui.tab = tab;
        this.ui.shown = null;
        if (tab === "history") {
            await this._loadHistory();
        }
    }

    async _loadHistory() {
        const rows = await this.orm.call("hostel.floor", "get_layout_history", [[this.floorId]]);
        this.ui.history = rows.map((row) => ({
            ...row,
            when: formatDateTime(deserializeDateTime(row.date), { showSeconds: false }),
        }));
    }

    async showVersion(row) {
        if (this.ui.shown?.id === row.id) {
            this.ui.shown = null;
            return;
        }
        const found = await this._try(() =>
            this.orm.call("hostel.floor", "get_layout_version", [[this.floorId], row.id])
        );
        if (found) {
            this.shownPlan = fromLayout(found.layout);
            this.ui.shown = { id: row.id, version: row.version };
        }
    }

    /** Put an old version on the canvas; saving makes it the current one. */
    takeVersion() {
        const { version } = this.ui.shown;
        this.restoring = true;
        this.commit(this.shownPlan, { say: _t("Version %s is on the canvas.", version) });
        this.ui.note ||= _t("Version %s again", version);
        this.ui.selection = new Set();
        this.ui.shown = null;
        this.zoom("fit");
    }

    // --- the keyboard

    _onWindowKeydown(ev) {
        if (this.ui.status !== "ready" || ev.target.closest?.("input, textarea, select, .modal")) {
            return;
        }
        const key = ev.key.length === 1 ? ev.key.toLowerCase() : ev.key;
        if (key === " " && ev.target === document.body) {
            this.pointer.space = true;
            ev.preventDefault();
            return;
        }
        const done =
            ev.ctrlKey || ev.metaKey ? this._shortcut(key, ev.shiftKey) : this._plainKey(key, ev);
        if (done) {
            ev.preventDefault();
            ev.stopPropagation();
        }
    }

    _onWindowKeyup(ev) {
        if (ev.key === " ") {
            this.pointer.space = false;
        }
    }

    _shortcut(key, shift) {
        const how = {
            z: () => (shift ? this.redo() : this.undo()),
            y: () => this.redo(),
            s: () => this.save(),
            a: () => this.select(new Set(this.plan.items.map((item) => item.key))),
        }[key];
        if (how && !this.pointer.busy) {
            how();
        }
        return Boolean(how);
    }

    _plainKey(key, ev) {
        if (key === "Escape") {
            return this._escape();
        }
        if (key in ARROWS) {
            return this._nudge(key, ev.shiftKey);
        }
        const how = {
            r: () => this.turnBy(ev.shiftKey ? -90 : 90),
            Delete: () => this.remove(),
            Backspace: () => this.remove(),
            "+": () => this.zoom("in"),
            "=": () => this.zoom("in"),
            "-": () => this.zoom("out"),
            0: () => this.zoom("fit"),
            v: () => (this.ui.tool = "select"),
            h: () => (this.ui.tool = "pan"),
            g: () => (this.ui.snap = !this.ui.snap),
        }[key];
        if (how && !ev.altKey) {
            how();
            return true;
        }
        return false;
    }

    _escape() {
        if (this.pointer.busy) {
            this.pointer.abort();
        } else if (this.selection.size) {
            this.select(new Set());
        } else {
            return false;
        }
        return true;
    }

    _nudge(key, fine) {
        if (!this.selection.size || !this.canWrite) {
            return false;
        }
        const step = fine || !this.ui.snap ? 1 : GRID;
        const [dx, dy] = ARROWS[key];
        const kind = `nudge ${[...this.selection].join()}`;
        this.commit(move(this.plan, this.selection, dx * step, dy * step), { kind });
        const item = this.single;
        if (item) {
            const { x, y } = middle(item);
            this.ui.spoken = _t("%(name)s at %(x)s, %(y)s", {
                name: this.nameOf(item),
                x: Math.round(x),
                y: Math.round(y),
            });
            this.look([item.key]);
        }
        return true;
    }

    /** Whoever walks with Tab selects what has the focus. */
    onFocusin(ev) {
        const key = ev.target.closest("[data-key]")?.dataset.key;
        if (key && ev.target.matches(":focus-visible") && !this.selection.has(key)) {
            this.look([key]);
        }
    }

    onItemKeydown(ev) {
        const key = ev.target.closest("[data-key]")?.dataset.key;
        if (key && (ev.key === "Enter" || ev.key === " ")) {
            ev.preventDefault();
            ev.stopPropagation();
            const keys = new Set(ev.shiftKey ? this.selection : []);
            if (ev.shiftKey && keys.has(key)) {
                keys.delete(key);
            } else {
                keys.add(key);
            }
            this.select(keys);
        }
    }

    // --- saving and leaving

    async save() {
        if (!this.canWrite || !this.dirty || this.ui.saving) {
            return !this.dirty;
        }
        this.ui.saving = true;
        try {
            await this._publish(this.version);
            return true;
        } catch (error) {
            return await this._saveRefused(error);
        } finally {
            this.ui.saving = false;
        }
    }

    async _publish(version) {
        const sent = this.plan;
        const { version: saved } = await this.orm.call("hostel.floor", "save_editor_layout", [
            [this.floorId],
            toLayout(sent),
            version,
            this.ui.note,
            this.restoring ? "restored" : "editor",
        ]);
        this.version = saved;
        this.restoring = false;
        this.undoStack.saved = sent;
        Object.assign(this.ui, { note: "", notices: [] });
        this.ui.step++;
        this.ui.spoken = _t("Saved as version %s.", saved);
        this.notification.add(_t("Saved as version %s. Students see it now.", saved), {
            type: "success",
        });
        if (this.ui.tab === "history") {
            await this._loadHistory();
        }
    }

    async _saveRefused(error) {
        if (error.data?.context?.code === "LAYOUT_CONFLICT") {
            return await this._settleConflict(error.data.message);
        }
        this._tell(error);
        return false;
    }

    /** Someone else saved meanwhile: show both, then take theirs or put ours on top. */
    async _settleConflict(message) {
        const theirs = await this.orm.call("hostel.floor", "get_editor_data", [[this.floorId]]);
        const rooms = new Map(theirs.rooms.map((room) => [room.id, room]));
        const plan = fromLayout(theirs.layout);
        const differ = this._differences(plan, this.plan);
        const answer = await ask(this.dialog, {
            title: _t("Someone else changed this floor plan"),
            body: message,
            code: "LAYOUT_CONFLICT",
            plans: [
                {
                    title: _t("Theirs, version %s", theirs.version),
                    plan,
                    rooms,
                    marked: differ,
                },
                { title: _t("Yours, not saved"), plan: this.plan, rooms, marked: differ },
            ],
            choices: [
                { value: "stay", label: _t("Keep editing"), class: "btn-primary" },
                { value: "theirs", label: _t("Take theirs, drop mine") },
                { value: "mine", label: _t("Save mine as version %s", theirs.version + 1) },
            ],
        });
        if (answer === "theirs") {
            this._open(theirs);
            this.zoom("fit");
            return true;
        }
        if (answer === "mine") {
            return Boolean(await this._try(() => this._publish(theirs.version).then(() => true)));
        }
        return false;
    }

    /** Keys of what is not the same in two plans. */
    _differences(one, other) {
        const place = ({ x, y, w, h, rot, label }) => [x, y, w, h, rot, label].join();
        const places = new Map(one.items.map((item) => [item.key, place(item)]));
        return new Set(
            other.items
                .filter((item) => item.kind === "room" && places.get(item.key) !== place(item))
                .map(({ key }) => key)
        );
    }

    async _try(call) {
        try {
            return await call();
        } catch (error) {
            this._tell(error);
            return null;
        }
    }

    _tell(error) {
        const code = error.data?.context?.code;
        const message = error.data?.message || error.message;
        this.notification.add(code ? `${message} (${code})` : message, {
            type: "danger",
            sticky: true,
        });
    }

    async _mayLeave({ forceLeave } = {}) {
        if (forceLeave || !this.hasWork) {
            return true;
        }
        const answer = await ask(this.dialog, {
            title: _t("Unsaved changes"),
            body: _t("The floor plan has changes that are not saved. What shall become of them?"),
            choices: [
                { value: "save", label: _t("Save and go on"), class: "btn-primary" },
                { value: "drop", label: _t("Drop them") },
                { value: "stay", label: _t("Stay here") },
            ],
        });
        if (answer === "save") {
            return await this.save();
        }
        if (answer === "drop") {
            // The web client may ask again on its way; the answer is known then.
            this.dropped = this.plan;
        }
        return answer === "drop";
    }

    _beforeUnload(ev) {
        if (this.hasWork) {
            ev.preventDefault();
            ev.returnValue = "";
        }
    }

    /** Open one of the dialogs that make a drawing, and show what came of it. */
    async openDialog(name, context = {}) {
        if (!(await this._mayLeave())) {
            return;
        }
        await this.action.doAction(`hostel_base.${name}`, {
            additionalContext: {
                default_floor_id: this.floorId,
                hostel_floor_editor: true,
                ...context,
            },
            onClose: async () => {
                await this.reload();
                this._showAll();
            },
        });
    }
}

registry.category("actions").add("hostel_base.floor_editor", FloorEditor);
