/* The portal's worker: an offline page, and what the hostel tells a closed phone. */

const CACHE_PREFIX = "hostel-offline-";
const CACHE = `${CACHE_PREFIX}1`;
const OFFLINE_URL = "/hostel/offline";
const ICON_URL = "/hostel_base/static/img/pwa/icon-192.png";
// The backend is an app of its own; files that the server sends to be saved are not pages.
const NOT_OURS = /^\/(odoo|scoped_app|web\/(?!login|signup|reset_password)|websocket)(\/|$)/;

self.addEventListener("install", (event) => {
    event.waitUntil(
        (async () => {
            const cache = await caches.open(CACHE);
            // Without cookies: what stays on the phone is what everybody gets.
            const requests = [OFFLINE_URL, ICON_URL].map(
                (url) => new Request(url, { cache: "reload", credentials: "omit" })
            );
            await cache.addAll(requests);
            await self.skipWaiting();
        })()
    );
});

self.addEventListener("activate", (event) => {
    event.waitUntil(
        (async () => {
            for (const name of await caches.keys()) {
                if (name.startsWith(CACHE_PREFIX) && name !== CACHE) {
                    await caches.delete(name);
                }
            }
            await self.clients.claim();
        })()
    );
});

self.addEventListener("message", (event) => {
    if (event.data === "claim") {
        event.waitUntil(self.clients.claim());
    }
});

self.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (url.origin !== self.location.origin) {
        return;
    }
    if (request.mode === "navigate" && request.method === "GET" && !NOT_OURS.test(url.pathname)) {
        event.respondWith(
            fetch(request).catch(async () => (await caches.match(OFFLINE_URL)) || Response.error())
        );
    } else if (url.pathname === ICON_URL) {
        event.respondWith(
            fetch(request).catch(async () => (await caches.match(ICON_URL)) || Response.error())
        );
    }
});

self.addEventListener("push", (event) => {
    let message = {};
    try {
        message = event.data.json();
    } catch {
        // A browser wants to see something for each push, whatever came.
    }
    event.waitUntil(
        self.registration.showNotification(message.title || "Hostel", {
            icon: ICON_URL,
            ...message.options,
        })
    );
});

/** Address of the page to open: one of this site, whatever the message says. */
function pageOf(notification) {
    const url = new URL(notification.data?.url || "/my", self.location.origin);
    return url.origin === self.location.origin
        ? url.href
        : new URL("/my", self.location.origin).href;
}

self.addEventListener("notificationclick", (event) => {
    event.notification.close();
    event.waitUntil(
        (async () => {
            const url = pageOf(event.notification);
            const windows = await self.clients.matchAll({ type: "window" });
            const open = windows.find((client) => client.url === url);
            return open ? open.focus() : self.clients.openWindow(url);
        })()
    );
});

self.addEventListener("pushsubscriptionchange", (event) => {
    const options = event.oldSubscription?.options;
    if (!options) {
        return;
    }
    event.waitUntil(
        (async () => {
            const subscription = await self.registration.pushManager.subscribe(options);
            const { endpoint, keys } = subscription.toJSON();
            await fetch("/my/push/subscribe", {
                method: "POST",
                headers: { "Content-Type": "application/json" },
                body: JSON.stringify({ endpoint, keys }),
            });
        })()
    );
});
