import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";

/**
 * The server sends how long is left, never a time of day, so a wrong clock
 * on the phone can't lengthen or shorten anything.
 */
export function now() {
    return browser.performance.now();
}

/** @returns {number|null} when the remaining time will have run out, on `now()`'s clock */
export function deadline(remainingMs) {
    return Number.isFinite(remainingMs) ? now() + Math.max(0, remainingMs) : null;
}

export function remaining(until) {
    return until === null ? 0 : Math.max(0, until - now());
}

const pad = (n) => String(n).padStart(2, "0");

/** "8:31", "1:02:03"; rounded up, so that "0:00" means over. */
export function formatClock(ms) {
    const seconds = Math.ceil(ms / 1000);
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor(seconds / 60) % 60;
    const rest = pad(seconds % 60);
    return hours ? `${hours}:${pad(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** "2 days", "3 hours", "8 minutes", "20 seconds", for sentences and screen readers. */
export function formatSpan(ms) {
    const seconds = Math.ceil(ms / 1000);
    if (seconds >= 2 * 86400) {
        return _t("%(n)s days", { n: Math.floor(seconds / 86400) });
    }
    if (seconds >= 2 * 3600) {
        return _t("%(n)s hours", { n: Math.floor(seconds / 3600) });
    }
    if (seconds >= 120) {
        return _t("%(n)s minutes", { n: Math.floor(seconds / 60) });
    }
    return seconds >= 60 ? _t("1 minute") : _t("%(n)s seconds", { n: seconds });
}
