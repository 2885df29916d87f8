import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { Interaction } from "@web/public/interaction";
import { claimPage, registerWorker, unsubscribe } from "./push_subscription";

/** Makes the site an app for whoever is signed in. */
export class Pwa extends Interaction {
    static selector = "#wrapwrap";
    dynamicContent = {
        // The next person on this device must not get the notices of this one.
        "a[href*='/web/session/logout']": { "t-on-click": this.onLogout },
    };

    start() {
        if (user.userId && browser.navigator.serviceWorker) {
            // Private windows and some browsers refuse; the site works without.
            registerWorker()
                .then(claimPage)
                .catch(() => {});
        }
    }

    onLogout(ev) {
        const link = ev.currentTarget;
        if (!browser.navigator.serviceWorker?.controller || ev.ctrlKey || ev.metaKey) {
            return;
        }
        ev.preventDefault();
        const leave = () => browser.location.assign(link.href);
        const late = new Promise((resolve) => browser.setTimeout(resolve, 1500));
        Promise.race([unsubscribe().catch(() => {}), late]).then(leave);
    }
}

registry.category("public.interactions").add("hostel_base.pwa", Pwa);
