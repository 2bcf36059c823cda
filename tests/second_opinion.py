#!/usr/bin/env python3
"""A second opinion on the bytes that are hashed: the standard library only, and nothing of the product.

    python3 tests/second_opinion.py         recomputes tests/vectors/records.json, then proves that it can fail
    python3 tests/second_opinion.py FILE    checks a dump of chains, one record as JSON per line:
        {"stream_kind": "team", "header": {...}, "hash": "...", "salt": "...", "content": "..."}
        salt and content (the exact text) are optional; records of a stream in order, streams in any mixture.

Prints what failed and `N passed, M failed`; the exit code is 0 only when something passed and nothing failed.
Every definition below was written from the words of the specification (RFC 8785; header, commitment, chain).
"""
import copy
import datetime
import hashlib
import json
import pathlib
import re
import sys

VECTORS = pathlib.Path(__file__).parent / "vectors" / "records.json"
STREAM_KINDS = {"team", "family", "membership", "receipts", "face_sheet", "observations"}
KINDS = set("""post correction withdrawal invited accepted declined approved refused joined removed left role_changed
    handed_over opened archived reopened expired read acknowledged stamped unstamped pinned unpinned handled called
    confirmed quarantined quarantine_handed quarantine_confirmed quarantine_lifted moved version file titled relative_joined relative_removed observation reference_range wound_picture""".split())
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DIGEST = re.compile(r"[0-9a-f]{64}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


class Wrong(Exception):
    """A record that does not hold, with the reason."""


def require(condition, reason):
    if not condition:
        raise Wrong(reason)


def canonical(value):
    """RFC 8785 for what records hold: text, whole numbers from 0 below 2^53, true and false, lists, objects."""
    if isinstance(value, str):
        return '"' + "".join(ESCAPES.get(c) or (c if c >= " " else f"\\u{ord(c):04x}") for c in value) + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        require(0 <= value < 2**53, f"the number {value} is out of range")
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    require(isinstance(value, dict), f"a record holds no {type(value).__name__}")
    by_utf16 = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
    return "{" + ",".join(canonical(key) + ":" + canonical(item) for key, item in by_utf16) + "}"


def jcs(value):
    return canonical(value).encode("utf-8")


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).hexdigest()


def stream_root(deployment, stream, kind):
    return sha256(b"renkei/stream/v1\0", jcs({"deployment": deployment, "stream": stream, "kind": kind}))


def record_hash(header):
    return sha256(b"renkei/record/v1\0", jcs(header))


def check_shape(header):
    """Exactly the thirteen fields, each in its only spelling."""
    ids = ("deployment", "stream", "author", "entered_by", "facility", "client_id")
    require(set(header) == {*ids, "format", "seq", "kind", "at", "files", "prev", "commitment"}, "other fields")
    require(header["format"] == "renkei/record/v1", "another format")
    require(header["kind"] in KINDS, "an unknown kind")
    require(type(header["seq"]) is int, "seq is not a number")
    require(isinstance(header["files"], list), "files is not a list")
    texts = [(UUID, header[name]) for name in ids] + [(TIME, header["at"])]
    texts += [(DIGEST, digest) for digest in [header["prev"], header["commitment"], *header["files"]]]
    for form, text in texts:
        require(isinstance(text, str) and form.fullmatch(text), f"{text!r} is misspelt")
    datetime.datetime.strptime(header["at"], "%Y-%m-%dT%H:%M:%S.%fZ")


class Chains:
    """The last good record of every stream seen so far: (seq, hash, time)."""

    def __init__(self):
        self.heads = {}

    def feed(self, stream_kind, header, stored_hash, salt=None, content=None):
        check_shape(header)
        require(stream_kind in STREAM_KINDS, "an unknown kind of stream")
        name = (header["deployment"], header["stream"])
        seq, prev, at = self.heads.get(name, (0, stream_root(*name, stream_kind), ""))
        require(header["seq"] == seq + 1, f"record {seq + 1} was expected here")
        require(header["prev"] == prev, "it does not follow from the record before it")
        require(record_hash(header) == stored_hash, "its hash is not the hash of its header")
        # Text of one length with the largest unit first sorts like the times that it names.
        require(header["at"] >= at, "it is dated before the record before it")
        if content is not None:
            require(sha256(bytes.fromhex(salt), content) == header["commitment"], "another content was hashed")
        self.heads[name] = (header["seq"], stored_hash, header["at"])


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def run(self, name, check):
        try:
            check()
            self.passed += 1
        except (Wrong, ValueError, KeyError, TypeError) as error:
            self.failed += 1
            print(f"FAILED {name}: {error}")


