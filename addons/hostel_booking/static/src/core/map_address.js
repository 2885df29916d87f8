import { browser } from "@web/core/browser/browser";
import { noFilters } from "./filters";

/** The query of the page's address; tests put another in its place. */
export const pageAddress = {
    read: () => browser.location.search,
    write: (query) =>
        browser.history.replaceState(
            browser.history.state,
            "",
            browser.location.pathname + (query ? `?${query}` : "")
        ),
};

const VIEWS = ["map", "list", "best"];

const numbers = (text) =>
    (text || "")
        .split(",")
        .map(Number)
        .filter((n) => Number.isInteger(n) && n > 0);
const words = (text) => (text || "").split(",").filter(Boolean);

/** The address of a hostel's map in the same round: without it, the server chooses one. */
export function mapUrl(hostelId, round, query = {}) {
    const params = new URLSearchParams({ ...(round ? { round_id: round.id } : {}), ...query });
    const text = params.toString().replaceAll("%3A", ":");
    return `/hostel/map/${hostelId}${text ? `?${text}` : ""}`;
}

/**
 * What the address says about how to look at the map. Floors stand there by
 * name, because the keys of maps belong to a round.
 *
 * @param {{key: string, name: string}[]} floors
 */
export function readAddress(floors) {
    const params = new URLSearchParams(pageAddress.read());
    const keyOf = (name) => floors.find((floor) => floor.name === name)?.key;
    const price = Number(params.get("price"));
    const [, key, i] = /^([\w-]+):(\d+)$/.exec(params.get("bed") || "") || [];
    return {
        view: VIEWS.includes(params.get("view")) ? params.get("view") : "map",
        floorKey: keyOf(params.get("floor")) || null,
        bed: floors.some((floor) => floor.key === key) ? { key, i: Number(i) } : null,
        filters: {
            ...noFilters(),
            sharing: numbers(params.get("sharing")),
            amenities: words(params.get("with")),
            floors: words(params.get("floors")).map(keyOf).filter(Boolean),
            maxPrice: price > 0 ? price : null,
        },
    };
}

/** Keep in the address how one looks at the map, so that a reload finds it again. */
export function writeAddress({ view, floorKey, bed, filters }, floors) {
    const nameOf = (key) => floors.find((floor) => floor.key === key)?.name;
    const wanted = {
        view: view === "map" ? "" : view,
        floor: floorKey ? nameOf(floorKey) : "",
        sharing: filters.sharing.join(","),
        with: filters.amenities.join(","),
        floors: filters.floors.map(nameOf).join(","),
        price: filters.maxPrice ?? "",
        bed: bed ? `${bed.key}:${bed.i}` : "",
    };
    const params = new URLSearchParams(pageAddress.read());
    for (const [name, value] of Object.entries(wanted)) {
        if (value === "" || value === undefined) {
            params.delete(name);
        } else {
            params.set(name, value);
        }
    }
    pageAddress.write(params.toString());
}
