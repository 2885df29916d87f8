import { Component, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatMoney } from "../../core/money";
import { moved } from "../../core/wishes";

/** Ranked wishes; moved by dragging the handle, or with the arrow keys on it. */
export class WishList extends Component {
    static template = "hostel_booking.WishList";
    static props = {
        wishes: Array,
        currency: Object,
        canChange: Boolean,
        busy: Boolean,
        onOrder: Function,
        onRemove: Function,
    };

    setup() {
        this.list = useRef("list");
        // While a wish is being moved, the order on the screen is ahead of the server's.
        this.state = useState({ order: null, dragged: null, said: "" });
    }

    get wishes() {
        if (!this.state.order) {
            return this.props.wishes;
        }
        const byId = new Map(this.props.wishes.map((wish) => [wish.id, wish]));
        return this.state.order.map((id) => byId.get(id)).filter(Boolean);
    }

    get order() {
        return this.wishes.map((wish) => wish.id);
    }

    price(wish) {
        const from = formatMoney(wish.price_from, this.props.currency);
        if (wish.price_from === wish.price_to) {
            return from;
        }
        return `${from} – ${formatMoney(wish.price_to, this.props.currency)}`;
    }

    hope(wish) {
        if (wish.rooms === 1) {
            return wish.free ? _t("This room is free") : _t("This room is not free now");
        }
        if (!wish.free) {
            return _t("%(rooms)s rooms fit, none is free now", { rooms: wish.rooms });
        }
        return _t("%(free)s of %(rooms)s rooms free", { free: wish.free, rooms: wish.rooms });
    }

    handleLabel(wish, index) {
        return _t("Move “%(wish)s”, wish %(rank)s. Use the up and down arrow keys.", {
            wish: wish.label,
            rank: index + 1,
        });
    }

    removeLabel(wish) {
        return _t("Take “%(wish)s” away", { wish: wish.label });
    }

    async onKeydown(ev, index) {
        const step = { ArrowUp: -1, ArrowDown: 1 }[ev.key];
        if (!step || this.props.busy) {
            return;
        }
        ev.preventDefault();
        const id = this.order[index];
        await this._save(moved(this.order, index, index + step));
        this.list.el?.querySelector(`[data-wish="${id}"] .hb_wish_handle`)?.focus();
    }

    onPointerdown(ev, id) {
        if (this.props.busy) {
            return;
        }
        ev.preventDefault();
        ev.target.setPointerCapture?.(ev.pointerId);
        this.state.dragged = id;
        this.state.order = this.order;
    }

    onPointermove(ev) {
        if (!this.state.dragged) {
            return;
        }
        const rows = [...this.list.el.querySelectorAll("[data-wish]")];
        const over = rows.findIndex((row) => {
            const box = row.getBoundingClientRect();
            return ev.clientY >= box.top && ev.clientY <= box.bottom;
        });
        const from = this.state.order.indexOf(this.state.dragged);
        if (over >= 0 && over !== from) {
            this.state.order = moved(this.state.order, from, over);
        }
    }

    onPointerup() {
        if (!this.state.dragged) {
            return;
        }
        this.state.dragged = null;
        const before = this.props.wishes.map((wish) => wish.id).join();
        if (this.order.join() === before) {
            this.state.order = null;
        } else {
            this._save(this.order);
        }
    }

    async _save(order) {
        this.state.order = order;
        const byId = new Map(this.props.wishes.map((wish, index) => [wish.id, index]));
        const changed = order.find((id, index) => byId.get(id) !== index);
        await this.props.onOrder(order);
        this.state.order = null;
        if (changed) {
            const rank = this.props.wishes.findIndex((wish) => wish.id === changed) + 1;
            this.state.said = _t("Now wish %(rank)s", { rank });
        }
    }
}
