import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";

const RETRY = 5000;
const LOOK = 20000;
// A code is shown only as long as the desk still takes it.
const MARGIN = 15000;

/** Keeps a fresh code on the student's pass, and turns the page once the desk let the student in. */
export class CheckInPass extends Interaction {
    static selector = ".o_hostel_pass[data-state=allocated]";
    dynamicContent = {
        img: { "t-att-class": () => ({ "d-none": !this.qr }), "t-att-src": () => this.qr },
        ".o_hostel_pass_wait": { "t-att-class": () => ({ "d-none": Boolean(this.qr) }) },
        ".o_hostel_pass_offline": { "t-att-class": () => ({ "d-none": !this.offline }) },
    };

    setup() {
        this.qr = "";
        this.offline = false;
        this.freshUntil = 0;
    }

    async willStart() {
        await this.look();
    }

    async look() {
        try {
            const response = await fetch("/my/hostel/pass/code");
            const answer = await response.json();
            if (!answer.success || answer.state !== "allocated") {
                window.location.reload();
                return;
            }
            this.offline = false;
            this.qr = answer.qr;
            this.el.dataset.code = answer.code;
            this.freshUntil = Date.now() + answer.expires_in_ms - MARGIN;
        } catch {
            this.offline = true;
            if (Date.now() > this.freshUntil) {
                this.qr = "";
            }
        }
        if (this.isReady) {
            this.updateContent();
        }
        this.waitForTimeout(() => this.look(), this.offline ? RETRY : LOOK);
    }
}

registry.category("public.interactions").add("hostel_booking.check_in_pass", CheckInPass);
