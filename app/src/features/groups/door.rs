//! The way into what the members of a group see. A view, or its refusal, is in the access log, whoever comes: by a page, by a session's
//! JSON, or by a person's token, which has no page.

use uuid::Uuid;

use super::{model::Role, read, refusals};
use crate::{Error, Result, app::Shared, audit, auth::Actor, db::Tx, web::viewer::Me};

/// For a member, without the frame of a page.
pub async fn for_member(app: &Shared, who: &Actor, group: Uuid, what: &'static str) -> Result<(Tx, Role)> {
    let opened = async {
        let mut tx = app.db.acting(who).await?;
        let role = seen(&mut tx, group, what).await?;
        Ok((tx, role))
    };
    refusals::noted(app, who, what, Some(group), None, opened.await).await
}

/// A page for a member, with who looks at it.
pub async fn page(app: &Shared, who: &Actor, group: Uuid, what: &'static str) -> Result<(Tx, Me, Role)> {
    let opened = async {
        let mut tx = app.db.acting(who).await?;
        let me = Me::load(&mut tx).await?;
        let role = seen(&mut tx, group, what).await?;
        Ok((tx, me, role))
    };
    refusals::noted(app, who, what, Some(group), None, opened.await).await
}

async fn seen(tx: &mut Tx, group: Uuid, what: &'static str) -> Result<Role> {
    let role = read::role(tx, group).await?;
    if !role.is_member() {
        return Err(Error::NotFound);
    }
    audit::viewed(tx, what, Some(group), None, None).await?;
    Ok(role)
}
