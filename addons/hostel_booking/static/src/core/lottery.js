import { browser } from "@web/core/browser/browser";

/**
 * The lottery's rules once more, in the visitor's own browser; `tools/lottery.py` explains them.
 * Nothing here asks the server: what is checked stands on the page.
 */

const encoder = new TextEncoder();

/** Whether this browser can compute SHA-256: only on https, or on one's own machine. */
export function canCompute() {
    return Boolean(browser.crypto?.subtle ?? globalThis.crypto?.subtle);
}

/** SHA-256 of a text in UTF-8, in lower-case hexadecimal. */
export async function sha256(text) {
    const subtle = browser.crypto?.subtle ?? globalThis.crypto.subtle;
    const digest = await subtle.digest("SHA-256", encoder.encode(text));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function lines(text) {
    return text.split("\n").filter(Boolean);
}

/** Whether a list is what the rules ask for: sorted, each reference once. */
export function isWellFormed(text) {
    const references = lines(text);
    return (
        references.length > 0 &&
        text === references.map((reference) => `${reference}\n`).join("") &&
        references.every((reference, i) => i === 0 || references[i - 1] < reference)
    );
}

/** The references in the order that a seed gives them. */
export async function draw(references, seed) {
    const keyed = await Promise.all(
        references.map(async (reference) => [await sha256(seed + reference), reference])
    );
    keyed.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : 1));
    return keyed.map(([, reference]) => reference);
}

/**
 * Recompute everything that a lottery's page claims.
 *
 * @param {{list: string, hash: string, number: string, seed: string, order: string}} facts
 * @returns {Promise<{list: boolean, hash: boolean, seed: boolean|null, order: boolean|null}>}
 *     null where nothing is claimed yet
 */
export async function recompute({ list, hash, number, seed, order }) {
    const verdict = {
        list: isWellFormed(list),
        hash: (await sha256(list)) === hash,
        seed: null,
        order: null,
    };
    if (number) {
        const mySeed = await sha256((await sha256(list)) + number);
        verdict.seed = mySeed === seed;
        const mine = await draw(lines(list), mySeed);
        verdict.order = mine.map((reference) => `${reference}\n`).join("") === order;
    }
    return verdict;
}
