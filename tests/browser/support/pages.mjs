// Every page of the product with real ids: the addresses of app/src/web/urls.rs that answer a GET.

/** What a nurse of a team sees. */
export async function of_nurse(api, product, login, title) {
  const { id: group } = product.group(title);
  const { patient_id: patient } = await api.get(login, `/groups/${group}`);
  const me = await api.id(login);
  const posts = await api.posts(login, group);
  const mine = (await api.post(login, group, "記録の書き方について、あとで電話します。")).id;
  const must_acknowledge_by = new Date(Date.now() + 3 * 3_600_000).toISOString();
  const asking = (await api.post(login, group, "今日の夕方までに了解をお願いします。", { must_acknowledge_by, urgent: true })).id;
  const file = posts.flatMap((post) => post.files)[0];
  return [
    "/",
    "/groups",
    "/groups?show=unread",
    `/groups/${group}`,
    `/groups/${group}?reply_to=${posts[0].id}`,
    `/groups/${group}/posts/${posts.at(-1).id}`,
    `/groups/${group}/members`,
    `/groups/${group}/members/${me}/removal`,
    `/groups/${group}/files`,
    `/groups/${group}/family`,
    `/posts/${mine}/release`,
    `/posts/${mine}/correction`,
    `/posts/${mine}/withdrawal`,
    `/posts/${mine}/readers`,
    ...(file ? [`/files/${file.id}/warning`] : []),
    ...(await work_of(api, login, group)),
    "/patients",
    "/patients?page=1",
    `/patients/${patient}/face-sheet`,
    `/patients/${patient}/face-sheet/edit`,
    `/patients/${patient}/face-sheet/edit?section=person`,
    `/patients/${patient}/face-sheet/versions`,
    `/patients/${patient}/face-sheet/versions/1`,
    `/groups/${group}/posts/${posts[0].id}/thread`,
    `/groups/${group}/templates`,
    `/groups/${group}/templates/01930000-0000-7000-8000-00000000a001`,
    "/templates",
    "/templates/new?owner=person",
    "/templates/01930000-0000-7000-8000-00000000a002",
    "/bookmarks",
    "/help/writing",
    `/posts/${mine}/bookmark`,
    `/posts/${mine}/labels`,
    `/groups/${group}/labels`,
    `/patients/${patient}/summary`,
    `/patients/${patient}/vitals`,
    `/patients/${patient}/vitals?days=7`,
    `/patients/${patient}/vitals/new`,
    `/patients/${patient}/vitals/ranges`,
    `/patients/${patient}/vitals/csv`,
    `/patients/${patient}/wounds`,
    `/posts/${asking}/asked`,
    `/posts/${asking}/handled`,
    "/open-items",
    "/duty",
    "/notices",
    "/connections",
    "/connections/new",
    "/connections/me",
    "/groups?show=free",
    "/groups?show=direct",
    "/free-groups/new",
    `/groups/${group}/consultations`,
    `/groups/${group}/consultations/new`,
    "/menu",
    "/menu/contact",
    "/menu/withdrawal",
    "/facility/region",
    "/menu/devices",
    "/menu/password",
    "/menu/recovery-codes",
    "/menu/passkeys",
    "/menu/passkeys/new",
    "/confirm?next=/menu",
    "/menu/security",
    "/menu/notifications",
    "/menu/habits",
    "/menu/record",
    "/help",
    "/help/keys",
    "/help/posting",
    "/help/calendar",
    "/welcome",
    "/welcome/protection",
    "/practice",
    "/offline",
    "/share",
    "/invitations/there-is-none",
    "/search",
    `/search?group=${group}`,
    "/there-is-no-such-page",
  ];
}

