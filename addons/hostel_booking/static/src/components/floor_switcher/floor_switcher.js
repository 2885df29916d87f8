import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { floorShort, floorTitle } from "../../core/bed_states";

const STEP = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 };

/** The floors with their free beds: a rail on a desk, a row on a phone. */
export class FloorSwitcher extends Component {
    static template = "hostel_booking.FloorSwitcher";
    static props = { store: Object };

    setup() {
        this.store = this.props.store;
        this.state = useState(this.store.state);
        this.root = useRef("root");
        useEffect(
            () => {
                this.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
            },
            () => [this.state.floorKey]
        );
    }

    get current() {
        return this.root.el.querySelector("[aria-selected='true']");
    }

    short(floor) {
        return floorShort(floor);
    }

    freeText(floor) {
        if (!floor.eligible) {
            return _t("not for you");
        }
        return floor.loaded ? _t("%(n)s free", { n: floor.free }) : "…";
    }

    label(floor) {
        return `${floorTitle(floor)}, ${this.freeText(floor)}`;
    }

    share({ free, total }) {
        return total ? Math.round((free / total) * 100) : 0;
    }

    onKeydown(ev) {
        const step = STEP[ev.key];
        if (!step) {
            return;
        }
        ev.preventDefault();
        const { floors, floorKey } = this.state;
        const at = floors.findIndex(({ key }) => key === floorKey);
        const to = floors[at + step];
        if (to) {
            this.store.setFloor(to.key);
            this.root.el.querySelector(`[data-floor="${to.key}"]`).focus();
        }
    }
}
