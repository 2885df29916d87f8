import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";

const EVERY_MS = 1200;

/** Shows how far the reading of a receipt is, and brings the result without a reload by hand. */
export class ReceiptProgress extends Interaction {
    static selector = ".o_hostel_receipt_progress";
    dynamicContent = {
        ".o_step": { "t-out": () => this.text },
        ".progress-bar": { "t-att-style": () => ({ width: `${this.percent}%` }) },
    };

    setup() {
        this.words = { ...this.el.dataset };
        this.text = this.words.queue;
        this.percent = 15;
    }

    start() {
        this.poll();
    }

    async poll() {
        try {
            const answer = await this.waitFor(fetch(this.words.url, { cache: "no-store" }));
            const { receipt } = await this.waitFor(answer.json());
            if (receipt && receipt.step === "done") {
                window.location.reload();
                return;
            }
            if (receipt) {
                this.show(receipt);
            }
        } catch {
            // No network for a moment: the next look will tell.
        }
        this.waitForTimeout(() => this.poll(), EVERY_MS);
    }

    show(receipt) {
        if (receipt.step === "reading") {
            this.text = this.words.reading;
            this.percent = Math.min(92, Math.max(45, this.percent + 12));
        } else {
            this.text = receipt.ahead
                ? this.words.ahead.replace("{count}", receipt.ahead)
                : this.words.queue;
        }
        this.updateContent();
    }
}

registry.category("public.interactions").add("hostel_billing.receipt_progress", ReceiptProgress);
