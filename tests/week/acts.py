"""What people do all day: each act is done through the API or a page, and told to the model once it was acknowledged."""

from datetime import datetime, timedelta, timezone

SENTENCES = [
    "訪問しました。食事は半分ほど。水分は声をかけると取れています。",
    "BP 132/78 P 70 T 36.6 SpO2 97。表情よく、歩行もふらつきなし。",
    "朝の薬が一回分残っていました。お薬カレンダーを確認します。",
    "ご家族から、夜間に二度起きたとのお話がありました。",
    "踵の発赤は薄くなっています。体位変換を続けます。",
    "来週の訪問は火曜日に変更をお願いしたいです。",
]


def posts(who, group, dice):
    answer = who.post(f"/api/v1/groups/{group.id}/posts", body=dice.choice(SENTENCES))
    group.add(answer, who.login)


def replies(who, group, dice):
    with group.lock:
        to = dice.choice(sorted(group.posts))
    answer = who.post(f"/api/v1/groups/{group.id}/posts", body="承知しました。ありがとうございます。", reply_to=to)
    group.add(answer, who.login)


def asks_everybody(who, group, _):
    by = (datetime.now(timezone.utc) + timedelta(hours=20)).isoformat()
    answer = who.post(f"/api/v1/groups/{group.id}/posts", body="明日から薬が変わります。確認をお願いします。", must_acknowledge_by=by)
    group.add(answer, who.login, must=True)


def reads(who, group, _):
    """Opens the timeline and has the newest on the screen."""
    who.open(f"/groups/{group.id}")
    up_to = group.last()
    if up_to:
        who.ask("POST", f"/api/v1/groups/{group.id}/read", {"up_to_seq": up_to}, (204,))
        group.has_read(who.login, up_to)


def acknowledges(who, group, dice):
    """What waits; otherwise any post of somebody else."""
    waiting = group.waits_for(who.login)
    with group.lock:
        others = [p for p in group.posts.values() if p.author != who.login and not p.withdrawn]
    if not waiting and not others:
        return
    post = waiting[0] if waiting else dice.choice(others)
    who.ask("PUT", f"/api/v1/posts/{post.id}/acknowledgement", None, (204,))
    with group.lock:
        post.acknowledged.add(who.login)


def corrects(who, group, dice):
    if own := group.own(who.login):
        post = dice.choice(own)
        answer = who.post(f"/api/v1/posts/{post.id}/corrections", body="(訂正)BP 123/78 でした。")
        post.corrected = True
        group.add(answer, who.login)


def withdraws(who, group, dice):
    if own := group.own(who.login):
        post = dice.choice(own)
        who.post(f"/api/v1/posts/{post.id}/withdrawal", reason="書きかけで送りました。")
        post.withdrawn = True


def sends_a_file(who, group, dice):
    file = who.upload(f"申し送り{dice.randrange(100)}.txt", "見出し\n申し送りの写しです。\n".encode())
    answer = who.post(f"/api/v1/groups/{group.id}/posts", body="申し送りを添付します。", files=[file])
    group.add(answer, who.login)


def changes_the_sheet(who, group, dice):
    """Two may save at once: the second reads again and saves over what it has seen then."""
    path = f"/api/v1/patients/{group.patient}/face-sheet"
    for _ in range(20):
        sheet = who.ask("GET", path)
        fields = sheet["fields"] | {"cautions": f"入浴は看護師の立ち会いで。({dice.randrange(1000)})"}
        who.headers["If-Match"] = f'"{sheet["version"]}"'
        saved = who.ask("PUT", path, {"fields": fields, "reason": "状態の変化のため"}, (200, 412))
        del who.headers["If-Match"]
        if "version" in saved:
            with group.lock:
                group.sheet += 1
            return
    raise AssertionError("the sheet could not be saved in twenty tries")


def looks_around(who, group, dice):
    who.open(dice.choice(["/", "/groups", "/notices", f"/groups/{group.id}/members", f"/groups/{group.id}/files",
                          f"/patients/{group.patient}/face-sheet"]))


# How often each is done, among a hundred.
DAY = [(posts, 28), (replies, 14), (reads, 26), (acknowledges, 12), (looks_around, 8), (sends_a_file, 4),
       (asks_everybody, 2), (corrects, 3), (withdraws, 1), (changes_the_sheet, 2)]
