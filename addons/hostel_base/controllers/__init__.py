from . import json_api, portal, portal_notices, pwa
from . import details, json_api, login, portal, privacy
