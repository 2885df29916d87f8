"""Patches of the server, made when the addon's code is loaded."""

import functools

from odoo import http
from odoo.service import server
from odoo.tools import config

from odoo.addons.bus.websocket import Websocket

from . import direct, keeper, outage, quick, storm
from .locks import get_locks
from .relay import FLOOR_COMMAND, send_floor_frames
from .tools.live_wsgi import wrap


def post_load():
    """Install the map's shortcut, its frames, and its keeper; once a process."""
    if getattr(http.Application.__call__, "_hostel_live", False):
        return
    answer = http.Application.__call__
    wrapped = functools.wraps(answer)(wrap(quick.wrap(answer), get_locks))
    wrapped._hostel_live = True
    http.Application.__call__ = wrapped
    outage.install()
    storm.install()
    direct.install()
    _teach_websockets()
    _start_keeper_with(server.GeventServer)
    _start_keeper_with(server.ThreadedServer, stands_by=True)


def _teach_websockets():
    process = Websocket._process_control_command

    @functools.wraps(process)
    def process_control_command(self, command, data):
        if command == FLOOR_COMMAND:
            send_floor_frames(self)
        else:
            process(self, command, data)

    Websocket._process_control_command = process_control_command


def _start_keeper_with(server_class, *, stands_by=False):
    start = server_class.start

    @functools.wraps(start)
    def start_with_keeper(self, *args, **kwargs):
        if not kwargs.get("stop") and config["http_enable"] and not config["test_enable"]:
            for dbname in config["db_name"]:
                keeper.start(dbname, stands_by=stands_by)
        return start(self, *args, **kwargs)

    server_class.start = start_with_keeper
