"""What must be true after each day, kept beside the product: from nothing but what it acknowledged."""

import threading
from dataclasses import dataclass, field


@dataclass
class Post:
    id: str
    seq: int
    author: str
    must: bool = False
    withdrawn: bool = False
    corrected: bool = False
    # Whom it names.
    named: str | None = None
    acknowledged: set = field(default_factory=set)
    # Of people who are in the group for another facility than the one they act for this week.
    acknowledged_by_others: int = 0
    read_by_others: int = 0


class Group:
    """A patient group, its members by login, and its team timeline."""

    def __init__(self, described):
        self.id, self.title, self.members = described["id"], described["title"], described["members"]
        self.patient, self.sheet = None, 0
        self.posts, self.read = {}, {login: 0 for login in self.members}
        # Open tasks by who has them, visits and temperatures by whether they were taken back, posts of the family's timeline.
        self.accounts, self.relatives = {}, []
        self.tasks, self.visits, self.measured, self.stamps, self.family = {}, {}, {}, {}, set()
        self.lock = threading.Lock()

    def add(self, answer, author, must=False, named=None):
        """Something that the product says stands in the record now."""
        with self.lock:
            self.posts[answer["id"]] = Post(answer["id"], answer["seq"], author, must, named=named)

    def last(self):
        with self.lock:
            return max((post.seq for post in self.posts.values()), default=0)

    def has_read(self, login, up_to):
        with self.lock:
            self.read[login] = max(self.read[login], up_to)

    def unread(self, login):
        mine = self.read[login]
        return sum(post.seq > mine and post.author != login for post in self.posts.values())

    def waits_for(self, login):
        """Posts that still ask for this person's 了解."""
        return [p for p in self.posts.values()
                if p.must and p.author != login and not p.withdrawn and login not in p.acknowledged]

    def named(self, login):
        """Posts that name this person, who has neither read nor acknowledged them."""
        return {p.id for p in self.posts.values()
                if p.named == login and not p.withdrawn and p.seq > self.read[login] and login not in p.acknowledged}

    def readers(self, post):
        there = sum(login != post.author and up_to >= post.seq for login, up_to in self.read.items())
        return there + post.read_by_others

    def own(self, login):
        """Posts that their author may still correct or withdraw."""
        return [p for p in self.posts.values()
                if p.author == login and not (p.withdrawn or p.corrected or p.must or p.named)]


def faults_of_a_day(person, groups):
    """The person's list of groups against the model."""
    shown = {item["id"]: item for item in person.every("/api/v1/groups?kind=patient")}
    for group in groups:
        item = shown[group.id]
        for name, expected in [("unread", group.unread(person.login)), ("must_acknowledge", len(group.waits_for(person.login)))]:
            if item[name] != expected:
                yield f"{person.login} in {group.id}: {name} is {item[name]}, should be {expected}"


def faults_of_a_group(person, group):
    """The whole timeline as one member reads it: every post once, with who has read and acknowledged it."""
    there, after = [], 0
    while page := person.ask("GET", f"/api/v1/groups/{group.id}/posts?limit=100&after_seq={after}")["items"]:
        there += page
        after = page[-1]["seq"]
    ids = [post["id"] for post in there]
    if len(ids) != len(set(ids)) or set(ids) != set(group.posts):
        yield f"{group.id}: {len(ids)} posts are shown, {len(group.posts)} were acknowledged"
        return
    for shown in there:
        post = group.posts[shown["id"]]
        found = (shown["seq"], shown["acknowledgements"]["count"], shown["read_by"]["count"], shown["withdrawn"] is not None)
        expected = (post.seq, len(post.acknowledged) + post.acknowledged_by_others, group.readers(post), post.withdrawn)
        if found != expected:
            yield f"{group.id}, post {post.seq}: (seq, acknowledged, read by, withdrawn) is {found}, should be {expected}"
    sheet = person.ask("GET", f"/api/v1/patients/{group.patient}/face-sheet")["version"]
    if sheet != group.sheet:
        yield f"{group.id}: face sheet version {sheet}, should be {group.sheet}"
