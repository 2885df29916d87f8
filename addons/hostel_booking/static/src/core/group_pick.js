/** Choosing beds for a whole group: a room that has enough, or one bed after the other. */

/**
 * Free beds of the room of a bed, that bed first.
 *
 * @param {(i: number) => boolean} isFree of a place of the floor
 */
export function freeInRoom(room, isFree, first) {
    const free = room.beds.map((bed) => bed.i).filter(isFree);
    return [first, ...free.filter((i) => i !== first)].filter((i) => free.includes(i));
}

/**
 * What one more bed makes of a choice.
 *
 * @param {{key: string, beds: number[]}} picked beds of one floor
 * @returns {{key: string, beds: number[]}} without the bed if it was chosen before; a bed of
 *     another floor starts again, for a group lives on one floor
 */
export function toggled(picked, key, i) {
    if (picked.key !== key) {
        return { key, beds: [i] };
    }
    const beds = picked.beds.includes(i)
        ? picked.beds.filter((other) => other !== i)
        : [...picked.beds, i];
    return { key, beds };
}
