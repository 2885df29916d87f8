import { browser } from "@web/core/browser/browser";
import { onMounted, onWillUnmount } from "@odoo/owl";

export const LIVE_SECONDS = 30;

/**
 * Calls something again and again while the page is looked at, and at once when it is looked at
 * again. Polling, not the bus: on booking day thousands of beds change in minutes, and each
 * change would wake every desk.
 *
 * @param {() => Promise<unknown>} refresh
 * @param {() => boolean} [mayRefresh] false while a person is in the middle of something
 * @param {number} [seconds]
 */
export function useLiveRefresh(refresh, mayRefresh = () => true, seconds = LIVE_SECONDS) {
    let timer = null;
    let last = Date.now();

    const tick = async () => {
        if (document.visibilityState !== "visible" || !mayRefresh()) {
            return;
        }
        last = Date.now();
        await refresh();
    };
    const onVisible = () => {
        if (document.visibilityState === "visible" && Date.now() - last > seconds * 1000) {
            tick();
        }
    };
    onMounted(() => {
        timer = browser.setInterval(tick, seconds * 1000);
        document.addEventListener("visibilitychange", onVisible);
    });
    onWillUnmount(() => {
        browser.clearInterval(timer);
        document.removeEventListener("visibilitychange", onVisible);
    });
}
