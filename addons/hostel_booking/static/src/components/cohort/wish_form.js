import { Component, onMounted, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatMoney } from "../../core/money";
import { openChoices, outlook } from "../../core/wishes";

const EMPTY = { hostel_id: 0, room_type_id: 0, floor_id: 0, room_id: 0, amenity_ids: [] };

/** One new wish: every choice narrows the rooms, and says at once how many are left. */
export class WishForm extends Component {
    static template = "hostel_booking.WishForm";
    static props = {
        choices: Object,
        currency: Object,
        busy: Boolean,
        onAdd: Function,
        onClose: Function,
    };

    setup() {
        this.first = useRef("first");
        this.wish = useState({ ...EMPTY, amenity_ids: [] });
        onMounted(() => this.first.el?.focus());
    }

    get open() {
        return openChoices(this.props.choices, this.wish);
    }

    get hope() {
        return outlook(this.wish, this.props.choices.rooms, this.props.choices.size);
    }

    get hopeText() {
        const { rooms, free } = this.hope;
        if (!rooms) {
            return _t("No room is like that. Leave something out.");
        }
        return _t("%(rooms)s rooms fit, %(free)s free right now", { rooms, free });
    }

    get priceText() {
        const { priceFrom, priceTo } = this.hope;
        const from = formatMoney(priceFrom, this.props.currency);
        return priceFrom === priceTo
            ? from
            : `${from} – ${formatMoney(priceTo, this.props.currency)}`;
    }

    choose(name, ev) {
        this.wish[name] = Number(ev.target.value);
        // What was chosen inside another hostel or floor means nothing any more.
        if (name === "hostel_id") {
            Object.assign(this.wish, { floor_id: 0, room_id: 0, room_type_id: 0, amenity_ids: [] });
        } else if (name !== "room_id") {
            this.wish.room_id = 0;
        }
    }

    toggle(id) {
        const has = this.wish.amenity_ids.includes(id);
        this.wish.amenity_ids = has
            ? this.wish.amenity_ids.filter((other) => other !== id)
            : [...this.wish.amenity_ids, id];
        this.wish.room_id = 0;
    }

    roomLabel(room) {
        return room.free >= this.props.choices.size
            ? room.name
            : _t("%(room)s · not free now", { room: room.name });
    }

    add() {
        this.props.onAdd({ ...this.wish });
    }
}
