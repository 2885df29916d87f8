export const AC = "ac";
export const BATH = "attached_bath";

/** @typedef {{sharing: number[], amenities: string[], maxPrice: number|null}} Filters */

/** @returns {Filters} */
export function noFilters() {
    return { sharing: [], amenities: [], maxPrice: null };
}

export function countActive(filters) {
    return filters.sharing.length + filters.amenities.length + (filters.maxPrice === null ? 0 : 1);
}

/** @param {import("./neighbours").PlacedBed} placed */
export function matches(filters, { bed, room }) {
    const codes = room.ac || [];
    return (
        (!filters.sharing.length || filters.sharing.includes(room.sharing)) &&
        filters.amenities.every((code) => codes.includes(code)) &&
        (filters.maxPrice === null || (bed.price ?? room.price) <= filters.maxPrice)
    );
}

export function toggled(list, value) {
    return list.includes(value) ? list.filter((item) => item !== value) : [...list, value];
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
    const codes = new Set(beds.flatMap(({ room }) => room.ac || []));
    const prices = distinct(beds.map(({ bed, room }) => bed.price ?? room.price));
    return {
        sharing:
            sharings.length > 1
                ? sharings.map((value) => ({ value, count: count({ sharing: [value] }) }))
                : [],
        amenities: [AC, BATH]
            .filter((value) => codes.has(value))
            .map((value) => ({
                value,
                count: count({ amenities: [...new Set([...filters.amenities, value])] }),
            })),
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
