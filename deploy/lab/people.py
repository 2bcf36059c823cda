"""Who clicks in the lab: people of the sample region, signed in with password and one-time code through the balancer."""

import base64
import hmac
import json
import struct
import time

from cluster import FRONT, PORT

WRITERS, READERS, LISTENERS = 8, 4, 4


def code(secret, now=None):
    """RFC 6238, six digits, SHA-1, 30 s."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(now or time.time()) // 30), "sha1")
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def sign_in(client, account):
    body = {"login_id": account["login_id"], "password": account["password"], "totp": code(account["totp_secret"])}
    status, _, text = client.ask("POST", "/api/v1/session", body=body, timeout=20)
    if status != 200:
        raise RuntimeError(f"{account['login_id']} could not sign in: {status} {text[:200]!r}")
    return json.loads(text)["token"]


def my_groups(client, token):
    status, _, text = client.ask("GET", "/api/v1/groups", token)
    if status != 200:
        raise RuntimeError(f"groups: {status} {text[:200]!r}")
    return [g["id"] for g in json.loads(text)["items"]]


class People:
    """Signed-in people with the groups they see; each of the first writes in a group of their own."""

    def __init__(self, client, description):
        self.site, self.people, taken = client.site, [], set()
        for account in description["accounts"]:
            if len(self.people) == WRITERS:
                break
            token = sign_in(client, account)
            groups = my_groups(client, token)
            own = [g for g in groups if g not in taken] or groups
            if own:
                taken.add(own[0])
                self.people.append({"token": token, "groups": [own[0], *(g for g in groups if g != own[0])]})

    def plan(self, pause):
        """Listeners are the writers with the most groups, so that they hear of each other's posts."""
        widest = sorted(self.people, key=lambda p: -len(p["groups"]))
        return {"address": (FRONT, PORT), "name": self.site.name, "authority": self.site.authority, "pause": pause,
                "writers": self.people, "readers": self.people[:READERS], "listeners": widest[:LISTENERS]}

    def reader_of(self, group):
        return next(p["token"] for p in self.people if group in p["groups"])
