//! Writes every sample page of account, patients, members and administration to `target/gallery`, to be looked at
//! in a browser, and checks what must hold on all of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use maud::Markup;
use renkei::features::access_log::views as log;
use renkei::features::connections::{ask_views, views as connections};
use renkei::features::consultations::views as consultations;
use renkei::features::face_sheets::{conflict_views, edit_views, version_views, views as sheets};
use renkei::features::facilities::views as facilities;
use renkei::features::files::views as files;
use renkei::features::groups::{act_views, member_views, title_views, views as groups};
use renkei::features::invitations::{new_views as invite, views as invitations};
use renkei::features::notices::views as notices;
use renkei::features::passkeys::views as passkeys;
use renkei::features::patients::{new_views, views as patients};
use renkei::features::sign_in::{confirm_views, enrol_views, views as sign_in};
use renkei::features::single_sign_on::{acts::Trouble, views as identities};
use renkei::features::tasks::views as tasks;
use renkei::features::{
    accounts::{password_views, views as accounts},
    devices::own_views as devices,
};
use renkei::web::error_pages as errors;
use renkei::web::ui::{Ctx, Theme, asset};

type Pages = Vec<(&'static str, Markup)>;

fn ctx(theme: Theme, path: &str) -> Ctx {
    Ctx { theme, ..Ctx::sample(path) }
}

fn provider() -> url::Url {
    "https://id.example.jp/auth?client_id=renkei&state=x".parse().expect("an address")
}

fn gates(theme: Theme) -> Pages {
    let ctx = &Ctx { viewer: None, ..ctx(theme, "/sign-in") };
    vec![
        ("sign-in", sign_in::sign_in_page(&sign_in::SignInView::sample(), ctx)),
        ("sign-in-code", sign_in::code_page(&sign_in::CodeView::sample(), ctx)),
        ("lock", sign_in::lock_page(&sign_in::LockView::sample(), ctx)),
        ("signed-out", sign_in::signed_out_page(&sign_in::SignedOutView::sample(), ctx)),
        ("enrol", enrol_views::enrol_page(&enrol_views::EnrolView::sample(), ctx)),
        ("recovery-codes", enrol_views::recovery_codes_page(&enrol_views::RecoveryCodesView::sample(), ctx)),
        (
            "new-recovery-codes",
            enrol_views::new_recovery_codes_page(&enrol_views::NewRecoveryCodesView::sample(), ctx),
        ),
        ("single-sign-on-going", identities::going_page("そらまめ県医師会 会員ID", &provider(), ctx)),
        ("single-sign-on-trouble", identities::trouble_page(&Trouble::NotLinked, false, ctx)),
        ("error-404-nobody", errors::not_found(ctx)),
    ]
}

fn account_and_patients(theme: Theme) -> Pages {
    let ctx = &ctx(theme, "/menu");
    vec![
        ("menu", accounts::menu_page(&accounts::MenuView::sample(), ctx)),
        ("passkeys", passkeys::list_page(&passkeys::ListView::sample(), ctx)),
        ("passkey-new", passkeys::new_page(&passkeys::NewView::sample(), ctx)),
        ("confirm", confirm_views::confirm_page(&confirm_views::ConfirmView::sample(), ctx)),
        ("identities", identities::identities_page(&identities::IdentitiesView::sample(), ctx)),
        ("identity-link", identities::confirm_page(&identities::ConfirmView::sample(false), ctx)),
        ("identity-end", identities::confirm_page(&identities::ConfirmView::sample(true), ctx)),
        ("devices", devices::devices_page(&devices::DevicesView::sample(), ctx)),
        ("device-loss", devices::loss_page(&devices::LossView::sample(), ctx)),
        ("device-waits", devices::wait_page(&devices::WaitView::sample(), ctx)),
        ("device-lost", devices::lost_page(ctx)),
        ("password", password_views::password_page(&password_views::PasswordView::sample(), ctx)),
        ("patients", patients::patients_page(&patients::PatientsView::sample(), ctx)),
        ("patients-empty", patients::patients_page(&patients::PatientsView::sample_empty(), ctx)),
        ("patient-new", new_views::new_patient_page(&new_views::NewPatientView::sample(), ctx)),
        ("face-sheet", sheets::face_sheet_page(&sheets::FaceSheetView::sample(), ctx)),
        ("face-sheet-list", sheets::face_sheet_page(&face_sheet_beside_the_list(), ctx)),
        ("face-sheet-edit", edit_views::edit_page(&edit_views::EditView::sample(), ctx)),
        ("face-sheet-edit-whole", edit_views::edit_page(&edit_views::EditView::sample_whole(), ctx)),
        ("face-sheet-versions", version_views::versions_page(&version_views::VersionsView::sample(), ctx)),
        ("face-sheet-version", version_views::version_page(&version_views::VersionView::sample(), ctx)),
        ("face-sheet-conflict", conflict_views::conflict_page(&conflict_views::ConflictView::sample(), ctx)),
        ("notices", notices::notices_page(&notices::NoticesView::sample(), ctx)),
        ("notices-empty", notices::notices_page(&notices::NoticesView::sample_empty(), ctx)),
        ("connections", connections::connections_page(&connections::ConnectionsView::sample(), ctx)),
        ("connection-end", connections::end_page(&connections::EndView::sample(), ctx)),
        ("connection-mine", connections::mine_page(&connections::MineView::sample(), ctx)),
        ("connection-where", ask_views::where_page(&ask_views::WhereView::sample(), ctx)),
        ("connection-who", ask_views::who_page(&ask_views::WhoView::sample(), ctx)),
        ("connection-ask", ask_views::ask_page(&ask_views::AskView::sample(), ctx)),
        ("free-group", title_views::title_page(&title_views::TitleView::sample(), ctx)),
        (
            "consultations",
            consultations::consultations_page(&consultations::ConsultationsView::sample(), ctx),
        ),
        ("consultation-open", consultations::open_page(&consultations::OpenView::sample(), ctx)),
        ("consultation-set", consultations::set_page(&consultations::SetView::sample(), ctx)),
    ]
}

fn face_sheet_beside_the_list() -> sheets::FaceSheetView {
    let mut view = sheets::FaceSheetView::sample();
    view.room.list = Some(groups::list_pane(&groups::GroupList::sample()));
    view
}

fn groups_and_administration(theme: Theme) -> Pages {
    let ctx = &ctx(theme, "/groups");
    vec![
        ("files", files::files_page(&files::FilesView::sample(), ctx)),
        ("files-empty", files::files_page(&files::FilesView::sample_empty(), ctx)),
        ("file-warning", files::warning_page(&files::WarningView::sample(), ctx)),
        ("members", member_views::members_page(&member_views::MembersView::sample(), ctx)),
        ("removal", act_views::removal_page(&act_views::RemovalView::sample(), ctx)),
        ("host", act_views::host_page(&act_views::HostView::sample(), ctx)),
        ("archive", act_views::archive_page(&act_views::ArchiveView::sample(), ctx)),
        ("reopening", act_views::archive_page(&act_views::ArchiveView::sample_archived(), ctx)),
        ("open-group", act_views::open_group_page(&act_views::OpenGroupView::sample(), ctx)),
        ("invite-1-facility", invite::find_facility_page(&invite::FindFacilityView::sample(), ctx)),
        ("invite-2-person", invite::find_person_page(&invite::FindPersonView::sample(), ctx)),
        ("invite-3-form", invite::invite_form_page(&invite::InviteView::sample(), ctx)),
        ("invite-4-done", invite::invited_page(&invite::InvitedView::sample(), ctx)),
        ("invitation", invitations::invitation_page(&invitations::InvitationView::sample(), ctx)),
        ("invitation-answer", invitations::answer_page(invitations::AnswerView::sample(), ctx)),
        (
            "invitation-gone",
            invitations::invitation_gone_page(&invitations::InvitationGoneView::sample(), ctx),
        ),
        (
            "duty",
            renkei::features::duty::views::duty_page(&renkei::features::duty::views::DutyView::sample(), ctx),
        ),
        ("staff", facilities::staff_page(&facilities::StaffView::sample(), ctx)),
        ("suspension", facilities::suspension_page(&facilities::SuspensionView::sample(), ctx)),
        ("tasks", tasks::mine_page(&tasks::MyTasks::sample(), ctx)),
        ("group-tasks", tasks::group_page(&tasks::GroupTasks::sample(), ctx)),
        ("new-task", tasks::new_page(&tasks::NewView::sample(), ctx)),
        ("task", tasks::task_page(&tasks::TaskView::sample(), ctx)),
        ("access-log", log::access_log_page(&log::AccessLogView::sample(), ctx)),
        ("access-log-empty", log::access_log_page(&log::AccessLogView::sample_empty(), ctx)),
    ]
}

fn troubles(theme: Theme) -> Pages {
    let ctx = &ctx(theme, "/groups");
    let typed = [("本文".to_owned(), "訪問しました。\nバルーンの流出は良好です。".to_owned())];
    vec![
        ("error-404", errors::not_found(ctx)),
        ("error-403", errors::not_allowed(ctx, "/groups")),
        ("error-400", errors::bad_form(ctx, &typed)),
        ("error-429", errors::too_many(ctx, 90, &[])),
        ("error-500", errors::broken(ctx, "0192f6a0-0000-7000-8000-000000000001", &[])),
        ("error-503", errors::database_away(ctx, &typed)),
    ]
}

fn pages(theme: Theme) -> Pages {
    [gates(theme), account_and_patients(theme), groups_and_administration(theme), troubles(theme)].concat()
}

#[test]
fn every_sample_is_written_to_the_gallery() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a folder inside target");
    let folder = target.join("gallery");
    for (name, address) in asset::all() {
        let to = folder.join(address.trim_start_matches('/'));
        fs::create_dir_all(to.parent().expect("assets stand in a folder")).expect("a writable target");
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name), to).expect("an asset");
    }
    for theme in [Theme::Light, Theme::Dark] {
        for (name, page) in pages(theme) {
            let file = folder.join(format!("{name}-{}.html", theme.code()));
            fs::write(file, page.0).expect("a writable target");
        }
    }
}

