import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { onMounted, onWillUnmount, useEnv } from "@odoo/owl";

export const LIVE_SECONDS = 30;
/** News come in swarms, and many desks hear the same: each waits a little before it asks. */
export const NEWS_MS = 1000;
export const NEWS_SPREAD_MS = 2000;

/**
 * What tells that something changed: `(env, onNews) => stop`, or a promise of it. Other addons add
 * theirs; without any the pages ask by the clock.
 */
export const liveNews = registry.category("hostel_live_news");

/**
 * Calls something when there is news of it, and every so often while the page is looked at, for
 * what no news told; and at once when it is looked at again.
 *
 * @param {() => Promise<unknown>} refresh
 * @param {() => boolean} [mayRefresh] false while a person is in the middle of something
 * @param {number} [seconds]
 * @param {{ news?: boolean }} [options] whether to listen to the news too
 */
export function useLiveRefresh(
    refresh,
    mayRefresh = () => true,
    seconds = LIVE_SECONDS,
    { news = false } = {}
) {
    const env = useEnv();
    let timer = null;
    let soon = null;
    let stops = [];
    let gone = false;
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
    const onNews = () => {
        soon ??= browser.setTimeout(
            () => {
                soon = null;
                tick();
            },
            NEWS_MS + Math.random() * NEWS_SPREAD_MS
        );
    };
    const listen = async (source) => {
        const stop = await source(env, onNews);
        if (gone) {
            stop();
        } else {
            stops.push(stop);
        }
    };
    onMounted(() => {
        if (news) {
            // A source that fails leaves the clock.
            liveNews.getAll().forEach((source) => listen(source).catch(() => {}));
        }
        timer = browser.setInterval(tick, seconds * 1000);
        document.addEventListener("visibilitychange", onVisible);
    });
    onWillUnmount(() => {
        gone = true;
        stops.forEach((stop) => stop());
        stops = [];
        browser.clearTimeout(soon);
        browser.clearInterval(timer);
        document.removeEventListener("visibilitychange", onVisible);
    });
}
