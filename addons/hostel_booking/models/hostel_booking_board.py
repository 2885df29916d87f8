from time import monotonic

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..const import BOARD_CHANNEL
from ..locks import get_locks
from ..tools.board import (
    DESK,
    MINUTES,
    WHOLE,
    BoardNews,
    DeskNews,
    DeskPulse,
    add_up,
    count_states,
    pace,
)

# So many of the newest events are looked at each second.
NEWEST_EVENTS = 1000
# What the keeper of this process published last, by database: it tells changes only.
_published = {}
_pulses = {}


class HostelBookingBoard(models.AbstractModel):
    """What a booking day looks like from the office: beds, pace, queue, windows.

    The keeper works it out once a second, however many look, and tells the hostels that
    changed; the sockets get ready frames through the relay. Read only, numbers only.
    """

    _name = "hostel.booking.board"
    _description = "Booking Day Board"

    @api.model
    @api.readonly
    def get_board(self):
        """Entry point of the board: everything as it is now, for the caller's own hostels.

        :return: ``{"whole": {…} or None, "hostels": [{…}], "channels": [names to subscribe]}``
        :raises AccessError: for who has nothing to do with booking in the office
        """
        self._check_office()
        boards = self.sudo()._collect()
        own = self._get_own_hostel_ids()
        return {
            "whole": boards.get(WHOLE),
            "hostels": [board for key, board in boards.items() if key != WHOLE and key in own],
            "channels": [f"{BOARD_CHANNEL}{key}" for key in (WHOLE, *sorted(own))],
        }

    @api.model
    @api.readonly
    def get_desk_channels(self):
        """Channels that say when something happened in the caller's own hostels.

        :return: names to subscribe
        :raises AccessError: for who has nothing to do with booking in the office
        """
        self._check_office()
        return [f"{BOARD_CHANNEL}{DESK}{key}" for key in sorted(self._get_own_hostel_ids())]

    @api.model
    def _check_office(self):
        self.env["hostel.booking.round"].check_access("read")
        if not self.env.user._is_internal():
            raise AccessError(self.env._("The board is for the people of the hostel office."))

    @api.model
    def _get_own_hostel_ids(self):
        """Hostels whose beds the user may see; none for who is not of the office."""
        if not self.env.user._is_internal():
            return set()
        Bed = self.env["hostel.bed"]
        if not Bed.has_access("read") or not self.env["hostel.booking.round"].has_access("read"):
            return set()
        return {hostel.id for [hostel] in Bed._read_group([], ["hostel_id"])}

    # ------------------------------------------------------------------
    # Working it out
    # ------------------------------------------------------------------

    @api.model
    def _collect(self):
        """The boards of the round that students see, by hostel; ``WHOLE`` is for all.

        :return: dict without entries when nothing can be booked
        """
        booking_round = self.env["hostel.booking.desk"].sudo()._get_round()
        if not booking_round:
            return {}
        states = self._read_states(booking_round)
        waiting = self._count_waiting(booking_round)
        bookings = self._count_bookings(booking_round)
        minute = int(self._now().timestamp() // 60)
        boards = {}
        for hostel, maps in booking_round.map_ids.grouped("hostel_id").items():
            floors = [
                {
                    "name": floor_map.floor_id.name,
                    "number": floor_map.number,
                    **count_states(states.get(floor_map.floor_id.id) or ""),
                }
                for floor_map in maps
            ]
            boards[hostel.id] = {
                "h": hostel.id,
                "name": hostel.name,
                "gender": hostel.gender_type,
                "floors": floors,
                **add_up(floors),
                "waiting": waiting.get(hostel.id, 0),
                "pace": pace(bookings.get(hostel.id, ()), minute),
                "live": all(states.get(floor.id) is not None for floor in maps.floor_id),
            }
        boards[WHOLE] = self._describe_whole(booking_round)
        return boards

    def _now(self):
        return fields.Datetime.now()

    def _read_states(self, booking_round):
        locks = get_locks(self.env.cr.dbname)
        return locks.peek_floors(booking_round.key, booking_round.map_ids.floor_id.ids)

    def _count_waiting(self, booking_round):
        rows = (
            self.env["hostel.allocation"]
            .sudo()
            ._read_group(
                [("state", "=", "awaiting_approval"), ("term_id", "=", booking_round.term_id.id)],
                ["hostel_id"],
                ["__count"],
            )
        )
        return {hostel.id: count for hostel, count in rows}

    def _count_bookings(self, booking_round):
        """Bookings of the last hour from the events: hostel → [(minute, count)]."""
        rows = self.env.execute_query(
            SQL(
                "SELECT (payload->>'hostel_id')::int,"
                " floor(extract(epoch FROM happened_at) / 60)::int, count(*)"
                " FROM hostel_event WHERE name = 'allocation.created'"
                " AND happened_at > (now() AT TIME ZONE 'UTC') - %s * interval '1 minute'"
                " AND (payload->>'term_id')::int = %s GROUP BY 1, 2",
                MINUTES + 1,
                booking_round.term_id.id,
            )
        )
        bookings = {}
        for hostel_id, minute, count in rows:
            bookings.setdefault(hostel_id, []).append((minute, count))
        return bookings

    def _describe_whole(self, booking_round):
        """What all hostels share: the windows by the clock of the database, and the queue."""
        now = self.env.cr.now()

        def left(moment):
            return int((moment - now).total_seconds() * 1000)

        windows = booking_round.window_ids.sorted("opens_at")
        return {
            "h": WHOLE,
            "round": booking_round.name,
            "queue": self._get_queue_length(booking_round),
            "windows": [
                {
                    "id": window.id,
                    "name": window.name,
                    "paused": window.is_paused,
                    "opens": fields.Datetime.to_string(window.opens_at),
                    "closes": fields.Datetime.to_string(window.closes_at),
                    "opens_in_ms": left(window.opens_at),
                    "closes_in_ms": left(window.closes_at),
                    "hostels": window.hostel_ids.mapped("name"),
                }
                for window in windows
                if window.closes_at > now
            ],
        }

    @api.model
    def _get_queue_length(self, booking_round):
        """How many wait to be let in, or None while nobody has to wait."""
        figures = booking_round.get_queue_figures()
        if not figures or not (figures["waiting"] or figures["mode"] == "on"):
            return None
        return figures["waiting"]

    # ------------------------------------------------------------------
    # Telling
    # ------------------------------------------------------------------

    @api.model
    def _publish_boards(self):
        """Tell what changed since the last time; called by the keeper each second.

        :return: how many boards were told
        """
        boards = self._collect()
        last = _published.setdefault(self.env.cr.dbname, {})
        locks, told = get_locks(self.env.cr.dbname), 0
        for key, board in boards.items():
            mark = self._get_mark(board)
            if last.get(key) != mark:
                locks.client.publish(locks.channel, BoardNews(key, board).publish())
                last[key] = mark
                told += 1
        return told

    @staticmethod
    def _get_mark(board):
        """What makes a board another: the countdowns run in the browsers."""
        windows = [
            {name: value for name, value in window.items() if not name.endswith("_in_ms")}
            for window in board.get("windows", ())
        ]
        return repr({**board, "windows": windows})

    @api.model
    def _tell_desks(self):
        """Tell the desks of the hostels in which something happened; called by the keeper each
        second, in and out of the season. The domain events say where.

        :return: ids of the hostels that were told
        """
        pulse = _pulses.setdefault(self.env.cr.dbname, DeskPulse())
        locks = get_locks(self.env.cr.dbname)
        hostel_ids = pulse.take(self._read_newest_events(), monotonic())
        for hostel_id in hostel_ids:
            locks.client.publish(locks.channel, DeskNews(hostel_id).publish())
        return hostel_ids

    def _read_newest_events(self):
        """(id, hostel id) of the newest events, a move for both hostels; holds are the board's."""
        return self.env.execute_query(
            SQL(
                """
                SELECT e.id, h.id::int
                  FROM (SELECT id, payload FROM hostel_event
                         WHERE name NOT IN ('bed.held', 'bed.released')
                         ORDER BY id DESC LIMIT %s) e,
                       LATERAL (VALUES (e.payload->>'hostel_id'), (e.payload->>'from_hostel_id'))
                           AS h (id)
                 WHERE h.id IS NOT NULL
                """,
                NEWEST_EVENTS,
            )
        )
