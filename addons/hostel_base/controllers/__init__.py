from . import json_api, portal
