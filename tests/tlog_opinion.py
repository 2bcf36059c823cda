#!/usr/bin/env python3
"""A second opinion on the transparency log: the standard library only, and nothing of the product.

    python3 tests/tlog_opinion.py                    recomputes crates/tlog/tests/vectors/log.json, then proves that it can fail
    python3 tests/tlog_opinion.py FOLDER VKEY...     checks a log's files: the checkpoint must be signed by one of the keys, and
                                                     every tile must be what follows from the leaf hashes up to its root

Prints what failed and `N passed, M failed`; the exit code is 0 only when something passed and nothing failed.
Every definition below was written from the words of the standards: RFC 9162 section 2.1 (recursively, as it defines them, where the
product goes step by step), RFC 8032 section 5.1.7, and C2SP's tlog-tiles, signed-note, tlog-checkpoint, tlog-cosignature, tlog-witness.
"""
import base64
import binascii
import copy
import hashlib
import json
import pathlib
import sys

VECTORS = pathlib.Path(__file__).parent.parent / "crates" / "tlog" / "tests" / "vectors" / "log.json"

# The curve of Ed25519 (RFC 8032, section 5.1).
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)


class Wrong(Exception):
    """Something that does not hold, with the reason."""


def require(condition, reason):
    if not condition:
        raise Wrong(reason)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def unbase64(text):
    """Only the one spelling."""
    raw = base64.b64decode(text, validate=True)
    require(base64.b64encode(raw).decode() == text, f"{text!r} is misspelt")
    return raw


def as_hash(text):
    raw = unbase64(text)
    require(len(raw) == 32, "a hash has 32 bytes")
    return raw


# Ed25519: points as (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.

def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = add(total, p)
        p, n = add(p, p), n >> 1
    return total


def point(raw):
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    require(y < P, "not a point: y is too large")
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * SQRT_MINUS_1 % P
    require((x * x - x2) % P == 0, "not a point of the curve")
    require(x or not sign, "not a point: the sign of zero")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def check_signature(public, message, signature):
    require(len(public) == 32 and len(signature) == 64, "a key or signature of another length")
    s = int.from_bytes(signature[32:], "little")
    require(s < L, "the signature's number is too large")
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = times(s, BASE), add(point(signature[:32]), times(k, point(public)))
    same = all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))
    require(same, "the signature does not fit")


# RFC 9162, section 2.1.

def leaf_hash(entry):
    return sha256(b"\0", entry)


def node(left, right):
    return sha256(b"\1", left, right)


