import { LiveFloor } from "./live_state";
import { BOOKED, FREE, RETIRED, viewState } from "./bed_states";
import { nextBest } from "./neighbours";
import { turnOf, turnedBox } from "./turned";
import { _t } from "@web/core/l10n/translation";

/**
 * Floors of one hostel as they are now: what boot says, the drawings, the live
 * states, and who looks. Plain data; nothing here draws or fetches.
 */
export class MapData {
    /**
     * @param {Object} boot the answer of the boot route
     */
    constructor(boot) {
        this.student = boot.student;
        // Staff look at what students see; nothing is "not for them".
        const viewed = boot.floors
            .map((floor) =>
                boot.preview ? { ...floor, eligible: true, reason: "", kept: [], full: [] } : floor
            )
            .sort((a, b) => a.number - b.number);
        this.floors = new Map(viewed.map((floor) => [floor.key, floor]));
        this.live = new Map(
            boot.floors.map((floor) => [floor.key, new LiveFloor(floor.key, floor.layout_version)])
        );
        this.drawings = new Map();
        this.mine = null;
    }

    /** @param {string} key @param {Object} layout the answer of the layout route */
    setLayout(key, layout) {
        // Who walks, points or reveals means where a bed lies; who draws, the bed in its room.
        const beds = layout.rooms.flatMap((drawnRoom) => {
            const room = turnedBox(drawnRoom, drawnRoom);
            const turn = turnOf(drawnRoom);
            return drawnRoom.beds.map((drawn) => {
                const bed = turnedBox(drawn, drawnRoom);
                return { i: drawn.i, bed, room, drawn, turn, floorKey: key };
            });
        });
        const byIndex = new Map(beds.map((placed) => [placed.i, placed]));
        const rooms = new Map(layout.rooms.map(({ id }) => [id, []]));
        beds.forEach((placed) => rooms.get(placed.room.id).push(placed));
        this.drawings.set(key, { layout, beds, byIndex, rooms });
    }

    layout(key) {
        return this.drawings.get(key)?.layout;
    }

    /** @returns {import("./neighbours").PlacedBed|undefined} */
    placed(key, i) {
        return this.drawings.get(key)?.byIndex.get(i);
    }

    bedsOf(key) {
        return (this.drawings.get(key)?.beds || []).filter(
            ({ i }) => this.live.get(key).codes[i] !== RETIRED
        );
    }

    allBeds() {
        return [...this.floors.keys()].flatMap((key) => this.bedsOf(key));
    }

    freeBeds() {
        return this.allBeds().filter((placed) => this.isFree(placed));
    }

    isFree({ floorKey, i }) {
        return this.stateOf(floorKey, i) === "free";
    }

    isMine(key, i) {
        return Boolean(this.mine && this.mine.key === key && this.mine.i === i);
    }

    stateOf(key, i) {
        const mine = this.isMine(key, i);
        const code = this.live.get(key)?.codes[i];
        if (code === undefined) {
            // The state has not arrived yet, or the drawing is newer than the state.
            return mine ? "mine" : "unknown";
        }
        return viewState(code, { mine, allowed: !this.refusedBecause(key, i) });
    }

    /** Why this student can't have a bed whatever its state; empty if nothing speaks against it. */
    refusedBecause(key, i) {
        const floor = this.floors.get(key);
        return (floor && refusedByFloor(floor, i)) || this._refusedByRoom(key, i);
    }

    _refusedByRoom(key, i) {
        const wanted = this.placed(key, i)?.room.g;
        if (!wanted || !this.student || wanted === this.student.gender) {
            return "";
        }
        return wanted === "female" ? _t("Women only") : _t("Men only");
    }

    /** @returns {{free: number, total: number}} beds of a floor, free ones only if they are for this student */
    countsOf(key) {
        const codes = this.live.get(key).codes;
        const total = codes.filter((code) => code !== RETIRED).length;
        if (!this.floors.get(key).eligible) {
            return { free: 0, total };
        }
        const free = codes.filter(
            (code, i) => code === FREE && !this.refusedBecause(key, i)
        ).length;
        return { free, total };
    }

    /** @returns {{free: number, total: number}} beds of a room, free ones only if they are for this student */
    roomCounts(key, roomId) {
        const beds = this.drawings.get(key)?.rooms.get(roomId) || [];
        const states = beds.map(({ i }) => this.stateOf(key, i)).filter((s) => s !== "retired");
        return { free: states.filter((state) => state === "free").length, total: states.length };
    }

    /** Whether somebody has a bed of the room, as far as the map tells. */
    hasOccupants(key, roomId) {
        const beds = this.drawings.get(key)?.rooms.get(roomId) || [];
        return beds.some(({ i }) => this.live.get(key).codes[i] === BOOKED);
    }

    /** Free beds most like this one, for the student who can't have it. */
    nextBest(placed, limit = 3) {
        return nextBest(this.freeBeds(), placed, limit);
    }

    priceOf({ bed, room }) {
        return bed.price ?? room.price;
    }
}

/** What the server said of a floor and its beds to this student. */
function refusedByFloor({ eligible, reason, kept = [], full = [] }, i) {
    if (!eligible) {
        return reason || _t("This floor is not for you.");
    }
    if (kept.includes(i)) {
        return _t("Kept for others");
    }
    return full.includes(i) ? _t("The places here that are open to you are taken") : "";
}
