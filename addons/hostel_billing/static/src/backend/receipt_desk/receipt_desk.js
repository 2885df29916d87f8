import { _t } from "@web/core/l10n/translation";
import { Dialog } from "@web/core/dialog/dialog";
import { KeepLast } from "@web/core/utils/concurrency";
import { Layout } from "@web/search/layout";
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useAutofocus, useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { useLiveRefresh } from "@hostel_base/live/live_refresh";
import { Component, onMounted, onWillStart, useRef, useState } from "@odoo/owl";

const REFRESH_SECONDS = 20;
const CROP_WIDTH = 300;
const CROP_HEIGHT = 64;

/** Asks for the words that go with a decision. */
export class ReceiptReason extends Component {
    static template = "hostel_billing.ReceiptReason";
    static components = { Dialog };
    static props = {
        title: String,
        hint: String,
        label: String,
        presets: Array,
        confirm: Function,
        close: Function,
    };

    setup() {
        this.state = useState({ text: "" });
        useAutofocus();
    }

    async done() {
        if (this.state.text.trim()) {
            await this.props.confirm(this.state.text.trim());
            this.props.close();
        }
    }

    onKeydown(ev) {
        if (ev.key === "Enter" && (ev.ctrlKey || ev.metaKey)) {
            this.done();
        }
    }
}

