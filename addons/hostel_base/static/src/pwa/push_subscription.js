import { browser } from "@web/core/browser/browser";

const WORKER_URL = "/hostel/service-worker.js";
const SCOPE = "/";

/** Browsers want the key as bytes. */
export function decodeKey(text) {
    const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
    const padded = base64 + "=".repeat((4 - (base64.length % 4)) % 4);
    return Uint8Array.from(atob(padded), (char) => char.charCodeAt(0));
}

export function registerWorker() {
    return browser.navigator.serviceWorker.register(WORKER_URL, { scope: SCOPE });
}

/** Have the worker serve this page too. A page that was loading when the worker started is missed. */
export async function claimPage() {
    const workers = browser.navigator.serviceWorker;
    const { active } = await workers.ready;
    if (!workers.controller) {
        active.postMessage("claim");
    }
}

async function getRegistration() {
    await registerWorker();
    return browser.navigator.serviceWorker.ready;
}

export async function callJson(url, body) {
    const options = body && {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
    };
    const response = await browser.fetch(url, options);
    const answer = await response.json();
    if (!answer.success) {
        throw new Error(answer.error);
    }
    return answer;
}

export async function getSubscription() {
    const registration = await browser.navigator.serviceWorker?.getRegistration(SCOPE);
    return (await registration?.pushManager?.getSubscription()) || null;
}

/** Subscribe this browser and tell the server; asks for the permission. */
export async function subscribe() {
    const registration = await getRegistration();
    const { key } = await callJson("/my/push/key");
    const wanted = decodeKey(key);
    let subscription = await registration.pushManager.getSubscription();
    const used = subscription?.options.applicationServerKey;
    if (subscription && (!used || String(new Uint8Array(used)) !== String(wanted))) {
        // The server's key changed since.
        await subscription.unsubscribe();
        subscription = null;
    }
    subscription ||= await registration.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: wanted,
    });
    const { endpoint, keys } = subscription.toJSON();
    try {
        await callJson("/my/push/subscribe", { endpoint, keys });
    } catch (error) {
        await subscription.unsubscribe();
        throw error;
    }
}

export async function unsubscribe() {
    const subscription = await getSubscription();
    if (!subscription) {
        return;
    }
    const { endpoint } = subscription;
    await subscription.unsubscribe();
    await callJson("/my/push/unsubscribe", { endpoint });
}
