// Every page of the product with real ids: the addresses of app/src/web/urls.rs that answer a GET.

/** What a nurse of a team sees. */
export async function of_nurse(api, product, login, title) {
  const { id: group } = product.group(title);
  const { patient_id: patient } = await api.get(login, `/groups/${group}`);
  const me = await api.id(login);
  const posts = await api.posts(login, group);
  const mine = (await api.post(login, group, "記録の書き方について、あとで電話します。")).id;
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
    `/posts/${mine}/correction`,
    `/posts/${mine}/withdrawal`,
    `/posts/${mine}/readers`,
    ...(file ? [`/files/${file.id}/warning`] : []),
    "/patients",
    "/patients?page=1",
    `/patients/${patient}/face-sheet`,
    `/patients/${patient}/face-sheet/edit`,
    `/patients/${patient}/face-sheet/edit?section=person`,
    `/patients/${patient}/face-sheet/versions`,
    `/patients/${patient}/face-sheet/versions/1`,
    "/notices",
    "/connections",
    "/menu",
    "/facility/region",
    "/menu/devices",
    "/menu/password",
    "/menu/recovery-codes",
    "/invitations/there-is-none",
    "/there-is-no-such-page",
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
  return [
    "/",
    "/patients",
    "/patients/new",
    `/patients/${alone.id}/open-group`,
    `/groups/${group}`,
    `/groups/${group}/members`,
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
    `/facility/staff/${tokiwa}/suspension`,
    "/facility/access-log",
  ];
}

export const of_nobody = ["/sign-in", "/signed-out", "/signed-out?everywhere=1", "/status", "/support", "/api/v1/docs"];