/** Tasks, the calendar, visit records, and the pages that read them. */
async function work_of(api, login, group) {
  const [task] = (await api.get(login, `/tasks?owner=anyone&group=${group}`)).items;
  const [visit] = (await api.get(login, `/groups/${group}/visits`)).items;
  return [
    "/tasks",
    `/groups/${group}/tasks`,
    `/groups/${group}/tasks/new`,
    `/tasks/${task.id}`,
    `/groups/${group}/schedule`,
    `/groups/${group}/schedule?week=${visit.day}`,
    `/groups/${group}/visits/new`,
    `/visits/${visit.visit_id}?day=${visit.day}`,
    `/groups/${group}/before-visit`,
    `/groups/${group}/visit-records`,
    `/groups/${group}/visit-records/new`,
    `/groups/${group}/partners`,
    `/groups/${group}/digest`,
    "/digest",
    "/menu/calendar",
    "/menu/tokens",
    "/proxy-entries",
    "/quarantines",
  ];
}

/** What a facility admin and host sees beyond that, in a group of its own. */
export async function of_admin(api, product, admin) {
  const { facility_id } = product.account("tachibana");
  const person = await api.id("tachibana");
  const { group, patient } = await api.team(admin, admin, ["tokiwa"], { name: "長い名前のための たいへんながいなまえの患者" });
  const asked = { account_id: person, facility_id, role: "member" };
  await api.create(admin, `/groups/${group}/invitations`, asked);
  const alone = await api.create(admin, "/patients", { fields: { name: "双葉 まだ", kana: "ふたば まだ" } });
  const tokiwa = await api.id("tokiwa");
  const review = await review_of(api, admin);
  return [
    "/",
    "/patients",
    "/patients/new",
    `/patients/${alone.id}/open-group`,
    `/groups/${group}`,
    `/groups/${group}/members`,
    `/groups/${group}/family/invitations/new`,
    `/groups/${group}/family/hours`,
    `/groups/${group}/members/${tokiwa}/removal`,
    `/groups/${group}/files`,
    `/groups/${group}/host`,
    `/groups/${group}/archive`,
    `/groups/${group}/invitations/new`,
    `/groups/${group}/invitations/new?facility=${facility_id}`,
    `/groups/${group}/invitations/new?facility=${facility_id}&person=${await api.id("saeki")}`,
    `/patients/${patient}/face-sheet`,
    "/notices",
    "/menu",
    "/facility",
    "/facility/partners",
    "/facility/staff/invitations",
    "/facility/staff/invitations/new",
    "/facility/staff/invitations/csv",
    `/facility/staff/${tokiwa}`,
    `/facility/staff/${tokiwa}/suspension`,
    "/facility/reviews",
    `/facility/reviews/${review}`,
    "/reviews",
    "/facility/unused",
    "/facility/work-orders",
    `/facility/staff/${tokiwa}/recovery`,
    "/facility/security",
    "/facility/interruptions",
    "/facility/access-log",
    "/facility/access-log/charts",
    `/facility/access-log/charts/${patient}`,
    "/facility/access-log/shown",
    `/facility/access-log/shown?account=${tokiwa}`,
    "/facility/access-reviews",
    "/facility/reader-policy",
    "/facility/devices",
    "/facility/tokens",
    "/facility/webhooks",
    "/facility/systems",
    "/facility/sign-in-policy",
    "/facility/device-certificates",
  ];
}

/** The open review of the admin's facility; opened where there is none. */
async function review_of(api, admin) {
  const { facility_id } = api.product.account(admin);
  const path = `/facilities/${facility_id}/reviews`;
  const open = (await api.get(admin, path)).items.find((review) => !review.closed_at);
  return (open ?? (await api.create(admin, path, {}))).id;
}

export const of_nobody = [
  "/device-lost",
  "/help",
  "/help/keys",
  "/help/sign-in-trouble",
  "/family/sign-in",
  "/sign-in",
  "/signed-out",
  "/signed-out?everywhere=1",
  "/forgotten",
  "/forgotten?asked=1",
  "/recovery",
  "/status",
  "/support",
  "/api/v1/docs",
];