def check_vector(chains, stream, record):
    content, header = jcs(record["content"]), jcs(record["header"])
    require(content.hex() == record["content_bytes"], "the content has other bytes")
    require(header.hex() == record["header_bytes"], "the header has other bytes")
    require(stream_root(stream["deployment"], stream["stream"], stream["kind"]) == stream["root"], "another root")
    require(len(bytes.fromhex(record["salt"])) == 32, "the salt is not 32 bytes")
    chains.feed(stream["kind"], record["header"], record["hash"], record["salt"], content)


def check_vectors(tally):
    streams = json.loads(VECTORS.read_text("utf-8"))["streams"]
    chains = Chains()
    for stream in streams:
        for record in stream["records"]:
            name = f"{stream['kind']} {record['header']['seq']} {record['header']['kind']}"
            tally.run(name, lambda: check_vector(chains, stream, record))
    seen = {record["header"]["kind"] for stream in streams for record in stream["records"]}
    tally.run("every kind", lambda: require(seen == KINDS, f"missing or unknown: {seen ^ KINDS}"))
    return streams


def feed_line(chains, line):
    line = json.loads(line)
    require(set(line) - {"salt", "content"} == {"stream_kind", "header", "hash"}, "other fields in the line")
    require(("salt" in line) == ("content" in line), "salt and content come together")
    content = line["content"].encode("utf-8") if "content" in line else None
    if content is not None:
        require(jcs(json.loads(content)) == content, "the content is not in canonical form")
    chains.feed(line["stream_kind"], line["header"], line["hash"], line.get("salt"), content)


def check_dump(lines, tally):
    """After its first bad record a stream's later ones cannot be judged; they are named as failed too."""
    chains = Chains()
    for number, line in enumerate(lines, 1):
        if line.strip():
            tally.run(f"line {number}", lambda: feed_line(chains, line))


def as_dump(streams):
    return [
        {"stream_kind": stream["kind"], "header": record["header"], "hash": record["hash"], "salt": record["salt"],
         "content": bytes.fromhex(record["content_bytes"]).decode("utf-8")}
        for stream in streams for record in stream["records"]
    ]


def forgeries():
    """Each takes an honest dump and makes its second record lie."""
    def later(dump):
        dump[2]["header"]["at"] = "2020-01-01T00:00:00.000000Z"
        dump[2]["hash"] = record_hash(dump[2]["header"])

    def rehashed(dump):
        dump[1]["header"]["author"] = dump[1]["header"]["facility"]
        dump[1]["hash"] = record_hash(dump[1]["header"])

    yield "a record is missing", lambda dump: dump.pop(1)
    yield "a record is doubled", lambda dump: dump.insert(1, dump[1])
    yield "another author", lambda dump: dump[1]["header"].update(author=dump[1]["header"]["facility"])
    yield "another author, rehashed", rehashed
    yield "another hash", lambda dump: dump[1].update(hash=dump[0]["hash"])
    yield "another salt", lambda dump: dump[1].update(salt=dump[0]["salt"])
    yield "another content", lambda dump: dump[1].update(content=dump[0]["content"])
    yield "another spelling", lambda dump: dump[1].update(content=" " + dump[1]["content"])
    yield "another kind of stream", lambda dump: dump[0].update(stream_kind="family")
    yield "time goes back", later


def check_refusals(streams, tally):
    """A verifier that cannot fail proves nothing: the honest dump passes, every forged one does not."""
    honest = as_dump(streams)

    def failures(dump):
        chains, bad = Chains(), 0
        for line in dump:
            try:
                feed_line(chains, json.dumps(line))
            except Wrong:
                bad += 1
        return bad

    tally.run("the honest dump", lambda: require(failures(honest) == 0, "was refused"))
    for name, forge in forgeries():
        dump = copy.deepcopy(honest)
        forge(dump)
        tally.run(name, lambda: require(failures(dump) > 0, "was not noticed"))


def main(arguments):
    tally = Tally()
    if arguments:
        with open(arguments[0], encoding="utf-8") as lines:
            check_dump(lines, tally)
    else:
        check_refusals(check_vectors(tally), tally)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 0 if tally.passed and not tally.failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
