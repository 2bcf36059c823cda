"""What follows from what was said: tasks, visits, measurements, stamps, and the timeline of the family."""

from datetime import datetime, timedelta, timezone

JAPAN = timezone(timedelta(hours=9))
BODY_TEMPERATURE = "8310-5"
STAMPS = ["thanks", "well_done", "will_check", "take_care"]
FAMILY_SENTENCES = ["きょうは よく 眠れたようです。", "次の 訪問は 火曜日の 午前です。", "水分を 少しずつ とってください。"]


# One for the whole run: the calendar is asked for the same days at its end, also after midnight.
TODAY = datetime.now(JAPAN).date()


def in_days(days):
    return (TODAY + timedelta(days=days)).isoformat()


def addresses(who, group, dice):
    """A post that names one person: it stays on that person's list until they have read it."""
    others = [login for login in group.members if login != who.login]
    if others:
        named = dice.choice(others)
        answer = who.post(f"/api/v1/groups/{group.id}/posts", body="金曜の訪問の前に電話をください。",
                          mentions=[{"account": group.accounts[named]}])
        group.add(answer, who.login, named=named)


def takes_up(who, group, dice):
    """A task from a post, for oneself or a colleague."""
    with group.lock:
        post = dice.choice(sorted(p.id for p in group.posts.values() if not p.withdrawn))
    owner = dice.choice(group.members)
    answer = who.post(f"/api/v1/posts/{post}/tasks", (201, 404, 409), what="処方の変更を薬局に確かめる",
                      owner=group.accounts[owner], due_date=in_days(2))
    if "id" in answer:
        with group.lock:
            group.tasks[answer["id"]] = owner


def finishes(who, group, dice):
    """The owner's alone to do: nobody else touches it meanwhile."""
    with group.lock:
        mine = sorted(task for task, owner in group.tasks.items() if owner == who.login)
    if not mine:
        return
    task, to = dice.choice(mine), dice.choice(group.members)
    change = {"client_id": who.fresh(), "text": "申し送りました。"}
    if dice.random() < 0.3 and to != who.login:
        who.ask("PUT", f"/api/v1/tasks/{task}", change | {"owner": group.accounts[to]})
        with group.lock:
            group.tasks[task] = to
    else:
        who.ask("PUT", f"/api/v1/tasks/{task}", change | {"state": "done"})
        with group.lock:
            del group.tasks[task]


def plans_a_visit(who, group, dice):
    hour = dice.randrange(9, 17)
    answer = who.post(f"/api/v1/groups/{group.id}/visits", kind="nursing", date=in_days(dice.randrange(1, 14)),
                      start=f"{hour:02}:00", end=f"{hour:02}:40")
    with group.lock:
        group.visits[answer["id"]] = False
    if dice.random() < 0.3:
        day = answer["next"]["day"]
        who.ask("PUT", f"/api/v1/visits/{answer['id']}", {"client_id": who.fresh(), "change": "cancel", "day": day, "reason": "入院のため"})
        with group.lock:
            group.visits[answer["id"]] = True


def measures(who, group, dice):
    path = f"/api/v1/patients/{group.patient}/observations"
    answer = who.post(path, code=BODY_TEMPERATURE, value=f"36.{dice.randrange(10)}", unit="Cel")
    withdrawn = dice.random() < 0.1
    if withdrawn:
        who.post(f"{path}/{answer['id']}/withdrawal", (200, 201, 204), reason="別の方の値でした。")
    with group.lock:
        group.measured[answer["id"]] = withdrawn


def stamps(who, group, dice):
    """A post that was withdrawn or corrected meanwhile takes no more stamps."""
    with group.lock:
        post = dice.choice(sorted(group.posts))
    stamp = dice.choice(STAMPS)
    given = who.ask("PUT", f"/api/v1/posts/{post}/stamps/{stamp}", None, (204, 409))
    if given is None:
        with group.lock:
            group.stamps.setdefault(post, set()).add((who.login, stamp))


def writes_to_the_family(who, group, dice):
    if group.relatives:
        answer = who.post(f"/api/v1/groups/{group.id}/posts", body=dice.choice(FAMILY_SENTENCES), timeline="family")
        with group.lock:
            group.family.add(answer["id"])


def family_day(relative, group):
    """A relative answers."""
    answer = relative.post(f"/api/v1/groups/{group.id}/posts", body="ありがとうございます。よく たべました。", timeline="family")
    with group.lock:
        group.family.add(answer["id"])


# How often each is done, among a hundred.
DAY = [(addresses, 4), (takes_up, 4), (finishes, 4), (plans_a_visit, 3), (measures, 5), (stamps, 4), (writes_to_the_family, 3)]


