//! The addresses of all pages. No patient text ever stands in one.

use uuid::Uuid;

/// Fixed addresses.
macro_rules! fixed {
    ($($(#[$doc:meta])* $name:ident => $path:literal;)+) => {$(
        $(#[$doc])*
        pub fn $name() -> &'static str { $path }
    )+};
}

/// Addresses with ids.
macro_rules! with_ids {
    ($($(#[$doc:meta])* $name:ident($($id:ident),+) => $path:literal;)+) => {$(
        $(#[$doc])*
        pub fn $name($($id: Uuid),+) -> String { format!($path) }
    )+};
}

fixed! {
    home => "/";
    /// The list of groups.
    groups => "/groups";
    /// The form that registers a patient.
    new_patient => "/patients/new";
    notices => "/notices";
    connections => "/connections";
    menu => "/menu";
    /// Who is on duty, who stands in for me, and my telephone; POST hands the duty over.
    duty => "/duty";
    /// POST.
    my_substitute => "/duty/substitute";
    /// POST.
    my_shown_phone => "/duty/phone";
    /// What waits for me, and what I wait for.
    open_items => "/open-items";
    /// POST: theme and text size.
    menu_display => "/menu/display";
    /// POST: the language of the screens.
    language => "/language";
    sign_in => "/sign-in";
    /// POST.
    sign_out => "/sign-out";
    /// GET asks for the second key again, POST locks.
    lock => "/lock";
}

with_ids! {
    /// Who opened one patient's chart how often.
    chart_readers(patient) => "/facility/access-log/charts/{patient}";
    /// For patients and relatives: who read.
    family_who_read(group) => "/family/{group}/who-read";
    /// GET asks, POST removes.
    passkey_removal(passkey) => "/menu/passkeys/{passkey}/removal";
    /// The team timeline; also where its posts are sent: [`posts`].
    group(group) => "/groups/{group}";
    /// POST: a new post.
    posts(group) => "/groups/{group}/posts";
    /// One post as a fragment or as its place on the timeline.
    post(group, post) => "/groups/{group}/posts/{post}";
    group_members(group) => "/groups/{group}/members";
    /// The composer, with what another app has shared.
    share_into(group) => "/groups/{group}?shared=1#compose";
    /// Whom a post in the group may address, for the composer.
    addressees(group) => "/groups/{group}/addressees";
    group_files(group) => "/groups/{group}/files";
    face_sheet(patient) => "/patients/{patient}/face-sheet";
    /// POST: records the 了解 of the viewer.
    acknowledgement(post) => "/posts/{post}/acknowledgement";
    correction(post) => "/posts/{post}/correction";
    withdrawal(post) => "/posts/{post}/withdrawal";
    readers(post) => "/posts/{post}/readers";
    /// GET asks for the result, POST records that what a post asked for is done.
    handled(post) => "/posts/{post}/handled";
    /// Who has not answered a post, and how to reach them; where calls are recorded by POST.
    asked(post) => "/posts/{post}/asked";
    file(file) => "/files/{file}";
    thumbnail(file) => "/files/{file}/thumbnail";
    /// GET and POST: unlinks one of one's own identities.
    end_identity(identity) => "/menu/identities/{identity}/end";
    /// What may happen when a dangerous file is opened.
    file_warning(file) => "/files/{file}/warning";
}

/// Where a device gets its certificate, by a permission that is good once.
pub fn device_enrolment(permission: &str) -> String {
    format!("/device-enrolment/{permission}")
}

/// The list of groups behind a filter; an empty code shows all.
pub fn groups_shown(code: &str) -> String {
    if code.is_empty() { groups().to_owned() } else { format!("/groups?show={code}") }
}

/// POST: to an identity provider, and back signed in.
pub fn sign_in_with(provider: &str) -> String {
    format!("/sign-in/with/{provider}")
}

/// GET asks for the password, POST leads to an identity provider and back with its identity linked.
pub fn link_identity(provider: &str) -> String {
    format!("/menu/identities/with/{provider}")
}

/// The composer of a group as the answer to a post.
pub fn reply(group: Uuid, post: Uuid) -> String {
    format!("/groups/{group}?reply_to={post}#compose")
}

/// The timeline before a cursor: older posts.
pub fn older(group: Uuid, cursor: &str) -> String {
    format!("/groups/{group}?before={cursor}")
}

/// Where a link from elsewhere leads: the post on its timeline.
pub fn post_in_group(group: Uuid, post: Uuid) -> String {
    format!("/groups/{group}/posts/{post}#post-{post}")
}

fixed! {
    /// お知らせの設定.
    notification_settings => "/menu/notifications";
    /// POST: of which posts of each group.
    notification_groups => "/menu/notifications/groups";
    /// POST: a push or a letter to oneself.
    notification_test => "/menu/notifications/test";
    /// How often the staff was rung.
    interruptions => "/facility/interruptions";
    interruptions_csv => "/facility/interruptions.csv";
    /// POST: the facility's usual quiet hours.
    facility_quiet_hours => "/facility/quiet-hours";
}

with_ids! {
    /// POST: a device is not reached by push any more.
    notification_device_end(subscription) => "/menu/notifications/devices/{subscription}/end";
}

fixed! {
    /// POST: the second step.
    sign_in_code => "/sign-in/code";
    /// One's own identities at professional identity providers.
    identities => "/menu/identities";
    /// POST: a passkey instead of ID and password.
    sign_in_passkey => "/sign-in/passkey";
    /// POST: a passkey as the second step.
    sign_in_code_passkey => "/sign-in/code/passkey";
    /// GET asks again who it is, POST checks.
    confirm => "/confirm";
    /// POST: what a form had carried when it turned out that somebody has to be asked first.
    confirm_first => "/confirm/first";
    /// GET and POST: app authentication.
    enrol => "/enrol";
    /// POST: a passkey as the first second factor.
    enrol_passkey => "/enrol/passkey";
    /// GET the list, POST a new one.
    passkeys => "/menu/passkeys";
    new_passkey => "/menu/passkeys/new";
    /// GET asks, POST ends app authentication.
    totp_removal => "/menu/app-authentication/removal";
    recovery_codes => "/enrol/recovery-codes";
    /// POST: password after the idle lock.
    unlock => "/unlock";
    /// POST.
    sign_out_everywhere => "/sign-out/everywhere";
    /// POST.
    acting_facility => "/menu/acting-facility";
    devices => "/menu/devices";
    /// Where a session waits until the facility has approved its device.
    device_waits => "/device-waits";
    /// What to do after a device was lost; for everybody.
    device_lost => "/device-lost";
    /// The devices that have acted for the facility.
    facility_devices => "/facility/devices";
    facility_devices_csv => "/facility/devices.csv";
    /// GET and POST: what the facility demands of a sign-in.
    sign_in_policy => "/facility/sign-in-policy";
    /// GET the list, POST a permission for a new one.
    device_certificates => "/facility/device-certificates";
    /// GET and POST.
    menu_password => "/menu/password";
    /// GET asks for a code, POST makes ten new ones.
    menu_recovery_codes => "/menu/recovery-codes";
    /// GET the list, POST a new patient.
    patients => "/patients";
    /// POST: what is searched for never stands in an address.
    patients_search => "/patients/search";
    /// The staff of the facility for which the viewer acts.
    facility => "/facility";
    /// What was ended when people left the facility.
    departures => "/facility/departures";
    /// Reviews: GET the list, POST opens one.
    facility_reviews => "/facility/reviews";
    /// What waits for the viewer in open reviews.
    reviews => "/reviews";
    /// Accounts and devices that nobody has used for long.
    unused => "/facility/unused";
    access_log => "/facility/access-log";
    access_log_csv => "/facility/access-log.csv";
    /// The same as FHIR AuditEvents, one on a line.
    audit_events => "/facility/access-log/audit-events.ndjson";
    /// How often each patient's chart was opened.
    access_log_charts => "/facility/access-log/charts";
    access_log_charts_csv => "/facility/access-log/charts.csv";
    /// Whose records an account, a device or a session was shown.
    access_log_shown => "/facility/access-log/shown";
    access_log_shown_csv => "/facility/access-log/shown.csv";
    /// Each month's review of the access log.
    access_reviews => "/facility/access-reviews";
    /// Whether patients and relatives are told who read: GET and POST.
    reader_policy => "/facility/reader-policy";
    /// The operator's console.
    operator => "/operator";
    /// GET and POST.
    operator_sign_in => "/operator/sign-in";
    /// POST.
    operator_sign_out => "/operator/sign-out";
    /// Alarms and figures.
    operator_watch => "/operator/watch";
    /// GET the list, POST a new one.
    operator_announcements => "/operator/announcements";
    operator_new_announcement => "/operator/announcements/new";
    /// Applications of facilities that wait, `?closed=yes` those that are decided.
    operator_applications => "/operator/applications";
    /// GET and POST: what reviewers confirm before they approve.
    operator_checklist => "/operator/checklist";
    /// GET and POST: kinds of facilities and professions.
    operator_masters => "/operator/masters";
    operator_templates => "/operator/templates";
    operator_new_template => "/operator/templates/new";
    /// Facilities with counts.
    operator_facilities => "/operator/facilities";
    /// GET the form, POST an application.
    new_application => "/facility-applications/new";
    application_sent => "/facility-applications/sent";
    /// GET the region's policy, POST accepts it for the facility.
    facility_region => "/facility/region";
    /// GET the list, POST a new one.
    operator_regions => "/operator/regions";
    /// GET and POST: the service modes.
    operator_modes => "/operator/modes";
    /// GET the list, POST a new one.
    operator_incidents => "/operator/incidents";
    operator_new_incident => "/operator/incidents/new";
    operator_inquiries => "/operator/inquiries";
    /// Incidents that the facility was told of.
    facility_incidents => "/facility/incidents";
    /// GET and POST: whom to call.
    facility_contact => "/facility/contact";
    /// GET the form and what was answered, POST an inquiry.
    support => "/support";
    /// What was published about incidents, for everybody.
    public_incidents => "/notices/incidents";
    /// GET the list, POST asks for an order.
    operator_work_orders => "/operator/work-orders";
    operator_new_work_order => "/operator/work-orders/new";
    facility_work_orders => "/facility/work-orders";
    /// What operators did.
    operator_log => "/operator/log";
    /// GET shows what has to be accepted, POST accepts.
    terms => "/terms";
    my_policies => "/menu/policies";
    /// What is sealed of the record, and how anybody checks it.
    record => "/menu/record";
    operator_policies => "/operator/policies";
    operator_register => "/operator/register";
    operator_papers => "/operator/papers";
    /// GET the live disclosure with what is missing, POST publishes an edition.
    operator_disclosure => "/operator/disclosure";
    operator_risks => "/operator/risks";
    operator_system => "/operator/system";
    /// The safety-management disclosure, for everybody.
    disclosure => "/disclosure";
    operating_rules => "/disclosure/operating-rules";
    leaflet => "/disclosure/leaflet";
    /// Whether it works now, and how available it was; for everybody.
    status => "/status";
    /// GET announced work, POST announces some.
    operator_works => "/operator/works";
    /// The synthetic user's read and write.
    synthetic => "/api/v1/synthetic";
    facility_papers => "/facility/papers";
    staff_invitations => "/facility/staff/invitations";
    /// GET and POST.
    new_staff_invitation => "/facility/staff/invitations/new";
    /// GET asks for a list, POST reads it and makes nothing.
    staff_invitations_csv => "/facility/staff/invitations/csv";
    staff_invitations_sample => "/facility/staff/invitations/csv/sample";
    /// POST: invites whom the list names.
    staff_invitations_confirmation => "/facility/staff/invitations/csv/confirmation";
    /// GET and POST: how the person is reached.
    my_contact => "/menu/contact";
    /// GET asks, POST leaves one facility or all.
    my_withdrawal => "/menu/withdrawal";
    /// GET and POST: asks for a link to a new password.
    forgotten => "/forgotten";
    /// GET asks for the code of a recovery, POST leads on.
    recovery => "/recovery";
    /// Notices about one's own sign-ins.
    menu_security => "/menu/security";
    /// Notices about the sign-ins of the staff, and recoveries.
    facility_security => "/facility/security";
    operator_recoveries => "/operator/recoveries";
    /// The family's own site: the timeline, or the choice between several.
    family => "/family";
    /// GET and POST.
    family_sign_in => "/family/sign-in";
    /// POST.
    family_sign_out => "/family/sign-out";
    /// GET and POST: app authentication, on joining.
    family_enrol => "/family/app";
    family_account => "/family/account";
    /// POST.
    family_display => "/family/display";
    /// What happens on one's own family timelines, as it happens.
    family_events => "/family/events";
    family_manifest => "/family/manifest.webmanifest";
    /// GET and POST: of what a relative is told, and when not.
    family_notices => "/family/notices";
    /// POST, JSON: this phone is reached there.
    family_subscription => "/family/notices/subscription";
    /// POST.
    family_notices_test => "/family/notices/test";
    /// POST: this phone, or all others, not any more.
    family_notices_end => "/family/notices/end";
    /// POST: an address, to which a number goes.
    family_mail => "/family/notices/mail";
    /// POST: that number.
    family_mail_confirmation => "/family/notices/mail/confirmation";
    /// POST: no letters any more.
    family_mail_end => "/family/notices/mail/end";
}

with_ids! {
    /// POST: no reminder any more.
    operator_alarm_seen(alarm) => "/operator/watch/alarms/{alarm}/seen";
    /// POST: a job that was given up gets its tries again.
    operator_work_end(work) => "/operator/works/{work}/end";
    operator_job_again(job) => "/operator/watch/jobs/{job}/again";
    announcement(announcement) => "/announcements/{announcement}";
    /// GET, and POST a correction.
    operator_announcement(announcement) => "/operator/announcements/{announcement}";
    /// POST.
    operator_announcement_withdrawal(announcement) => "/operator/announcements/{announcement}/withdrawal";
    /// GET, and POST another name.
    operator_region(region) => "/operator/regions/{region}";
    /// POST: puts one in, takes one out.
    operator_region_facilities(region) => "/operator/regions/{region}/facilities";
    operator_application(application) => "/operator/applications/{application}";
    /// GET the versions, POST publishes the next one.
    region_policies(region) => "/operator/regions/{region}/policies";
    /// GET what was told, POST tells.
    region_notices(region) => "/operator/regions/{region}/notices";
    operator_incident(incident) => "/operator/incidents/{incident}";
    facility_incident(incident) => "/facility/incidents/{incident}";
    facility_incident_csv(incident) => "/facility/incidents/{incident}/patients.csv";
    public_incident(incident) => "/notices/incidents/{incident}";
    operator_work_order(order) => "/operator/work-orders/{order}";
    /// POST: a second operator's word.
    operator_work_order_decision(order) => "/operator/work-orders/{order}/decision";
    /// POST: the key for the command.
    operator_work_order_key(order) => "/operator/work-orders/{order}/key";
    /// POST.
    operator_work_order_end(order) => "/operator/work-orders/{order}/end";
    facility_work_order(order) => "/facility/work-orders/{order}";
    /// POST: the facility's own yes or no.
    facility_work_order_agreement(order) => "/facility/work-orders/{order}/agreement";
    /// POST: signs the report off, or objects.
    facility_work_order_confirmation(order) => "/facility/work-orders/{order}/confirmation";
    operator_inquiry(inquiry) => "/operator/inquiries/{inquiry}";
    /// POST.
    device_sign_out(device) => "/menu/devices/{device}/sign-out";
    /// POST.
    own_device_name(device) => "/menu/devices/{device}/name";
    /// GET asks, POST ends everything of the person.
    own_device_loss(device) => "/menu/devices/{device}/loss";
    /// POST.
    facility_device_sign_out(device) => "/facility/devices/{device}/sign-out";
    /// POST.
    facility_device_approval(device) => "/facility/devices/{device}/approval";
    /// POST.
    facility_device_owner(device) => "/facility/devices/{device}/owner";
    /// GET asks, POST ends everything of the person.
    facility_device_loss(device) => "/facility/devices/{device}/loss";
    /// POST.
    device_certificate_revocation(certificate) => "/facility/device-certificates/{certificate}/revocation";
    /// GET and POST: the whole sheet; one section by [`face_sheet_section`].
    face_sheet_edit(patient) => "/patients/{patient}/face-sheet/edit";
    face_sheet_versions(patient) => "/patients/{patient}/face-sheet/versions";
    open_group(patient) => "/patients/{patient}/open-group";
    /// GET and POST.
    new_invitation(group) => "/groups/{group}/invitations/new";
    /// POST: whoever keeps the group takes an invitation back.
    invitation_cancellation(group, invitation) => "/groups/{group}/invitations/{invitation}/cancellation";
    /// POST `decision`: `approve` or `decline`.
    approval(group, account) => "/groups/{group}/members/{account}/approval";
    /// GET asks, POST removes.
    removal(group, account) => "/groups/{group}/members/{account}/removal";
    /// GET and POST: hand-over of the host.
    host(group) => "/groups/{group}/host";
    /// GET and POST.
    archive(group) => "/groups/{group}/archive";
    /// GET and POST.
    reopening(group) => "/groups/{group}/reopening";
    /// GET asks, POST suspends or lets in again.
    suspension(account) => "/facility/staff/{account}/suspension";
    /// GET asks, POST ends the tie with the facility.
    departure(account) => "/facility/staff/{account}/departure";
    facility_review(review) => "/facility/reviews/{review}";
    review_csv(review) => "/facility/reviews/{review}/result.csv";
    /// POST: keeps or removes.
    review_answer(item) => "/review-items/{item}";
    /// POST: forgets a device.
    unused_device(device) => "/facility/unused/devices/{device}";
    /// One person of the staff.
    staff_person(account) => "/facility/staff/{account}";
    /// POST: makes admin, or no admin any more.
    staff_admin(account) => "/facility/staff/{account}/admin";
    /// POST: takes a staff invitation back.
    staff_invitation_cancellation(invitation) => "/facility/staff/invitations/{invitation}/cancellation";
    /// POST: another link.
    staff_invitation_link(invitation) => "/facility/staff/invitations/{invitation}/link";
    departure_report(departure) => "/facility/departures/{departure}";
    departure_csv(departure) => "/facility/departures/{departure}/report.csv";
    /// GET the form or the one that is open, POST starts one.
    staff_recovery(account) => "/facility/staff/{account}/recovery";
    /// POST.
    recovery_confirmation(recovery) => "/facility/recoveries/{recovery}/confirmation";
    /// POST: shows a code, once.
    recovery_code(recovery) => "/facility/recoveries/{recovery}/code";
    /// POST: an admin takes it back.
    recovery_cancellation(recovery) => "/facility/recoveries/{recovery}/cancellation";
    /// POST: the person herself takes it back.
    my_recovery_cancellation(recovery) => "/menu/security/recoveries/{recovery}/cancellation";
    /// POST: an operator confirms.
    operator_recovery_confirmation(recovery) => "/operator/recoveries/{recovery}/confirmation";
    /// GET asks, POST shuts the account.
    not_me(notice) => "/menu/security/{notice}/not-me";
    /// GET the timeline, POST a post.
    family_timeline(group) => "/family/{group}";
    /// Who reads it.
    family_readers(group) => "/family/{group}/readers";
    /// POST: 了解.
    family_acknowledgement(post) => "/family/posts/{post}/acknowledgement";
    /// GET asks, POST corrects an own post.
    family_correction(post) => "/family/posts/{post}/correction";
    /// GET asks, POST takes an own post back.
    family_withdrawal(post) => "/family/posts/{post}/withdrawal";
    family_file(file) => "/family/files/{file}";
    family_thumbnail(file) => "/family/files/{file}/thumbnail";
    /// The team's tab: GET the timeline, POST a post.
    group_family(group) => "/groups/{group}/family";
    /// GET and POST.
    new_relative(group) => "/groups/{group}/family/invitations/new";
    /// POST.
    relative_invitation_cancellation(group, invitation) => "/groups/{group}/family/invitations/{invitation}/cancellation";
    /// GET asks, POST takes off.
    relative_removal(group, account) => "/groups/{group}/family/{account}/removal";
    /// GET and POST.
    office_hours(group) => "/groups/{group}/family/hours";
    /// GET shows what the family would read, POST lets it through.
    release(post) => "/posts/{post}/release";
}

/// GET and POST: what opens behind the link of a relative's invitation.
pub fn family_join(link: &str) -> String {
    format!("/family/join/{link}")
}

/// POST: shows who is invited by whom.
pub fn family_join_open(link: &str) -> String {
    format!("/family/join/{link}/open")
}

/// POST: with the account that is signed in.
pub fn family_join_also(link: &str) -> String {
    format!("/family/join/{link}/also")
}

fixed! {
    /// GET the form, POST looks for what was typed: it stands in no address.
    search => "/search";
}

/// The same form for one group.
pub fn search_in(group: Uuid) -> String {
    format!("/search?group={group}")
}

/// Why somebody can or cannot see a group.
pub fn access(account: Uuid, group: Uuid) -> String {
    format!("/accounts/{account}/access?group={group}")
}

/// The same, with the groups to choose from.
pub fn access_of(account: Uuid) -> String {
    format!("/accounts/{account}/access")
}

/// A page of the list of patients, from 0.
pub fn patients_page(page: usize) -> String {
    if page == 0 { patients().to_owned() } else { format!("/patients?page={page}") }
}

/// The edit form of one section; `section` is a code of the face sheet.
pub fn face_sheet_section(patient: Uuid, section: &str) -> String {
    format!("/patients/{patient}/face-sheet/edit?section={section}")
}

/// The sheet after something was done; `code` tells what, never about whom.
pub fn face_sheet_done(patient: Uuid, code: &str) -> String {
    format!("/patients/{patient}/face-sheet?done={code}")
}

/// The older part of the list of versions.
pub fn face_sheet_versions_before(patient: Uuid, version: i64) -> String {
    format!("/patients/{patient}/face-sheet/versions?before={version}")
}

/// One version of a face sheet.
pub fn face_sheet_version(patient: Uuid, version: i64) -> String {
    format!("/patients/{patient}/face-sheet/versions/{version}")
}

/// An invitation, by its id (in the product) or by the token of a single-use link.
pub fn invitation(id_or_token: &str) -> String {
    format!("/invitations/{id_or_token}")
}

/// GET and POST: what opens behind the link of a staff invitation.
pub fn join(link: &str) -> String {
    format!("/join/{link}")
}

/// POST: a code to the address of the invitation.
pub fn join_code(link: &str) -> String {
    format!("/join/{link}/code")
}

/// GET and POST: with an account that there is.
pub fn join_account(link: &str) -> String {
    format!("/join/{link}/account")
}

/// POST: with the account that is signed in.
pub fn join_tie(link: &str) -> String {
    format!("/join/{link}/tie")
}

/// POST: the wrong person.
pub fn join_refusal(link: &str) -> String {
    format!("/join/{link}/refusal")
}

/// POST `decision`: `accept` or `decline`.
pub fn acceptance(id_or_token: &str) -> String {
    format!("/invitations/{id_or_token}/acceptance")
}

/// One month's review of the access log: GET shows, POST signs. `month`: `2026-10`.
pub fn access_review(month: &str) -> String {
    format!("{}/{month}", access_reviews())
}

/// A path as a value in a query.
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-._~/".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

/// A withdrawn post with its text unfolded; that it was opened is recorded.
pub fn withdrawn_text(group: Uuid, post: Uuid) -> String {
    format!("/groups/{group}/posts/{post}?withdrawn=show#post-{post}")
}

/// The desk of one policy.
pub fn operator_policy(policy: &str) -> String {
    format!("/operator/policies/{policy}")
}

pub fn operator_policy_version(policy: &str, n: i32) -> String {
    format!("/operator/policies/{policy}/versions/{n}")
}

/// The newest text of a public policy.
pub fn policy(policy: &str) -> String {
    format!("/policies/{policy}")
}

/// GET the form of a new entry, POST makes it.
pub fn new_register_entry(kind: &str) -> String {
    format!("/operator/register/new/{kind}")
}

/// GET the form, POST saves a new version or removes.
pub fn register_entry(entry: Uuid) -> String {
    format!("/operator/register/{entry}")
}

/// A stored paper with everybody who opened it; the bytes stand under `/content`.
pub fn operator_paper(paper: Uuid) -> String {
    format!("/operator/papers/{paper}")
}

/// A paper that was shared with the facility.
pub fn facility_paper(paper: Uuid) -> String {
    format!("/facility/papers/{paper}")
}

/// The disclosure as it was published.
pub fn disclosure_edition(n: i32) -> String {
    format!("/disclosure/editions/{n}")
}

/// GET asks for the ID and the password, POST opens the way to a new factor.
pub fn recovery_with(code: &str) -> String {
    format!("/recovery/{code}")
}

/// GET asks for a code and a new password, POST sets it.
pub fn new_password(token: &str) -> String {
    format!("/forgotten/{token}")
}

fixed! {
    /// What helps those who read.
    writing_help => "/help/writing";
    /// One's own bookmarks.
    bookmarks => "/bookmarks";
    /// One's own templates and the facility's.
    templates => "/templates";
    /// GET `?owner=&from=`, POST a new one.
    new_template_form => "/templates/new";
}

with_ids! {
    /// GET shows it or the form that changes it, POST saves the next version.
    template(template) => "/templates/{template}";
    /// POST: no longer offered.
    template_removal(template) => "/templates/{template}/removal";
    /// The same at the console.
    operator_template(template) => "/operator/templates/{template}";
    operator_template_removal(template) => "/operator/templates/{template}/removal";
    /// 患者連携サマリー with its history and who has read it.
    summary(patient) => "/patients/{patient}/summary";
    /// POST: the viewer has read this version.
    summary_read(patient) => "/patients/{patient}/summary/read";
    /// POST: a stamp, on or off.
    stamps(post) => "/posts/{post}/stamps";
    /// POST: on or off.
    pin(post) => "/posts/{post}/pin";
    /// GET the form of a note, POST: on or off.
    bookmark(post) => "/posts/{post}/bookmark";
    /// One post with all its replies.
    thread(group, post) => "/groups/{group}/posts/{post}/thread";
    /// The strip of pinned posts, for scripts.
    pins(group) => "/groups/{group}/pins";
    /// The templates that one may use in a group.
    group_templates(group) => "/groups/{group}/templates";
    /// GET the form, POST sends what was filled in.
    use_template(group, template) => "/groups/{group}/templates/{template}";
}

/// The form of a new template, perhaps as a copy of another.
pub fn new_template(owner: &str, from: Option<Uuid>) -> String {
    let from = from.map(|id| format!("&from={id}")).unwrap_or_default();
    format!("{}?owner={owner}{from}", new_template_form())
}

/// The summary card after it was saved.
pub fn summary_done(patient: Uuid, code: &str) -> String {
    format!("/patients/{patient}/summary?done={code}")
}

/// The page after a form has done its work; scripts forget the kept form by its id.
pub fn sent(page: &str, client_id: Uuid) -> String {
    let (path, place) = page.split_once('#').map_or((page, String::new()), |(p, at)| (p, format!("#{at}")));
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{path}{sign}sent={client_id}{place}")
}

/// The same where the page before this release takes no query that it does not know.
pub fn sent_quietly(page: &str, client_id: Uuid) -> String {
    format!("{page}#sent={client_id}")
}

/// A post that a form has just made; scripts forget the kept form by its id.
pub fn sent_post(group: Uuid, post: Uuid, client_id: Uuid) -> String {
    format!("/groups/{group}/posts/{post}?sent={client_id}#post-{post}")
}

with_ids! {
    /// GET the charts of a patient; POST a form with new values.
    vitals(patient) => "/patients/{patient}/vitals";
    vitals_new(patient) => "/patients/{patient}/vitals/new";
    /// GET asks, POST withdraws.
    vitals_withdrawal(patient, observation) => "/patients/{patient}/vitals/{observation}/withdrawal";
    /// GET and POST.
    vitals_ranges(patient) => "/patients/{patient}/vitals/ranges";
    /// GET asks for a file, POST reads it without recording anything.
    vitals_csv(patient) => "/patients/{patient}/vitals/csv";
    /// POST.
    vitals_csv_confirmation(patient) => "/patients/{patient}/vitals/csv/confirmation";
    vitals_csv_sample(patient) => "/patients/{patient}/vitals/csv/sample";
    /// GET the series, POST a picture's site.
    wounds(patient) => "/patients/{patient}/wounds";
    /// POST.
    wound_measures(patient) => "/patients/{patient}/wounds/measures";
    /// POST: the values in an own post become data.
    post_observations(post) => "/posts/{post}/observations";
}

/// The charts of some days.
pub fn vitals_of(patient: Uuid, days: u16) -> String {
    format!("/patients/{patient}/vitals?days={days}")
}

/// The charts after an act.
pub fn vitals_done(patient: Uuid, code: &str) -> String {
    format!("/patients/{patient}/vitals?done={code}")
}

/// The series of wounds after an act.
pub fn wounds_done(patient: Uuid, code: &str) -> String {
    format!("/patients/{patient}/wounds?done={code}")
}

fixed! {
    /// POST: a new free group.
    free_groups => "/free-groups";
    new_free_group => "/free-groups/new";
    /// GET: asking for a connection, in three steps; POST to [`connections`] sends it.
    new_connection => "/connections/new";
    /// The viewer's own link, to be shown as a code.
    my_connection_link => "/connections/me";
}

with_ids! {
    /// GET asks, POST gives a free group another name.
    group_title(group) => "/groups/{group}/title";
    /// GET the list, POST a new one.
    consultations(group) => "/groups/{group}/consultations";
    new_consultation(group) => "/groups/{group}/consultations/new";
    /// GET asks, POST closes or reopens.
    consultation_state(consultation) => "/consultations/{consultation}/state";
    /// POST: the answer to a request.
    connection_acceptance(connection) => "/connections/{connection}/acceptance";
    /// GET asks, POST ends a connection or takes a request back.
    connection_end(connection) => "/connections/{connection}/end";
    /// POST: to the conversation of two.
    conversation(connection) => "/connections/{connection}/conversation";
    /// The last step of asking somebody: two ids, which any staff finds in the directory.
    ask_person(facility, person) => "/connections/new?facility={facility}&person={person}";
}

fixed! {
    /// The viewer's own tasks.
    tasks => "/tasks";
}

with_ids! {
    /// GET everybody's tasks of a group, POST a new one.
    group_tasks(group) => "/groups/{group}/tasks";
    new_task(group) => "/groups/{group}/tasks/new";
    /// The same from a post, which names it.
    new_task_from(group, post) => "/groups/{group}/tasks/new?post={post}";
    task(task) => "/tasks/{task}";
    /// POST: one change.
    task_change(task) => "/tasks/{task}/change";
}

/// A task after something was done with it; `kind` is that of its event.
pub fn task_done(task: Uuid, kind: &str) -> String {
    format!("/tasks/{task}?done={kind}")
}

with_ids! {
    /// The calendar of a patient's visits.
    schedule(group) => "/groups/{group}/schedule";
    new_visit(group) => "/groups/{group}/visits/new";
    /// POST: a new visit.
    visits(group) => "/groups/{group}/visits";
    /// POST: one change.
    visit_change(visit) => "/visits/{visit}/change";
}

/// Another month or week of it; `query` is that of a span.
pub fn schedule_span(group: Uuid, query: &str) -> String {
    format!("/groups/{group}/schedule?{query}")
}

/// The same after something was done.
pub fn schedule_at(group: Uuid, query: &str, done: &str) -> String {
    format!("/groups/{group}/schedule?{query}&done={done}")
}

/// The form of a new visit with its day.
pub fn new_visit_on(group: Uuid, day: jiff::civil::Date, kind: Option<&str>) -> String {
    let kind = kind.map(|kind| format!("&kind={kind}")).unwrap_or_default();
    format!("/groups/{group}/visits/new?day={day}{kind}")
}

/// One visit on one of the days on which its series has it.
pub fn visit(visit: Uuid, day: jiff::civil::Date) -> String {
    format!("/visits/{visit}?day={day}")
}

/// The same after something was done; `kind` is that of its event.
pub fn visit_done(visit: Uuid, day: Option<jiff::civil::Date>, kind: &str) -> String {
    let day = day.map(|day| format!("day={day}&")).unwrap_or_default();
    format!("/visits/{visit}?{day}done={kind}")
}

with_ids! {
    /// What has happened since the viewer's last visit.
    before_visit(group) => "/groups/{group}/before-visit";
    /// POST: the viewer has visited.
    visit_marks(group) => "/groups/{group}/visit-marks";
    /// The same page after that.
    before_visit_done(group) => "/groups/{group}/before-visit?done=marked";
    /// GET the list, POST a new one.
    visit_records(group) => "/groups/{group}/visit-records";
    new_visit_record(group) => "/groups/{group}/visit-records/new";
    /// The list after a record was written.
    visit_record_saved(group, post) => "/groups/{group}/visit-records?saved={post}";
    /// POST: plans the next visit of a record.
    next_visit(group, post) => "/groups/{group}/visit-records/{post}/next-visit";
}

fixed! {
    /// GET and POST: the link to one's own visits.
    calendar_link => "/menu/calendar";
    /// POST.
    calendar_link_end => "/menu/calendar/end";
    facility_partners => "/facility/partners";
    /// GET and POST: one's own access tokens.
    my_tokens => "/menu/tokens";
    facility_tokens => "/facility/tokens";
    /// GET and POST.
    facility_webhooks => "/facility/webhooks";
    /// POST.
    token_rule => "/facility/tokens/rule";
    /// Yesterday over all of one's patients.
    digest => "/digest";
    /// GET: what was entered for me, and who may speak for me; POST: who may.
    proxy_entries => "/proxy-entries";
    /// GET: what I found, and what waits for my word.
    quarantines => "/quarantines";
    /// GET and POST: systems outside that enter for the facility's people.
    facility_systems => "/facility/systems";
}

with_ids! {
    group_partners(group) => "/groups/{group}/partners";
    /// POST.
    my_token_end(token) => "/menu/tokens/{token}/end";
    /// POST.
    webhook_end(webhook) => "/facility/webhooks/{webhook}/end";
    /// POST.
    webhook_test(webhook) => "/facility/webhooks/{webhook}/test";
    /// POST.
    webhook_rotation(webhook) => "/facility/webhooks/{webhook}/rotation";
    /// POST.
    webhook_stop(webhook) => "/facility/webhooks/{webhook}/stop";
    /// POST.
    webhook_resumption(webhook) => "/facility/webhooks/{webhook}/resumption";
    /// POST.
    webhook_resending(webhook, call) => "/facility/webhooks/{webhook}/calls/{call}/resending";
    /// POST.
    facility_token_end(token) => "/facility/tokens/{token}/end";
    group_digest(group) => "/groups/{group}/digest";
    /// POST.
    confirmation(post) => "/posts/{post}/confirmation";
    /// GET asks, POST hides a post that is about another patient.
    quarantine_of(post) => "/posts/{post}/quarantine";
    /// What two people look at.
    quarantine(quarantine) => "/quarantines/{quarantine}";
    /// POST.
    quarantine_decision(quarantine) => "/quarantines/{quarantine}/decision";
    /// POST.
    quarantine_second(quarantine) => "/quarantines/{quarantine}/second";
    /// POST: the text again, where it belongs.
    quarantine_rewriting(quarantine) => "/quarantines/{quarantine}/rewriting";
    /// GET, and POST: makes a token.
    facility_system(system) => "/facility/systems/{system}";
    /// POST.
    facility_system_end(system) => "/facility/systems/{system}/end";
    /// POST.
    facility_system_token_end(system, token) => "/facility/systems/{system}/tokens/{token}/end";
}

/// The feed behind a link, for calendar programs.
pub fn calendar_feed(token: &str) -> String {
    format!("/calendar/{token}.ics")
}

/// Another day.
pub fn digest_of(day: jiff::civil::Date) -> String {
    format!("/digest?day={day}")
}

pub fn group_digest_of(group: Uuid, day: jiff::civil::Date) -> String {
    format!("/groups/{group}/digest?day={day}")
}

fixed! {
    /// 使い方, for everybody.
    help => "/help";
    help_keys => "/help/keys";
    /// GET and POST: what a person sets for herself.
    habits => "/menu/habits";
    /// お試しグループ: GET begins anew, POST does something in it.
    practice => "/practice";
    /// What another app has shared waits for a group; POST: where phones bring it, to the service worker.
    share => "/share";
    /// Three steps after joining.
    first_visit => "/welcome";
}

/// GET and POST: the labels of a post.
pub fn post_labels(post: Uuid) -> String {
    format!("/posts/{post}/labels")
}

/// Posts of a group by label.
pub fn group_labels(group: Uuid) -> String {
    format!("/groups/{group}/labels")
}

pub fn group_label(group: Uuid, label: &str) -> String {
    format!("/groups/{group}/labels?label={label}")
}

/// The page after that.
pub fn older_labelled(group: Uuid, label: Option<&str>, cursor: &str) -> String {
    let label = label.map(|code| format!("label={code}&")).unwrap_or_default();
    format!("/groups/{group}/labels?{label}before={cursor}")
}

/// A page of the help.
pub fn help_topic(slug: &str) -> String {
    format!("/help/{slug}")
}

/// GET and POST: one step of the first visit.
pub fn first_visit_step(step: &str) -> String {
    format!("/welcome/{step}")
}
