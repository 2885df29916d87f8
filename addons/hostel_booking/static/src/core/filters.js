export const AC = "ac";
export const BATH = "attached_bath";
/** The amenities that most people ask for first. */
export const FIRST_AMENITIES = [AC, BATH];

/**
 * @typedef {{sharing: number[], amenities: string[], floors: string[], maxPrice: number|null}} Filters
 * `floors` are keys of maps
 */

/** @returns {Filters} */
export function noFilters() {
    return { sharing: [], amenities: [], floors: [], maxPrice: null };
}

export function countActive(filters) {
    const { sharing, amenities, floors, maxPrice } = filters;
    return sharing.length + amenities.length + floors.length + (maxPrice === null ? 0 : 1);
}

/** @param {import("./neighbours").PlacedBed} placed */
export function matches(filters, { bed, room, floorKey }) {
    const codes = room.ac || [];
    return (
        (!filters.sharing.length || filters.sharing.includes(room.sharing)) &&
        (!filters.floors.length || filters.floors.includes(floorKey)) &&
        filters.amenities.every((code) => codes.includes(code)) &&
        (filters.maxPrice === null || (bed.price ?? room.price) <= filters.maxPrice)
    );
}

export function toggled(list, value) {
    return list.includes(value) ? list.filter((item) => item !== value) : [...list, value];
}

/** Names of the hostel's amenities by code, in the order in which rooms name them. */
function amenityNames(beds) {
    const names = new Map();
    for (const { room } of beds) {
        (room.ac || []).forEach((code, at) => {
            if (code && !names.has(code)) {
                names.set(code, room.a?.[at] || code);
            }
        });
    }
    return names;
}

/**
 * What can be chosen in this hostel, and how many free beds each choice
 * would leave if the other filters stayed as they are.
 *
 * @param {import("./neighbours").PlacedBed[]} beds all beds of the hostel
 * @param {import("./neighbours").PlacedBed[]} freeBeds those that the student may take now
 * @param {Filters} filters
 */
export function choices(beds, freeBeds, filters) {
    const count = (changed) => {
        const wanted = { ...filters, ...changed };
        return freeBeds.filter((placed) => matches(wanted, placed)).length;
    };
    const sharings = distinct(beds.map(({ room }) => room.sharing));
    const prices = distinct(beds.map(({ bed, room }) => bed.price ?? room.price));
    const floors = [...new Set(beds.map(({ floorKey }) => floorKey))];
    const names = amenityNames(beds);
    const first = FIRST_AMENITIES.filter((code) => names.has(code));
    const everywhere = (code) => beds.every(({ room }) => (room.ac || []).includes(code));
    // What every room has is no choice.
    const others = [...names.keys()].filter((code) => !first.includes(code) && !everywhere(code));
    return {
        sharing:
            sharings.length > 1
                ? sharings.map((value) => ({ value, count: count({ sharing: [value] }) }))
                : [],
        amenities: [...first, ...others].map((value) => ({
            value,
            name: names.get(value),
            first: first.includes(value),
            count: count({ amenities: [...new Set([...filters.amenities, value])] }),
        })),
        floors:
            floors.length > 1
                ? floors.map((value) => ({ value, count: count({ floors: [value] }) }))
                : [],
        prices:
            prices.length > 1
                ? prices.map((value) => ({ value, count: count({ maxPrice: value }) }))
                : [],
        matching: count({}),
    };
}

function distinct(values) {
    return [...new Set(values)].sort((a, b) => a - b);
}
