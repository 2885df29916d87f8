import { Component, onWillStart, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { cohortApi } from "../../core/cohort_api";
import { freeInRoom, toggled } from "../../core/group_pick";

// The choice outlives the sheet, which closes between two beds.
const pickedOf = new WeakMap();

/** On the sheet of a free bed: the leader of a complete group holds beds for everybody. */
export class GroupHold extends Component {
    static template = "hostel_booking.GroupHold";
    static props = {
        store: Object,
        mapKey: String,
        i: Number,
        room: Object,
        api: { type: Object, optional: true },
    };

    setup() {
        this.api = this.props.api || cohortApi;
        if (!pickedOf.has(this.props.store)) {
            pickedOf.set(this.props.store, { picked: { key: "", beds: [] }, cohort: undefined });
        }
        this.state = useState(pickedOf.get(this.props.store));
        this.ui = useState({ busy: false, error: null });
        onWillStart(() => {
            // The sheet does not wait for it: most students are in no group.
            this._load();
        });
    }

    async _load() {
        if (this.state.cohort !== undefined) {
            return;
        }
        this.state.cohort = null;
        try {
            const { cohort, window } = await this.api.me();
            if (cohort?.leads && cohort.state === "complete" && !cohort.is_solo) {
                this.state.cohort = window.picks_live ? { size: cohort.members.length } : null;
            }
        } catch {
            // No round, or nobody who books: the map works without this.
        }
    }

    get size() {
        return this.state.cohort.size;
    }

    get roomBeds() {
        const { store, mapKey, room, i } = this.props;
        const isFree = (place) => store.data.stateOf(mapKey, place) === "free";
        return freeInRoom(room, isFree, i).slice(0, this.size);
    }

    get roomFits() {
        return this.roomBeds.length === this.size;
    }

    get isPicked() {
        const { key, beds } = this.state.picked;
        return key === this.props.mapKey && beds.includes(this.props.i);
    }

    get count() {
        return this.state.picked.key === this.props.mapKey ? this.state.picked.beds.length : 0;
    }

    toggle() {
        this.state.picked = toggled(this.state.picked, this.props.mapKey, this.props.i);
    }

    async hold(beds) {
        this.ui.busy = true;
        this.ui.error = null;
        try {
            await this.api.hold(this.props.mapKey, beds);
            browser.location.assign("/my/cohort");
        } catch (error) {
            this.ui.error = error;
            this.ui.busy = false;
            this.state.picked = { key: "", beds: [] };
        }
    }
}