#[test]
fn no_title_names_a_patient() {
    for (name, page) in pages(Theme::System) {
        let (_, rest) = page.0.split_once("<title>").expect("every page has a title");
        let (title, _) = rest.split_once("</title>").expect("a title ends");
        assert!(!title.contains('様') && !title.contains("小野寺"), "{name}: {title}");
    }
}

#[test]
fn every_page_has_one_heading_and_no_id_twice() {
    for (name, page) in pages(Theme::System) {
        assert_eq!(page.0.matches("<h1").count(), 1, "{name}: headings of the first rank");
        let mut seen = BTreeSet::new();
        for rest in page.0.split(" id=\"").skip(1) {
            let id = rest.split('"').next().unwrap_or_default();
            assert!(seen.insert(id), "{name}: id {id} stands twice");
        }
    }
}

#[test]
fn nothing_on_a_page_needs_inline_style_or_script() {
    for (name, page) in pages(Theme::System) {
        for forbidden in [" style=\"", " onclick=", " onsubmit=", "javascript:"] {
            assert!(!page.0.contains(forbidden), "{name}: {forbidden}");
        }
    }
}

#[test]
fn the_errors_on_a_page_lead_to_their_fields() {
    let page = act_views::host_page(&act_views::HostView::sample(), &Ctx::sample("/")).0;
    assert!(page.contains("href=\"#host\"") && page.contains("id=\"host\""));
    let page = conflict_views::conflict_page(&conflict_views::ConflictView::sample(), &Ctx::sample("/")).0;
    assert!(page.contains("name=\"pick.diet\"") && page.contains("name=\"theirs.diet\""));
    assert!(!page.contains("name=\"mine.diet\""), "an emptied field has no text of mine");
}

#[test]
fn an_invitation_does_not_name_the_patient() {
    let page = invitations::invitation_page(&invitations::InvitationView::sample(), &Ctx::sample("/")).0;
    assert!(page.contains("患者さんの名前は、参加したあとに表示されます"));
    let elsewhere =
        invitations::InvitationView { other_facility: true, ..invitations::InvitationView::sample() };
    let page = invitations::invitation_page(&elsewhere, &Ctx::sample("/")).0;
    assert!(page.contains("施設を切り替えてください") && !page.contains("value=\"accept\""));
}
