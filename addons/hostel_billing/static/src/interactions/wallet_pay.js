import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/**
 * Goes on to Camu by itself, once: whoever comes back with the browser's back button finds
 * the button instead of being thrown forward again.
 */
export class WalletPay extends Interaction {
    static selector = ".o_hostel_wallet_pay";

    start() {
        const form = this.el.querySelector("form");
        const [navigation] = performance.getEntriesByType("navigation");
        if (form && navigation?.type !== "back_forward") {
            this.el.querySelector(".o_hostel_wallet_going").classList.remove("d-none");
            form.submit();
        }
    }
}

registry.category("public.interactions").add("hostel_billing.wallet_pay", WalletPay);