def begin(people, relatives, groups):
    """What there is of all this on Monday."""
    accounts = {login: person.ask("GET", "/api/v1/me")["id"] for login, person in people.items()}
    for group in groups:
        first = people[group.members[0]]
        group.accounts = {login: accounts[login] for login in group.members}
        group.relatives = [r for r in relatives if group.id in {g["id"] for g in r.every("/api/v1/groups")}]
        of = logins(group)
        for task in first.every(f"/api/v1/tasks?owner=anyone&group={group.id}"):
            group.tasks[task["id"]] = of.get(task["owner"]["id"])
        group.visits, group.measured = visits(first, group), temperatures(first, group)
        for relative in group.relatives:
            group.family |= family_posts(relative, group)


def logins(group):
    return {account: login for login, account in group.accounts.items()}


def visits(person, group):
    """Whether each is called off."""
    items = person.ask("GET", f"/api/v1/groups/{group.id}/visits?from={in_days(0)}&to={in_days(20)}")["items"]
    return {shown["visit_id"]: shown["cancelled"] for shown in items}


def temperatures(person, group):
    """Whether each was taken back."""
    path = f"/api/v1/patients/{group.patient}/observations?code={BODY_TEMPERATURE}&limit=1000"
    return {shown["id"]: shown["withdrawn"] is not None for shown in person.every(path)}


def family_posts(relative, group):
    return {post["id"] for post in relative.every(f"/api/v1/groups/{group.id}/posts?timeline=family&limit=100")}


def faults_of_lists(person, groups):
    """The person's own lists: open items and tasks."""
    items = person.ask("GET", "/api/v1/me/open-items")["items"]
    tasks = person.every("/api/v1/tasks")
    for group in groups:
        found = {item["post_id"] for item in items if item["group_id"] == group.id and item["why"] in ("must", "mentioned")}
        waits = {post.id for post in group.waits_for(person.login)} | group.named(person.login)
        if found != waits:
            yield f"{person.login} in {group.id}: {len(found)} open items, should be {len(waits)} ({len(found ^ waits)} differ)"
        found = {task["id"] for task in tasks if task["group_id"] == group.id}
        mine = {task for task, owner in group.tasks.items() if owner == person.login}
        if found != mine:
            yield f"{person.login} in {group.id}: {len(found)} tasks, should be {len(mine)} ({len(found ^ mine)} differ)"


def faults_of_counts(person):
    """The numbers on the app's icon and on the bell are those of the lists, and go out with what was looked at."""
    counts = person.ask("GET", "/api/v1/me/counts")
    groups = person.every("/api/v1/groups")
    for name in ("unread", "family_unread"):
        if counts[name] != (total := sum(group[name] for group in groups)):
            yield f"{person.login}: {name} on the icon is {counts[name]}, the groups have {total}"
    first, bell = on_the_list(person), counts["notices"]
    if bell > first:
        yield f"{person.login}: the bell says {bell}, {first} are new on the list"
    # What waits for an answer stays new on the list; the bell rings for it once.
    again, bell = on_the_list(person), person.ask("GET", "/api/v1/me/counts")["notices"]
    if bell > again:
        yield f"{person.login}: the bell says {bell} after a look at the list, which has {again}"


def on_the_list(person):
    """Notices that are new, with those of sign-ins. Whoever looks has seen the others."""
    answer = person.ask("GET", "/api/v1/me/notices")
    return sum(notice["new"] for notice in answer["items"]) + answer["sign_ins"]


def faults_of_what_follows(person, group):
    """Visits, measurements, stamps and the family's timeline at the end of the week, as a member and the family see them."""
    if (planned := visits(person, group)) != group.visits:
        yield f"{group.id}: {len(planned)} visits, should be {len(group.visits)}"
    if (measured := temperatures(person, group)) != group.measured:
        yield f"{group.id}: {len(measured)} temperatures, should be {len(group.measured)}"
    of = logins(group)
    for post, given in group.stamps.items():
        items = person.ask("GET", f"/api/v1/posts/{post}/stamps")["items"]
        shown = {(of.get(by["id"]), item["code"]) for item in items for by in item["by"]}
        if not given <= shown and not group.posts[post].withdrawn:
            yield f"{group.id}: stamps {sorted(given - shown)} of a post are missing"
    for relative in group.relatives:
        shown = family_posts(relative, group)
        if shown != group.family:
            yield f"{group.id}: the family sees {len(shown)} posts, should be {len(group.family)} ({len(shown & set(group.posts))} of the team)"
