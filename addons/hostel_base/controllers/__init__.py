from . import json_api, portal, portal_notices, pwa