/** Receipts that wait for a person: the page, each value's crop beside what was read, one key to decide. */
export class ReceiptDesk extends Component {
    static template = "hostel_billing.ReceiptDesk";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.keepLast = new KeepLast();
        this.keepCard = new KeepLast();
        this.root = useRef("root");
        this.searchInput = useRef("search");
        this.display = { controlPanel: {} };
        this.state = useState({
            data: null,
            card: null,
            focused: null,
            field: null,
            options: { filter: "review", search: "" },
            busy: false,
            failed: "",
        });
        this.onSearch = useDebounced(() => this.load(), 250);
        onWillStart(() => this.load());
        onMounted(() => this.root.el?.focus());
        useLiveRefresh(
            () => this.refresh(),
            () => !document.querySelector(".modal, .o_command_palette"),
            REFRESH_SECONDS
        );
    }

    // --- what is shown -----------------------------------------------------

    async fetch(orm = this.orm) {
        const data = await this.keepLast.add(
            orm.call("hostel.receipt.desk", "get_data", [{ ...this.state.options }])
        );
        this.state.data = data;
        this.state.failed = "";
        if (!data.rows.some((row) => row.id === this.state.focused)) {
            await this.focusRow(data.rows[0]?.id || null);
        }
    }

    load() {
        return this.fetch();
    }

    async refresh() {
        try {
            await this.fetch(this.orm.silent);
        } catch {
            this.state.failed = _t("Not current: the server does not answer.");
        }
    }

    async focusRow(id) {
        this.state.focused = id;
        this.state.field = null;
        if (!id) {
            this.state.card = null;
            return;
        }
        this.state.card = await this.keepCard.add(
            this.orm.call("hostel.receipt.desk", "get_receipt", [id])
        );
        const doubtful = this.state.card.fields.find((one) => one.state !== "ok" && one.box);
        this.state.field = doubtful?.name || null;
        this.root.el?.querySelector(`[data-row="${id}"]`)?.scrollIntoView({ block: "nearest" });
    }

    setFilter(key) {
        this.state.options.filter = key;
        this.state.focused = null;
        return this.load();
    }

    waits(row) {
        const minutes = Math.max(0, Math.round((Date.now() - new Date(row.sent_at)) / 60000));
        if (minutes < 60) {
            return _t("%s min", minutes);
        }
        return minutes < 2880
            ? _t("%s h", Math.round(minutes / 60))
            : _t("%s days", Math.round(minutes / 1440));
    }

    icon(state) {
        return {
            ok: "fa-check-circle text-success",
            doubtful: "fa-question-circle text-warning",
            bad: "fa-times-circle text-danger",
        }[state];
    }

    stateWord(state) {
        return { ok: _t("Fits"), doubtful: _t("Doubtful"), bad: _t("Wrong") }[state];
    }

    /** How the page has to be scaled and moved so that a value fills its crop. */
    cropStyle(box) {
        const [left, top, right, bottom] = box;
        const margin = 0.35 * (bottom - top);
        const scale = Math.min(
            CROP_WIDTH / (right - left + 2 * margin),
            CROP_HEIGHT / (bottom - top + 2 * margin),
            3
        );
        const [width] = this.state.card.size;
        return [
            `width: ${width * scale}px`,
            `left: ${-(left - margin) * scale}px`,
            `top: ${CROP_HEIGHT / 2 - ((top + bottom) / 2) * scale}px`,
        ].join("; ");
    }

    boxStyle(box) {
        const [width, height] = this.state.card.size;
        const [left, top, right, bottom] = box;
        const pad = 0.25 * (bottom - top);
        const per = (value, whole) => `${(100 * value) / whole}%`;
        return [
            `left: ${per(left - pad, width)}`,
            `top: ${per(top - pad, height)}`,
            `width: ${per(right - left + 2 * pad, width)}`,
            `height: ${per(bottom - top + 2 * pad, height)}`,
        ].join("; ");
    }

    get canDecide() {
        return this.state.data.may_decide && this.state.card?.state === "review";
    }

    // --- keys --------------------------------------------------------------

    onKeydown(ev) {
        const inField = ["INPUT", "SELECT", "TEXTAREA"].includes(ev.target.tagName);
        if (ev.ctrlKey || ev.metaKey || ev.altKey || inField) {
            return;
        }
        const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[ev.key];
        if (step) {
            ev.preventDefault();
            const ids = this.state.data.rows.map((row) => row.id);
            const at = ids.indexOf(this.state.focused);
            const next = ids[Math.min(Math.max(at + step, 0), ids.length - 1)];
            return next && this.focusRow(next);
        }
        const acts = {
            a: () => this.accept(),
            r: () => this.reject(),
            n: () => this.nextField(),
            "/": () => this.searchInput.el?.focus(),
        };
        if (acts[ev.key]) {
            ev.preventDefault();
            acts[ev.key]();
        }
    }

    /** To the next value that needs a look, then to the others. */
    nextField() {
        const shown = (this.state.card?.fields || []).filter((one) => one.box);
        const order = [
            ...shown.filter((one) => one.state !== "ok"),
            ...shown.filter((one) => one.state === "ok"),
        ];
        const at = order.findIndex((one) => one.name === this.state.field);
        this.state.field = order[(at + 1) % order.length]?.name || null;
    }

    // --- deciding ----------------------------------------------------------

    accept() {
        if (!this.canDecide || this.state.busy) {
            return;
        }
        if (!this.state.card.is_wrong) {
            return this.send("action_accept", []);
        }
        this.dialog.add(ReceiptReason, {
            title: _t("Accept all the same"),
            hint: _t("Something on this receipt is wrong. What you write stays with your name."),
            label: _t("Why do you accept it?"),
            presets: [],
            confirm: (text) => this.send("action_accept", [text]),
        });
    }

    reject() {
        if (!this.canDecide || this.state.busy) {
            return;
        }
        const problems = this.state.card.fields.flatMap((one) => one.problems);
        this.dialog.add(ReceiptReason, {
            title: _t("Do not accept"),
            hint: _t("The student reads this, and can send another receipt."),
            label: _t("What should the student do?"),
            presets: [
                ...problems,
                ...this.state.card.others,
                _t("Please send a sharper picture of the whole receipt."),
                _t("Please bring the receipt to the accounts office."),
            ].slice(0, 6),
            confirm: (text) => this.send("action_reject", [text]),
        });
    }

    async send(method, args) {
        const { id, student } = this.state.card;
        this.state.busy = true;
        try {
            await this.orm.call("hostel.receipt", method, [[id], ...args]);
            this.notification.add(
                method === "action_accept"
                    ? _t("%s is cleared.", student)
                    : _t("%s was told.", student),
                { type: "success" }
            );
            const ids = this.state.data.rows.map((row) => row.id);
            const next = ids[ids.indexOf(id) + 1] || ids[ids.indexOf(id) - 1] || null;
            await this.load();
            if (next && this.state.data.rows.some((row) => row.id === next)) {
                await this.focusRow(next);
            }
        } finally {
            this.state.busy = false;
            this.root.el?.focus();
        }
    }

    openStudent() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "hostel.student",
            res_id: this.state.card.student_id,
            views: [[false, "form"]],
        });
    }

    openList() {
        return this.action.doAction("hostel_billing.hostel_receipt_action");
    }
}

registry.category("actions").add("hostel_receipt_desk", ReceiptDesk);
