import { registry } from "@web/core/registry";

const CHANGED = "hostel.desk/changed";

/**
 * Tells the office's pages that something happened in one of the own hostels: the server sends one
 * message a hostel every two seconds at most, through the relay of the live map.
 *
 * @param {Object} env
 * @param {() => void} onNews
 * @returns {Promise<() => void>} stops it
 */
export async function listenToDesks({ services }, onNews) {
    const { bus_service: bus, orm } = services;
    const channels = await orm.silent.call("hostel.booking.board", "get_desk_channels", []);
    channels.forEach((channel) => bus.addChannel(channel));
    bus.subscribe(CHANGED, onNews);
    return () => {
        bus.unsubscribe(CHANGED, onNews);
        channels.forEach((channel) => bus.deleteChannel(channel));
    };
}

registry.category("hostel_live_news").add("hostel_booking.desks", listenToDesks);
