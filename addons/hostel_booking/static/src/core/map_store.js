import { EventBus, markRaw, reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { bookingApi } from "./api";
import { FREE, HELD } from "./bed_states";
import { deadline, formatSpan, now, remaining } from "./countdown";
import { choices, matches, noFilters } from "./filters";
import { LiveFeed } from "./live_feed";
import { readAddress, writeAddress } from "./map_address";
import { MapData } from "./map_data";
import { shortName, takenText } from "./map_words";
import { bedName, MyBed } from "./my_bed";
import { RoomPeople } from "./room_people";
import { WaitingRoom } from "./waiting_room";
import { WindowWatch } from "./window_watch";

const SUMMARY_MS = 200;
const GONE_AGAIN_MS = 60000;
/** The maps of a practice are loaded within this after its time is over. */
const PRACTICE_LOADS_MS = 3000;
const LOST_TO_OTHERS = new Set(["held", "paying", "booked", "blocked"]);

/**
 * Everything the bed map knows and can do. Components read `state` and `data`;
 * single beds are repainted through the `paint` event, never by a render.
 *
 * Events of `bus`: `paint` {key, indexes}, `filters`, and `focus-bed` {key, i} and
 * `focus-sheet` for whoever has no pointer.
 */
export class MapStore {
    constructor({ hostelId, api = bookingApi, bus }) {
        this.hostelId = hostelId;
        this.api = api;
        this.odooBus = bus;
        this.bus = new EventBus();
        this.my = new MyBed({
            api,
            bus,
            onChange: (before, after) => this._myBedChanged(before, after),
            onRanOut: (bed) => this._ranOut(bed),
        });
        this.queue = new WaitingRoom({ api, say: (text) => this.say(text) });
        this.state = reactive({
            status: "loading",
            error: null,
            hostel: null,
            term: null,
            currency: null,
            student: null,
            preview: false,
            counter: null,
            window: null,
            round: null,
            practiceAgainAt: null,
            floors: [],
            floorKey: null,
            layoutTurn: 0,
            summaryTurn: 0,
            view: "map",
            filters: noFilters(),
            selected: null,
            selectedState: null,
            notice: null,
            waitUntil: null,
            spoken: "",
            mode: "polling",
            behind: false,
        });
        this.summary = { matching: 0, sharing: [], amenities: [], floors: [], prices: [] };
        this.people = new RoomPeople({ api });
        this.watch = new WindowWatch({
            ...{ state: this.state, api, bus, hostelId },
            say: (text) => this.say(text),
            onFloors: (floors) => this._floorsChanged(floors),
        });
    }

    // --- life

    async start() {
        this.my.start();
        this.watch.start();
        await this.load();
    }

    stop() {
        this.stopped = true;
        this.my.stop();
        this.queue.stop();
        this.feed?.stop();
        this.watch.stop();
        browser.clearTimeout(this.practiceTimer);
        browser.clearTimeout(this.summaryTimer);
    }

    /** Ask for everything anew; also the way out of an error. */
    async load() {
        this.feed?.stop();
        this.feed = null;
        Object.assign(this.state, { status: "loading", error: null, selected: null, notice: null });
        try {
            const boot = await this.api.boot(this.hostelId);
            if (!this.stopped) {
                await this._open(boot);
            }
        } catch (error) {
            this._failed(error);
        }
    }

    async _open(boot) {
        this.data = markRaw(new MapData(boot));
        const { hostel, term, currency, student, preview, counter = null } = boot;
        Object.assign(this.state, { hostel, term, currency, student, preview, counter });
        const floors = [...this.data.floors.values()];
        this.state.floors = floors.map(({ key, name, number, eligible, reason }) => ({
            ...{ key, name, number, eligible, reason },
            ...{ free: 0, total: 0, loaded: false },
        }));
        this._setRound(boot.round || null);
        this.watch.load(boot);
        this.my.load(boot.me);
        const address = readAddress(this.state.floors);
        Object.assign(this.state, { view: address.view, filters: address.filters });
        this.state.floorKey = address.bed?.key || address.floorKey || this._firstFloor();
        this.queue.load(boot.queue);
        this._startFeed();
        if (this.state.floorKey) {
            await this._loadLayout(this.state.floorKey);
        }
        if (this.stopped || this.state.error) {
            // Meanwhile the feed found out that the keys are void.
            return;
        }
        this.state.status = "ready";
        if (address.bed && this.data.placed(address.bed.key, address.bed.i)) {
            this.select(address.bed.key, address.bed.i);
        } else if (!address.floorKey) {
            this._lookAtMine();
        }
        this._loadOtherLayouts();
    }

    _setRound(round) {
        this.state.round = round;
        if (round?.practice) {
            this._practiceAgainIn(round.practice.resets_in_ms);
        }
    }

    /** A practice starts again by itself: what was pretended is gone then. */
    _practiceAgainIn(ms) {
        browser.clearTimeout(this.practiceTimer);
        this.state.practiceAgainAt = deadline(ms);
        this.practiceTimer = browser.setTimeout(() => {
            this.my.refresh();
            this._practiceAgainIn(this.state.round.practice.minutes * 60000);
        }, ms + PRACTICE_LOADS_MS);
    }

    _failed(error) {
        this.state.error = { code: error.code || "INTERNAL", text: error.message };
        this.state.status = "error";
    }

    _firstFloor() {
        const floors = this.state.floors;
        const mine = this.my.bed && floors.find(({ key }) => key === this.my.bed.key);
        return (mine || floors.find(({ eligible }) => eligible) || floors[0])?.key || null;
    }

    _startFeed() {
        this.feed = new LiveFeed({
            floors: [...this.data.live.values()],
            fetchSnapshot: (key, version) => this.api.snapshot(key, version),
            bus: this.odooBus,
            onChange: (floor, changed) => this._liveChanged(floor, changed),
            onRelayout: (floor) => this._loadLayout(floor.key).catch((error) => this._tell(error)),
            onStatus: () => this._feedStatus(),
            onGone: () => this._gone(),
            onDoors: (version) => this.watch.seen(version),
        });
        this.feed.setVisible(this.state.floorKey);
        this.feed.start();
    }

    /** The keys of the floors are void: a new round, or the map was taken away. */
    _gone() {
        const again = this.goneAt !== undefined && now() - this.goneAt < GONE_AGAIN_MS;
        this.goneAt = now();
        if (again) {
            this.feed.stop();
            this._failed({
                code: "NOT_FOUND",
                message: _t("This map is not there at the moment. Try again in a minute."),
            });
        } else {
            this.load();
        }
    }

    _feedStatus() {
        const was = this.state.mode;
        this.state.mode = this.feed.mode;
        this.state.behind = this.feed.behind;
        if (this.state.mode === "offline" && was !== "offline") {
            this.say(_t("You are offline. The map shows what we knew last."));
        } else if (was === "offline") {
            this.say(_t("You are back online."));
        }
    }

    async _loadLayout(key) {
        const version = this.data.live.get(key).layoutVersion;
        this.data.setLayout(key, await this.api.layout(key, version));
        this.state.layoutTurn++;
        // Only the drawing tells which rooms of a mixed hostel are for whom.
        this._count(key);
        this._summarise();
    }

    async _loadOtherLayouts() {
        for (const key of this.data.floors.keys()) {
            if (!this.stopped && !this.data.layout(key)) {
                // Without them only the counts of the filters are incomplete.
                await this._loadLayout(key).catch(() => {});
            }
        }
    }

    // --- the booking window

    /** Which floors are the student's may change while the map is open. */
    _floorsChanged(floors) {
        for (const { key, eligible, reason, kept = [], full = [] } of floors) {
            const known = this.data.floors.get(key);
            if (!known || this.state.preview) {
                continue;
            }
            Object.assign(known, { eligible, reason, kept, full });
            Object.assign(
                this.state.floors.find((floor) => floor.key === key),
                { eligible, reason }
            );
            this._paint(
                key,
                this.data.bedsOf(key).map(({ i }) => i)
            );
            this._count(key);
        }
        this._summarise();
        const { selected } = this.state;
        if (selected) {
            this.state.selectedState = this.data.stateOf(selected.key, selected.i);
        }
    }

    // --- looking

    get selected() {
        const { selected } = this.state;
        return selected ? this.data.placed(selected.key, selected.i) : undefined;
    }

    /** Look at a bed. Changes nothing for anybody. */
    select(key, i) {
        if (key !== this.state.floorKey) {
            this.setFloor(key);
        }
        this.formerBed = null;
        this.state.selected = { key, i };
        this.state.selectedState = this.data.stateOf(key, i);
        this.state.notice = null;
        this._lookIntoRoom();
        this._keepAddress();
        if (this.state.selectedState === "held" && this.state.student && !this.my.bed) {
            // Frames name no student: it may be held on another device of one's own.
            this.my.refresh();
        }
    }

    close() {
        this.state.selected = null;
        this.state.notice = null;
        this._keepAddress();
    }

    _keepAddress() {
        const { view, floorKey, selected, filters, floors, status } = this.state;
        if (status === "ready") {
            writeAddress({ view, floorKey, bed: selected, filters }, floors);
        }
    }

    /** Ask who has the other beds of the room on the sheet, if it concerns the student. */
    _lookIntoRoom() {
        const { selected, student } = this.state;
        const room = this.selected?.room;
        const open = student && room && !this.data.refusedBecause(selected.key, selected.i);
        if (open && this.data.hasOccupants(selected.key, room.id)) {
            this.people.look(selected.key, room.id);
        } else {
            this.people.leave();
        }
    }

    /** Close the sheet and go back to the bed that it showed. */
    leave() {
        const { selected } = this.state;
        this.close();
        if (selected) {
            this.bus.trigger("focus-bed", selected);
        }
    }

    setFloor(key) {
        this.state.floorKey = key;
        this.close();
        this.feed?.setVisible(key);
        this._keepAddress();
        if (!this.data.layout(key)) {
            this._loadLayout(key).catch((error) => this._tell(error));
        }
    }

    setView(view) {
        this.state.view = view;
        this._keepAddress();
    }

    setFilters(changes) {
        Object.assign(this.state.filters, changes);
        this._summariseNow();
        this.say(_t("%(n)s free beds match.", { n: this.summary.matching }));
        this.bus.trigger("filters");
        this._keepAddress();
    }

    matchesFilters(placed) {
        return matches(this.state.filters, placed);
    }

    /** Show the student's own bed if it is in this hostel. */
    showMine() {
        const bed = this.my.bed;
        if (bed && this.data.floors.has(bed.key)) {
            this.select(bed.key, bed.i);
            this.bus.trigger("focus-sheet");
        }
    }

    _lookAtMine() {
        const bed = this.my.bed;
        if (bed && this.data.placed(bed.key, bed.i)) {
            this.select(bed.key, bed.i);
        }
    }

    // --- acting on the bed one looks at

    async hold() {
        const placed = this.selected;
        if (!placed) {
            return;
        }
        this.state.notice = null;
        try {
            await this.my.hold(placed.floorKey, placed.i);
        } catch (error) {
            this._holdRefused(error, placed);
            return;
        }
        this._poke(placed.floorKey, placed.i, HELD);
        this.say(
            _t("Room %(room)s bed %(bed)s is held for you for %(time)s.", {
                room: placed.room.n,
                bed: placed.bed.l,
                time: formatSpan(remaining(this.my.bed.until)),
            })
        );
    }

    async release() {
        const bed = this.my.bed;
        const done = await this._try(() => this.my.release());
        if (done) {
            this._poke(bed.key, bed.i, FREE);
            this._say(_t("You let bed %(bed)s go.", { bed: bedName(bed) }));
        }
    }

    async extend() {
        const done = await this._try(() => this.my.extend());
        if (done) {
            const time = formatSpan(remaining(this.my.bed.until));
            this._say(_t("You have %(time)s now.", { time }));
        }
    }

    confirm() {
        return this._try(() => this.my.confirm());
    }

    pay() {
        return this._try(() => this.my.pay());
    }

    async cancel() {
        const bed = this.my.bed;
        const done = await this._try(() => this.my.cancel());
        if (done) {
            this.feed.refresh(bed.key);
            this._say(_t("You let bed %(bed)s go.", { bed: bedName(bed) }));
        }
    }

    async _try(action) {
        this.state.notice = null;
        try {
            await action();
            return true;
        } catch (error) {
            this._tell(error);
            this.my.refresh();
            return false;
        }
    }

    _holdRefused(error, placed) {
        switch (error.code) {
            case "BED_TAKEN":
                this._poke(placed.floorKey, placed.i, HELD);
                this._lost(placed, error.details.next);
                this.feed.refresh(placed.floorKey);
                return;
            case "ALREADY_HOLDING":
            case "HAS_ALLOCATION":
                this.my.refresh();
                break;
            case "NOT_OPEN":
            case "NOT_YOUR_SLOT":
                this.watch.opensIn(error.details.opens_in_ms);
                break;
            case "WINDOW_PAUSED":
            case "WINDOW_RANKED":
            case "SLOTS_PENDING":
            case "QUOTA_FULL":
                this.watch.refreshWithin(0);
                break;
            case "QUEUE":
                this.queue.load(error.details.queue);
                break;
            case "WINDOW_CLOSED":
                this.watch.close();
                break;
        }
        this._tell(error);
    }

    /**
     * The public address of the bed on the sheet, to hand on.
     *
     * @returns {Promise<string|null>} nothing after a refusal, which is told
     */
    async shareLink() {
        const { key, i } = this.state.selected;
        try {
            return (await this.api.link(key, i)).url;
        } catch (error) {
            this._tell(error);
            return null;
        }
    }

    /** Someone at the counter changed the bed: look at it again, now. */
    counterDone(text) {
        this.feed.refresh(this.state.selected.key);
        this._say(text);
    }

    // --- telling

    /** Say something to a screen reader. */
    say(text) {
        // A live region stays silent when it is given the words that it holds already.
        this.state.spoken = this.state.spoken === text ? `${text}\u200b` : text;
    }

    _say(text, tone = "ok") {
        this.state.notice = { tone, text, code: "", next: [] };
        this.say(text);
    }

    _tell(error) {
        this.state.notice = { tone: "warn", text: error.message, code: error.code || "", next: [] };
        if (error.retryAfterMs) {
            this.state.waitUntil = deadline(error.retryAfterMs);
            browser.setTimeout(() => (this.state.waitUntil = null), error.retryAfterMs);
        }
        this.say(error.message);
    }

    /** Someone else has the bed that the student looks at or asked for. */
    _lost(placed, offered) {
        const next = offered
            ? offered.map((bed) => this._nextFromServer(bed))
            : this._nextFor(placed);
        const text = takenText(
            placed.bed.l,
            next.map(({ name }) => name)
        );
        this.state.notice = { tone: "warn", text, code: "BED_TAKEN", next };
        this.say(text);
    }

    _nextFromServer({ key, i, room, label, floor, price }) {
        return { key, i, name: `${room} ${label}`, floor, price };
    }

    _nextFor(placed) {
        return this.data.nextBest(placed).map((other) => ({
            key: other.floorKey,
            i: other.i,
            name: shortName(other),
            floor: this.data.floors.get(other.floorKey).name,
            price: this.data.priceOf(other),
        }));
    }

    /** Free beds like the one on the sheet, for a bed that can't be had. */
    alternatives() {
        return this.selected ? this._nextFor(this.selected) : [];
    }

    // --- what happens without the student

    _liveChanged(floor, changed) {
        this._paint(floor.key, changed);
        this._count(floor.key);
        this._summarise();
        this._watchSelected(floor.key, changed);
        this._watchMine(floor, changed);
    }

    /** The own hold ended without this page: let go on another device, or by the sweeper. */
    _watchMine(floor, changed) {
        const bed = this.my.bed;
        const mine = bed?.kind === "hold" && bed.key === floor.key && changed.includes(bed.i);
        if (mine && floor.codes[bed.i] === FREE && !this.my.state.busy) {
            this.my.refresh();
        }
    }

    _count(key) {
        const entry = this.state.floors.find((floor) => floor.key === key);
        const { loaded } = this.data.live.get(key);
        Object.assign(entry, { loaded }, this.data.countsOf(key));
    }

    _watchSelected(key, changed) {
        const { selected, selectedState: before } = this.state;
        const room = selected?.key === key && this.selected?.room.id;
        if (room && changed.some((i) => this.data.placed(key, i)?.room.id === room)) {
            this.people.forget(key, room);
            this._lookIntoRoom();
        }
        if (selected && selected.key === key && changed.includes(selected.i)) {
            const after = this.data.stateOf(key, selected.i);
            this.state.selectedState = after;
            this._tellTurn(before, after);
        }
    }

    /** The bed on the sheet went from one state to another. */
    _tellTurn(before, after) {
        const { notice, selected } = this.state;
        if (before === "free" && LOST_TO_OTHERS.has(after)) {
            if (this.my.state.busy !== "hold") {
                this._lost(this.selected);
            }
        } else if (after === "free" && LOST_TO_OTHERS.has(before)) {
            if (!this._wasMine(selected)) {
                this._say(_t("Good news: this bed is free again."));
            }
        } else if (after === "mine" && notice?.code === "BED_TAKEN") {
            // It was this student who took it, on another device.
            this.state.notice = null;
        }
    }

    /** Whether the student has just let this bed go: that it is free now is no news. */
    _wasMine({ key, i }) {
        return this.formerBed?.key === key && this.formerBed.i === i;
    }

    _myBedChanged(before, after) {
        if (!this.data) {
            return;
        }
        this.formerBed = after ? null : before;
        this.data.mine = after && { key: after.key, i: after.i };
        for (const bed of [before, after]) {
            if (bed && this.data.floors.has(bed.key)) {
                this._paint(bed.key, [bed.i]);
            }
        }
        const { selected } = this.state;
        if (selected) {
            this.state.selectedState = this.data.stateOf(selected.key, selected.i);
        }
        if (after && before && after.state !== before.state && after.stateLabel) {
            this.say(`${bedName(after)}: ${after.stateLabel}`);
        }
    }

    _ranOut(bed) {
        this.feed?.refresh(bed.key);
        this._say(_t("Your time for bed %(bed)s ran out.", { bed: bedName(bed) }), "warn");
    }

    _poke(key, i, code) {
        const floor = this.data.live.get(key);
        if (floor?.poke(i, code)) {
            this._liveChanged(floor, [i]);
        }
    }

    _paint(key, indexes) {
        this.bus.trigger("paint", { key, indexes });
    }

    /** Counts for chips and lists, at most five times a second. */
    _summarise() {
        if (!this.summaryTimer) {
            this.summaryTimer = browser.setTimeout(() => this._summariseNow(), SUMMARY_MS);
        }
    }

    _summariseNow() {
        browser.clearTimeout(this.summaryTimer);
        this.summaryTimer = null;
        this.summary = choices(this.data.allBeds(), this.data.freeBeds(), this.state.filters);
        this.state.summaryTurn++;
    }
}