def split(n):
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def root_of(hashes):
    """MTH, over the list's own pairs: complete subtrees first, the rest of a row goes up as it is."""
    if not hashes:
        return sha256()
    while len(hashes) > 1:
        row = [node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        hashes = row + hashes[len(row) * 2:]
    return hashes[0]


def root_by_inclusion(leaf, index, size, path):
    """PATH read backwards: the last hash of the path is the sibling at the root's split."""
    require(0 <= index < size, "there is no such leaf")
    if size == 1:
        require(not path, "the path is too long")
        return leaf
    require(path, "the path is too short")
    k = split(size)
    if index < k:
        return node(root_by_inclusion(leaf, index, k, path[:-1]), path[-1])
    return node(path[-1], root_by_inclusion(leaf, index - k, size - k, path[:-1]))


def roots_by_consistency(old, new, old_root, path, whole=True):
    """SUBPROOF read backwards: (old root, new root) that the path leads to."""
    if old == new:
        if whole:
            require(not path, "the path is too long")
            return old_root, old_root
        require(len(path) == 1, "the path has another length")
        return path[0], path[0]
    require(path, "the path is too short")
    k = split(new)
    if old <= k:
        before, after = roots_by_consistency(old, k, old_root, path[:-1], whole)
        return before, node(after, path[-1])
    before, after = roots_by_consistency(old - k, new - k, old_root, path[:-1], False)
    return node(path[-1], before), node(path[-1], after)


def check_consistency(old, new, old_root, new_root, path):
    require(old <= new, "it shrank")
    if old == 0:
        require(not path and old_root == sha256(), "from nothing there is nothing to prove")
        require(new > 0 or new_root == sha256(), "the empty tree has one root")
        return
    require(roots_by_consistency(old, new, old_root, path) == (old_root, new_root), "it leads to other roots")


# Tiles.

def tile_name(level, index, width):
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return f"tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < 256 else "")


def tiles_of(leaves):
    """All tiles of a tree: (name, bytes), those of the leaves first."""
    level, row = 0, leaves
    while row:
        groups = [row[i:i + 256] for i in range(0, len(row), 256)]
        for index, group in enumerate(groups):
            yield tile_name(level, index, len(group)), b"".join(group)
        row = [root_of(group) for group in groups if len(group) == 256]
        level += 1


def leaves_in(read, size):
    leaves = []
    for index in range(0, size, 256):
        raw = read(tile_name(0, index // 256, min(256, size - index)))
        leaves += [raw[i:i + 32] for i in range(0, len(raw), 32)]
    require(len(leaves) == size and all(len(leaf) == 32 for leaf in leaves), "the leaf tiles have another length")
    return leaves


# Notes and checkpoints.

def read_key(vkey):
    name, key_id, raw = vkey.split("+", 2)
    raw = unbase64(raw)
    require(raw[0] in (1, 4) and len(raw) == 33, "a key of another type")
    require(sha256(name.encode(), b"\n", raw)[:4].hex() == key_id, "the key's id is not its own")
    return name, bytes.fromhex(key_id), raw[0], raw[1:]


def read_note(note):
    text, lines = note.rsplit("\n\n", 1)
    require(lines.endswith("\n"), "the note does not end in a newline")
    signatures = []
    for line in lines[:-1].split("\n"):
        dash, name, signature = line.split(" ")
        require(dash == "\u2014", "a signature line begins with a dash")
        raw = unbase64(signature)
        signatures.append((name, raw[:4], raw[4:]))
    return text + "\n", signatures


def vouched(note, vkeys):
    """(name, time) of the keys that have signed; a line of one of them that does not fit spoils all."""
    text, signatures = read_note(note)
    by = []
    for name, key_id, signature in signatures:
        for key_name, known_id, kind, public in map(read_key, vkeys):
            if (name, key_id) != (key_name, known_id):
                continue
            message, time = text.encode(), None
            if kind == 4:
                time = int.from_bytes(signature[:8], "big")
                message, signature = f"cosignature/v1\ntime {time}\n{text}".encode(), signature[8:]
                require(time < 2**63, "a time without end")
            check_signature(public, message, signature)
            by.append((name, time))
    require(by, "no known key has signed")
    return by


def read_checkpoint(text):
    origin, size, root, *extensions = text.removesuffix("\n").split("\n")
    require(origin and all(extensions) and text.endswith("\n"), "an empty line in a checkpoint")
    require(str(int(size)) == size and 0 <= int(size) < 2**63, "a misspelt size")
    return origin, int(size), as_hash(root)


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def run(self, name, check):
        try:
            check()
            self.passed += 1
        except (Wrong, ValueError, KeyError, TypeError, IndexError, OSError, binascii.Error) as error:
            self.failed += 1
            print(f"FAILED {name}: {error or type(error).__name__}")


# The vectors.

class Log:
    """The entries that the vectors are of; a root is computed once."""

    def __init__(self, size):
        self.leaves = [leaf_hash(f"entry {number}".encode()) for number in range(size)]
        self.roots = {}

    def root(self, size):
        if size not in self.roots:
            self.roots[size] = root_of(self.leaves[:size])
        return self.roots[size]


def check_root(expected, log):
    require(log.root(expected["size"]) == as_hash(expected["root"]), "another root")
    tiles = hashlib.sha256()
    for name, raw in tiles_of(log.leaves[:expected["size"]]):
        tiles.update(name.encode() + b"\n" + raw)
    require(tiles.digest() == as_hash(expected["tiles"]), "other tiles")


def check_inclusion(vector, log):
    leaf = as_hash(vector["leaf"])
    require(leaf == log.leaves[vector["index"]], "another leaf")
    path = [as_hash(text) for text in vector["proof"]]
    led = root_by_inclusion(leaf, vector["index"], vector["size"], path)
    require(led == as_hash(vector["root"]) == log.root(vector["size"]), "it leads to another root")


def check_growth(vector, log):
    old_root, new_root = as_hash(vector["old_root"]), as_hash(vector["new_root"])
    path = [as_hash(text) for text in vector["proof"]]
    check_consistency(vector["old"], vector["new"], old_root, new_root, path)
    require(old_root == log.root(vector["old"]), "another old root")
    require(new_root == log.root(vector["new"]), "another new root")


def check_note(vector):
    by = vouched(vector["note"], vector["keys"])
    require(by == list(zip(vector["by"], vector["times"])), f"signed by {by}")


def check_files(read, names, vkeys, tally):
    """A log as files: its checkpoint, and every tile that a tree of its size has."""
    found = {}

    def checkpoint():
        note = read("checkpoint").decode("utf-8")
        vouched(note, vkeys)
        found["origin"], found["size"], found["root"] = read_checkpoint(read_note(note)[0])

    def root():
        found["leaves"] = leaves_in(read, found["size"])
        require(root_of(found["leaves"]) == found["root"], "the leaf tiles lead to another root")

    tally.run("checkpoint", checkpoint)
    tally.run("root", root)
    expected = dict(tiles_of(found.get("leaves", [])))
    for name, raw in expected.items():
        tally.run(name, lambda: require(read(name) == raw, "it is not what follows from the leaves"))
    if names is not None:
        tally.run("files", lambda: require(set(names) == {*expected, "checkpoint"}, "other files"))


def check_conversation(talk, vkeys):
    """A witness written anew answers every request in the same way."""
    log, witness = vkeys
    known = (0, sha256())
    for exchange in talk:
        lines, note = exchange["request"].split("\n\n", 1)
        old, *path = lines.split("\n")
        require(old.startswith("old "), "a request begins with the old size")
        old, path = int(old[4:]), [as_hash(text) for text in path]
        vouched(note, [log])
        _, size, root = read_checkpoint(read_note(note)[0])
        if old != known[0]:
            require((exchange["status"], exchange["type"]) == (409, "text/x.tlog.size"), "a conflict is a 409")
            require(exchange["answer"] == f"{known[0]}\n", "it knows another size")
            continue
        try:
            check_consistency(old, size, known[1], root, path)
        except Wrong:
            require(exchange["status"] == 422, "a bad proof is a 422")
            continue
        require(exchange["status"] == 200, "it should have cosigned")
        cosigned = read_note(note)[0] + "\n" + exchange["answer"]
        require(len(vouched(cosigned, [witness])) == 1, "not one cosignature")
        known = (size, root)


def check_vectors(vectors, tally):
    largest = max(vector["size"] for vector in vectors["roots"])
    entries = Log(largest)
    vkeys = [vectors["keys"][whose]["vkey"] for whose in ("log", "witness")]
    for vector in vectors["roots"]:
        tally.run(f"root of {vector['size']}", lambda: check_root(vector, entries))
    for vector in vectors["inclusion"]:
        tally.run(f"leaf {vector['index']} in {vector['size']}", lambda: check_inclusion(vector, entries))
    for vector in vectors["consistency"]:
        tally.run(f"{vector['old']} to {vector['new']}", lambda: check_growth(vector, entries))
    for number, vector in enumerate(vectors["notes"]):
        tally.run(f"note {number}", lambda: check_note(vector))
    files = {name: text.encode() if name == "checkpoint" else unbase64(text)
             for name, text in vectors["log"]["files"].items()}
    check_files(lambda name: files[name], files, vkeys, tally)
    tally.run("witness", lambda: check_conversation(vectors["witness"], vkeys))


# A verifier that cannot fail proves nothing.

RFC_8032 = [  # section 7.1: public key, message, signature
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
]


def check_ed25519():
    for public, message, signature in RFC_8032:
        public, message, signature = map(bytes.fromhex, (public, message, signature))
        check_signature(public, message, signature)
        bent = bytearray(signature)
        bent[40] ^= 1
        too_large = signature[:32] + (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")
        for key, text, other in [(public, message, bytes(bent)), (public, message + b"x", signature),
                                 (BASE_BYTES, message, signature), (public, message, too_large)]:
            refused(lambda: check_signature(key, text, other))


BASE_BYTES = (4 * pow(5, P - 2, P) % P).to_bytes(32, "little")


def refused(check):
    try:
        check()
    except Wrong:
        return
    raise Wrong("it was not noticed")


def forgeries():
    """Each takes honest vectors and makes one of them lie."""
    def bend(text):
        raw = bytearray(unbase64(text))
        raw[-1] ^= 1
        return base64.b64encode(raw).decode()

    def file(name):
        return lambda v: v["log"]["files"].update({name: bend(v["log"]["files"][name])})

    yield "another root", lambda v: v["roots"][-1].update(root=bend(v["roots"][-1]["root"]))
    yield "other tiles", lambda v: v["roots"][-1].update(tiles=bend(v["roots"][-1]["tiles"]))
    for kind in ("inclusion", "consistency"):
        yield f"{kind}: another hash", lambda v, k=kind: v[k][-2]["proof"].append(bend(v[k][-2]["proof"].pop()))
        yield f"{kind}: one less", lambda v, k=kind: v[k][-2]["proof"].pop()
        yield f"{kind}: one more", lambda v, k=kind: v[k][-2]["proof"].append(v[k][-2]["proof"][0])
    yield "another leaf", lambda v: v["inclusion"][-1].update(index=0)
    yield "shrunk", lambda v: v["consistency"][-2].update(old=v["consistency"][-2]["new"] + 1)
    yield "another text", lambda v: v["notes"][0].update(note="X" + v["notes"][0]["note"])
    yield "another time", lambda v: v["notes"][2]["times"].__setitem__(1, 5)
    yield "another key", lambda v: v["notes"][0].update(keys=[v["keys"]["witness"]["vkey"]])
    for name in ("tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2"):
        yield name, file(name)
    yield "a file too many", lambda v: v["log"]["files"].update({"tile/0/003": v["log"]["files"]["tile/0/000"]})
    yield "a file is missing", lambda v: v["log"]["files"].pop("tile/0/001")
    yield "another checkpoint", lambda v: v["log"]["files"].update(checkpoint=v["notes"][2]["note"])
    yield "a bad proof was cosigned", lambda v: v["witness"][4].update(status=200, answer=v["witness"][5]["answer"])
    yield "another's cosignature", lambda v: v["witness"][5].update(answer=v["witness"][3]["answer"])


def check_refusals(vectors, tally):
    """Only what a forgery touches is checked again: one root, the last proofs, the rest as it is."""
    small = dict(vectors, roots=[vector for vector in vectors["roots"] if vector["size"] <= 600])
    for kind in ("inclusion", "consistency"):
        small[kind] = [vector for vector in vectors[kind] if vector.get("size", vector.get("new")) == 600]

    def failures(forged):
        quiet = Tally()
        quiet.run = lambda name, check: run_quietly(quiet, check)
        check_vectors(forged, quiet)
        return quiet.failed

    tally.run("the honest vectors", lambda: require(failures(small) == 0, "were refused"))
    for name, forge in forgeries():
        forged = copy.deepcopy(small)
        forge(forged)
        tally.run(name, lambda: require(failures(forged) > 0, "was not noticed"))


def run_quietly(tally, check):
    try:
        check()
        tally.passed += 1
    except (Wrong, ValueError, KeyError, TypeError, IndexError, binascii.Error):
        tally.failed += 1


def main(arguments):
    tally = Tally()
    if arguments:
        folder = pathlib.Path(arguments[0])
        check_files(lambda name: (folder / name).read_bytes(), None, arguments[1:], tally)
    else:
        vectors = json.loads(VECTORS.read_text("utf-8"))
        tally.run("Ed25519", check_ed25519)
        check_vectors(vectors, tally)
        check_refusals(vectors, tally)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 0 if tally.passed and not tally.failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
