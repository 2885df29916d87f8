import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { canCompute, lines, recompute } from "../../core/lottery";

/** "Check it yourself": the visitor's own browser recomputes what the page claims. */
export class LotteryCheck extends Component {
    static template = "hostel_booking.LotteryCheck";
    static props = {
        facts: {
            type: Object,
            shape: { list: String, hash: String, number: String, seed: String, order: String },
        },
    };

    setup() {
        this.state = useState({ busy: false, verdict: null, query: "" });
        this.canCompute = canCompute();
    }

    get steps() {
        const { verdict } = this.state;
        return [
            ["list", _t("The list is sorted and no reference comes twice")],
            ["hash", _t("The list has the published SHA-256")],
            ["seed", _t("The seed is the SHA-256 of that hash and the public number")],
            ["order", _t("The order follows from the seed")],
        ].map(([name, text]) => ({ name, text, state: this._stateOf(verdict?.[name]) }));
    }

    _stateOf(value) {
        return value === undefined ? "todo" : value === null ? "later" : value ? "good" : "bad";
    }

    word(state) {
        return {
            todo: _t("not checked"),
            later: _t("not drawn yet"),
            good: _t("right"),
            bad: _t("WRONG"),
        }[state];
    }

    icon(state) {
        return { todo: "circle-o", later: "clock-o", good: "check-circle", bad: "times-circle" }[
            state
        ];
    }

    get summary() {
        const { verdict } = this.state;
        if (!verdict) {
            return "";
        }
        if (Object.values(verdict).includes(false)) {
            return _t("Something does not fit. Save this page and tell the hostel office.");
        }
        return verdict.order
            ? _t("Everything fits: your browser came to the same order.")
            : _t("The list is frozen as published. Come back when the number is out.");
    }

    get found() {
        const query = this.state.query.trim().toLowerCase();
        if (!query) {
            return "";
        }
        const rank = lines(this.props.facts.order).indexOf(query) + 1;
        if (rank) {
            return _t("Number %(rank)s", { rank });
        }
        return lines(this.props.facts.list).includes(query)
            ? _t("In the list, not drawn yet")
            : _t("Not in this list");
    }

    async check() {
        this.state.busy = true;
        try {
            this.state.verdict = await recompute(this.props.facts);
        } finally {
            this.state.busy = false;
        }
    }
}

registry.category("public_components").add("hostel_booking.lottery_check", LotteryCheck);
