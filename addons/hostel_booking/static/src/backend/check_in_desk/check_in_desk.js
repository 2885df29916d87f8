import { Component, onMounted, useRef, useState } from "@odoo/owl";
import { isBarcodeScannerSupported } from "@web/core/barcode/barcode_video_scanner";
import { RPCError } from "@web/core/network/rpc";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { scanPass } from "@hostel_base/components/pass_scanner/pass_scanner";

const MODEL = "hostel.check.in.desk";

/** The desk: scan a pass or type a roll number, look at one card, press one button. */
export class CheckInDesk extends Component {
    static template = "hostel_booking.CheckInDesk";
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.input = useRef("input");
        this.hasCamera = isBarcodeScannerSupported();
        this.state = useState({
            typed: "",
            card: null,
            keys: {},
            error: "",
            busy: false,
            done: false,
        });
        onMounted(() => this.focus());
    }

    focus() {
        this.input.el?.focus();
    }

    get chosenKeys() {
        return Object.keys(this.state.keys)
            .filter((id) => this.state.keys[id])
            .map(Number);
    }

    async call(method, args) {
        if (this.state.busy) {
            return;
        }
        Object.assign(this.state, { busy: true, error: "", done: false });
        try {
            // A refusal is an answer here: it stands on the card and not in a dialog.
            const card = await this.orm.silent.call(MODEL, method, args);
            this.show(card);
            return card;
        } catch (error) {
            if (!(error instanceof RPCError)) {
                this.state.error = _t("No connection. Nothing was saved; try again.");
            } else {
                this.state.error = error.data?.message || error.message;
            }
            if (method === "scan") {
                this.state.card = null;
            }
        } finally {
            this.state.busy = false;
        }
    }

    show(card) {
        this.state.card = card;
        this.state.keys = {};
        // The bed's own key first; without one, the first of the room's.
        const own = card.keys.filter((key) => key.is_own);
        for (const key of own.length ? own : card.keys.slice(0, 1)) {
            this.state.keys[key.id] = true;
        }
    }

    async onSubmit() {
        const text = this.state.typed.trim();
        this.state.typed = "";
        if (text) {
            await this.call("scan", [text]);
        }
        this.focus();
    }

    async onCamera() {
        try {
            const text = await scanPass(this.dialog);
            await this.call("scan", [text]);
        } catch (error) {
            this.state.error = error.message;
        }
    }

    async onCheckIn() {
        const card = await this.call("check_in", [this.state.card.id, this.chosenKeys]);
        this.state.done = Boolean(card);
        this.focus();
    }

    async onHandOver() {
        await this.call("hand_over", [this.state.card.id, this.chosenKeys]);
    }

    onOpenForm() {
        this.open("hostel.room.condition", this.state.card.condition_id);
    }

    onOpenStay() {
        this.open("hostel.allocation", this.state.card.id);
    }

    open(model, id) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    onClear() {
        Object.assign(this.state, { card: null, error: "", done: false });
        this.focus();
    }
}

registry.category("actions").add("hostel_booking.check_in_desk", CheckInDesk);
