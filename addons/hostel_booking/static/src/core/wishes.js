/** Arithmetic of wishes, without a page: which rooms fit, and what moving one does. */

/**
 * @param {{hostel_id: number, floor_id: number, room_type_id: number, room_id: number,
 *     amenity_ids: number[]}} wish 0 and the empty list stand for “does not matter”
 * @param {Object} room one of the server's choices
 */
export function fits(wish, room) {
    if (wish.room_id) {
        return room.id === wish.room_id;
    }
    return (
        (!wish.hostel_id || room.hostel === wish.hostel_id) &&
        (!wish.floor_id || room.floor === wish.floor_id) &&
        (!wish.room_type_id || room.type === wish.room_type_id) &&
        wish.amenity_ids.every((id) => room.amenities.includes(id))
    );
}

/** What a wish can hope for, for so many people in one room. */
export function outlook(wish, rooms, size) {
    const fitting = rooms.filter((room) => room.beds >= size && fits(wish, room));
    const prices = fitting.map((room) => room.price);
    return {
        rooms: fitting.length,
        free: fitting.filter((room) => room.free >= size).length,
        priceFrom: prices.length ? Math.min(...prices) : 0,
        priceTo: prices.length ? Math.max(...prices) : 0,
    };
}

/** A copy of a list with one item moved; beyond the ends it stays at the end. */
export function moved(items, from, to) {
    const target = Math.max(0, Math.min(items.length - 1, to));
    const copy = [...items];
    const [item] = copy.splice(from, 1);
    copy.splice(target, 0, item);
    return copy;
}

/** Which choices still lead to a room, once some were made. */
export function openChoices(choices, wish) {
    const free = { ...wish, room_id: 0, floor_id: 0 };
    const inHostel = choices.rooms.filter((room) => fits({ ...free, amenity_ids: [] }, room));
    const rooms = choices.rooms.filter((room) => fits({ ...free, floor_id: wish.floor_id }, room));
    const typesOf = choices.rooms.filter(
        (room) => !wish.hostel_id || room.hostel === wish.hostel_id
    );
    const has = (list, pick) => new Set(list.map(pick));
    const floors = has(inHostel, (room) => room.floor);
    const types = has(typesOf, (room) => room.type);
    const amenities = new Set(inHostel.flatMap((room) => room.amenities));
    return {
        floors: wish.hostel_id
            ? choices.floors.filter(
                  (floor) => floor.hostel === wish.hostel_id && floors.has(floor.id)
              )
            : [],
        types: choices.types.filter((type) => types.has(type.id)),
        amenities: choices.amenities.filter((amenity) => amenities.has(amenity.id)),
        rooms: wish.hostel_id ? rooms : [],
    };
}
