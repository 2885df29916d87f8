"""A client of the live map that knows nothing but what docs/subsystems/live-map.md says.

No browser, none of the product's code: if something has to be changed here, the page has changed.
"""

import json
import random
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
import websocket

FREE, HELD = "0", "1"
# All viewers learn of a gap at once; they ask one after the other.
REPAIR_S = 0.4
# Nothing confirms a subscription: the states are asked for once more when it must be there.
SETTLE_S = 1.5
# A look now and then finds what no change told.
LOOK_S = 45


class Refused(Exception):
    """An answer with ``success`` false."""

    def __init__(self, status: int, answer: dict):
        super().__init__(answer["error"])
        self.status = status
        self.code = answer["code"]
        self.details = answer["details"]


@dataclass
class Floor:
    """One floor as the client knows it: its version and one character a bed."""

    key: str
    layout_version: int
    epoch: int = 0
    number: int = -1
    states: list[str] = field(default_factory=list)
    drawing: dict = field(default_factory=dict)
    repairs: int = 0
    deltas: int = 0


class MapClient:
    """A student at the live map of one hostel."""

    def __init__(self, url: str):
        self.url = url
        self.session = requests.Session()
        self.boot: dict = {}
        self.floors: dict[str, Floor] = {}
        self.socket: websocket.WebSocket | None = None
        self.news: list[dict] = []
        self.looked_at = 0.0

    # Signing in, answers --------------------------------------------------

    def sign_in(self, login: str, password: str) -> None:
        page = self.session.get(f"{self.url}/web/login").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
        form = {"csrf_token": token, "login": login, "password": password}
        self.session.post(f"{self.url}/web/login", data=form).raise_for_status()

    def get(self, path: str, **query) -> dict:
        return self._read(self.session.get(f"{self.url}{path}", params=query))

    def post(self, path: str, **body) -> dict:
        return self._read(self.session.post(f"{self.url}{path}", json=body))

    @staticmethod
    def _read(response: requests.Response) -> dict:
        answer = response.json()
        if not answer["success"]:
            raise Refused(response.status_code, answer)
        return answer

    # Looking --------------------------------------------------------------

    def open(self, hostel_id: int) -> None:
        """Load a hostel's map: what there is, the drawings, the states."""
        self.boot = self.get("/hostel/booking/boot", hostel_id=hostel_id)
        for row in self.boot["floors"]:
            floor = Floor(row["key"], row["layout_version"])
            self.floors[floor.key] = floor
            self.draw(floor)
            self.look(floor)

    def draw(self, floor: Floor) -> None:
        floor.drawing = self.get(f"/hostel/layout/{floor.key}/{floor.layout_version}")

    def look(self, floor: Floor, version: int | None = None) -> None:
        """Take over the state of a floor, unless it is older than what is known."""
        query = {} if version is None else {"v": version}
        # No session: anybody who knows the key may ask.
        state = requests.get(f"{self.url}/hostel/live/{floor.key}", params=query).json()
        if (state["e"], state["n"]) >= (floor.epoch, floor.number):
            floor.epoch, floor.number, floor.states = state["e"], state["n"], list(state["s"])
            self._layout(floor, state["lv"])

    def _layout(self, floor: Floor, version: int) -> None:
        if version != floor.layout_version:
            floor.layout_version = version
            self.draw(floor)

    def find_beds(self) -> list[tuple[str, int]]:
        """(key, index) of the beds that this student can hold."""
        gender = self.boot["student"]["gender"]
        found = []
        for row in self.boot["floors"]:
            floor = self.floors[row["key"]]
            if not row["eligible"]:
                continue
            for room in floor.drawing["rooms"]:
                found += [
                    (floor.key, bed["i"])
                    for bed in room["beds"]
                    if room["g"] in ("", gender)
                    and floor.states[bed["i"]] == FREE
                    and bed["i"] not in row["kept"] + row["full"]
                ]
        return found

    # Changes --------------------------------------------------------------

    def connect(self) -> None:
        parts = urlsplit(self.url)
        cookies = self.session.cookies.get_dict()
        self.socket = websocket.create_connection(
            f"ws://{parts.netloc}/websocket",
            origin=self.url,
            cookie="; ".join(f"{name}={value}" for name, value in cookies.items()),
            timeout=20,
        )
        channels = [f"hostel.floor:{key}" for key in self.floors]
        subscription = {"event_name": "subscribe", "data": {"channels": channels, "last": 0}}
        self.socket.send(json.dumps(subscription))
        time.sleep(SETTLE_S)
        self.look_again()

    def look_again(self) -> None:
        self.looked_at = time.monotonic()
        for floor in self.floors.values():
            self.look(floor)

    def disconnect(self) -> None:
        self.socket.close()
        self.socket = None

    def follow(self, seconds: float) -> bool:
        """Take the next frame; false if no news came in time, or before the next look is due."""
        until_look = self.looked_at + LOOK_S - time.monotonic()
        if until_look <= 0:
            self.look_again()
            return False
        self.socket.settimeout(min(seconds, until_look))
        try:
            # Pings come back too: swallowed, each would start the wait anew.
            code, data = self.socket.recv_data(control_frame=True)
        except websocket.WebSocketTimeoutException:
            return False
        if code == websocket.ABNF.OPCODE_PING:
            return False
        for row in json.loads(data):
            message = row["message"]
            if message["type"] == "hostel.floor/delta":
                self._take_delta(message["payload"])
            else:
                self.news.append(message)
        return True

    def _take_delta(self, delta: dict) -> None:
        floor = self.floors[delta["k"]]
        if (floor.epoch, floor.number) == (delta["e"], delta["f"]):
            for index, state in delta["d"]:
                floor.states[index] = state
            floor.number = delta["t"]
            floor.deltas += 1
            self._layout(floor, delta["lv"])
        elif (floor.epoch, floor.number) < (delta["e"], delta["t"]):
            time.sleep(random.uniform(0, REPAIR_S))
            floor.repairs += 1
            self.look(floor, delta["t"])

    def wait_for(self, key: str, index: int, state: str, seconds: float = LOOK_S + 15) -> None:
        """Until a bed is seen so: by a change, or by the look that finds what no change told."""
        until = time.monotonic() + seconds
        while self.floors[key].states[index] != state:
            left = until - time.monotonic()
            assert left > 0, f"bed {index} is {self.floors[key].states[index]}, not {state}"
            self.follow(left)

    # Booking --------------------------------------------------------------

    def hold(self, key: str, index: int) -> dict:
        return self.post("/hostel/booking/hold", key=key, i=index)["hold"]

    def extend(self, token: str) -> dict:
        return self.post("/hostel/booking/extend", token=token)["hold"]

    def release(self, token: str) -> None:
        self.post("/hostel/booking/release", token=token)

    def get_mine(self) -> dict:
        return self.get("/hostel/booking/me")
