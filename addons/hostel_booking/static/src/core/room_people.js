import { reactive } from "@odoo/owl";

/**
 * Who has the other beds of the room on the sheet: department, year and a
 * reference, never a name. One room at a time; what was seen is kept until a bed
 * of the room changes.
 */
export class RoomPeople {
    constructor({ api }) {
        this.api = api;
        this.known = new Map();
        this.turn = 0;
        /** `status`: none, loading, ready, failed */
        this.state = reactive({
            ...{ status: "none", key: null, room: null },
            ...{ occupants: [], matching: "" },
        });
    }

    async look(key, roomId) {
        const name = `${key}:${roomId}`;
        const turn = ++this.turn;
        const known = this.known.get(name);
        if (known) {
            this._show(key, roomId, known);
            return;
        }
        Object.assign(this.state, { status: "loading", room: roomId, occupants: [] });
        let answer;
        try {
            answer = await this.api.room(key, roomId);
        } catch {
            // The bed can be booked without it; the next look asks again.
            if (turn === this.turn) {
                Object.assign(this.state, { status: "failed", occupants: [] });
            }
            return;
        }
        this.known.set(name, answer);
        if (turn === this.turn) {
            this._show(key, roomId, answer);
        }
    }

    _show(key, roomId, { occupants, matching }) {
        Object.assign(this.state, { status: "ready", key, room: roomId, occupants, matching });
    }

    forget(key, roomId) {
        this.known.delete(`${key}:${roomId}`);
    }

    leave() {
        this.turn++;
        Object.assign(this.state, { status: "none", room: null, occupants: [] });
    }
}
