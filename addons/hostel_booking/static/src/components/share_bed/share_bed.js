import { Component, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { shortName } from "../../core/map_words";

/** Hands on the public address of the bed on the sheet: the phone's own sheet, or a copy. */
export class ShareBed extends Component {
    static template = "hostel_booking.ShareBed";
    static props = { store: Object };

    setup() {
        this.ui = useState({ busy: false, url: "", copied: false });
    }

    async share() {
        const placed = this.props.store.selected;
        this.ui.busy = true;
        const url = await this.props.store.shareLink();
        this.ui.busy = false;
        if (url && !(await this._handOn(placed, url))) {
            this.ui.copied = await this._copy(url);
            this.ui.url = url;
            this.props.store.say(this.text);
        }
    }

    async _handOn(placed, url) {
        // A desk has no sheet of its own worth the name.
        if (!browser.navigator.share || !browser.matchMedia("(pointer: coarse)").matches) {
            return false;
        }
        try {
            await browser.navigator.share({ title: shortName(placed), url });
            return true;
        } catch (error) {
            // Who closes the phone's sheet has decided; anything else falls back to a copy.
            return error.name === "AbortError";
        }
    }

    async _copy(url) {
        try {
            await browser.navigator.clipboard.writeText(url);
            return true;
        } catch {
            return false;
        }
    }

    get text() {
        return this.ui.copied
            ? _t("The address is copied. It shows this bed's state and price, and nobody's name.")
            : _t("Copy this address. It shows this bed's state and price, and nobody's name.");
    }
}
