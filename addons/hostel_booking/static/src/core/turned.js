/**
 * Rooms that stand askew. A drawing gives a room and its beds upright, and says
 * by how many degrees all of it is turned around the middle of the room.
 */

const center = ({ x, y, w, h }) => ({ x: x + w / 2, y: y + h / 2 });

/** The turn of a room as an SVG transform; empty for one that stands upright. */
export function turnOf(room) {
    const { x, y } = center(room);
    return room.rot ? `rotate(${room.rot} ${x} ${y})` : "";
}

/** By how much to turn back what is written in a turned room so that it can be read. */
export function uprightTurn(rot) {
    return (360 - Math.round((rot || 0) / 90) * 90) % 360;
}

/**
 * Where a box of a room lies on the floor once the room is turned.
 *
 * @param {{x, y, w, h}} box a bed of the room, or the room
 * @param {{x, y, w, h, rot}} room
 * @returns {{x, y, w, h}} the smallest upright box around it
 */
export function turnedBox(box, room) {
    if (!room.rot) {
        return box;
    }
    const pivot = center(room);
    const own = center(box);
    const angle = (room.rot * Math.PI) / 180;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const dx = own.x - pivot.x;
    const dy = own.y - pivot.y;
    const w = Math.abs(box.w * cos) + Math.abs(box.h * sin);
    const h = Math.abs(box.w * sin) + Math.abs(box.h * cos);
    const x = pivot.x + dx * cos - dy * sin - w / 2;
    const y = pivot.y + dx * sin + dy * cos - h / 2;
    return { ...box, x, y, w, h };
}
