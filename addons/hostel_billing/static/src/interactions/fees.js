import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

// While somebody is at the bank, and while a bill is only open.
const SOON_MS = 4000;
const LATER_MS = 20000;

/** Adds up what is ticked, and shows a payment as soon as the books have it. */
export class Fees extends Interaction {
    static selector = ".o_hostel_fees";
    dynamicContent = {
        // On the page, because the boxes are painted anew.
        _root: { "t-on-change": this.onChange },
    };

    setup() {
        this.version = this.el.dataset.version;
    }

    start() {
        if (this.el.querySelector("input[type=checkbox][name=bill]")) {
            this.showTotal();
        }
        this.watch();
    }

    onChange(ev) {
        if (ev.target.name === "bill") {
            this.showTotal();
        }
    }

    showTotal() {
        const ticked = this.el.querySelectorAll("input[type=checkbox][name=bill]:checked");
        const total = [...ticked].reduce((sum, box) => sum + Number(box.dataset.amount), 0);
        const button = this.el.querySelector(".o_hostel_fees_pay");
        const shown = button?.querySelector(".oe_currency_value");
        if (shown) {
            // As the server writes it.
            const digits = total % 1 ? 2 : 0;
            shown.textContent = new Intl.NumberFormat("en-IN", {
                minimumFractionDigits: digits,
                maximumFractionDigits: digits,
            }).format(total);
            button.disabled = !total;
        }
    }

    watch() {
        if (!this.el.dataset.watch) {
            return;
        }
        const pause = this.el.dataset.underway ? SOON_MS : LATER_MS;
        this.waitForTimeout(() => this.look(), pause);
    }

    async look() {
        if (document.visibilityState === "visible") {
            try {
                const answer = await this.waitFor(
                    fetch(this.el.dataset.url, { cache: "no-store" })
                );
                const { version } = await this.waitFor(answer.json());
                if (version && version !== this.version) {
                    await this.repaint();
                    this.version = version;
                }
            } catch {
                // No network for a moment: the next look will tell.
            }
        }
        this.watch();
    }

    /** What has changed takes its place; what is open stays open, and nothing jumps. */
    async repaint() {
        const answer = await this.waitFor(fetch(this.el.dataset.page, { cache: "no-store" }));
        const text = await this.waitFor(answer.text());
        const page = new DOMParser().parseFromString(text, "text/html");
        const fresh = page.querySelector(".o_hostel_fees");
        if (!fresh) {
            return;
        }
        const open = new Set(
            [...this.el.querySelectorAll("article details[open]")].map(
                (one) => one.closest("article").id
            )
        );
        for (const one of fresh.querySelectorAll("article details")) {
            one.open = open.has(one.closest("article").id);
        }
        this.el.replaceChildren(...fresh.childNodes);
        Object.assign(this.el.dataset, fresh.dataset);
        for (const name of ["underway", "watch"]) {
            if (!(name in fresh.dataset)) {
                delete this.el.dataset[name];
            }
        }
        const state = this.el.querySelector(".o_hostel_fees_hero");
        state?.setAttribute("role", "status");
    }
}

registry.category("public.interactions").add("hostel_billing.fees", Fees);
