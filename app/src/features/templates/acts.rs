//! Making, changing and removing templates. Pages and API call these.

use envelope::seal_text;
use uuid::Uuid;

use super::{
    model::{NewTemplate, Owner, Template, TemplateText},
    read, store,
};
use crate::words::t;
use crate::{Error, Result, app::App, auth::Actor};

/// Makes a template; the same client id with the same text gives the first one. Whether this call made it.
pub async fn add(app: &App, who: &Actor, new: &NewTemplate) -> Result<(Template, bool)> {
    if new.owner == Owner::Deployment {
        return Err(Error::invalid("owner", "choice", t("「person」か「facility」にしてください。")));
    }
    let text = TemplateText { name: new.name.clone(), content: new.content.clone() }.checked()?;
    let mut tx = app.db.acting(who).await?;
    let (facility, version, facility_key) = app.keys.acting_facility_key(&mut tx).await?;
    let id = Uuid::now_v7();
    let (key, wrapped) = app.keys.new_data_key(facility, &facility_key, id);
    let own = new.owner == Owner::Person;
    let request = record::jcs(&(own, &text.name, &text.content)).map_err(Error::internal)?;
    let fingerprint = envelope::facility_fingerprint(&facility_key, new.client_id, &request).to_vec();
    let name = seal_text(&key, &read::place(id), "name", &text.name);
    let content = seal_text(&key, &read::place(id), "content", &text.content);
    let row = tx
        .one(store::ADD, &[&id, &own, &new.client_id, &fingerprint, &version, &wrapped, &name, &content])
        .await?;
    let same: Option<bool> = row.get(1);
    if same == Some(false) {
        return Err(Error::Conflict("client_id_used_for_something_else".into()));
    }
    let template = read::one(app, &mut tx, row.get(0)).await?;
    tx.commit().await?;
    Ok((template, same.is_none()))
}

/// The next version, on the one that was seen. `Stale` when somebody was first; nothing is written then.
pub async fn change(app: &App, who: &Actor, id: Uuid, seen: u32, text: &TemplateText) -> Result<Template> {
    write(app, who, id, seen, text.checked()?, false).await
}

/// No longer offered. Posts that were filled in on it stay as they are.
pub async fn remove(app: &App, who: &Actor, id: Uuid, seen: u32) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let now = read::offered(app, &mut tx, id).await?;
    tx.commit().await?;
    let text = TemplateText { name: now.name, content: now.content };
    write(app, who, id, seen, text, true).await.map(drop)
}

async fn write(
    app: &App,
    who: &Actor,
    id: Uuid,
    seen: u32,
    text: TemplateText,
    retired: bool,
) -> Result<Template> {
    let mut tx = app.db.acting(who).await?;
    let now = read::offered(app, &mut tx, id).await?;
    if now.owner == Owner::Deployment {
        return Err(Error::Forbidden("built_in".into()));
    }
    // The second click of one form finds what the first has saved.
    if !retired
        && now.version == seen.saturating_add(1)
        && now.name == text.name
        && now.content == text.content
    {
        return Ok(now);
    }
    let key = app.keys.cached_data_key(id).ok_or_else(|| Error::internal("the template was just opened"))?;
    let name = seal_text(&key, &read::place(id), "name", &text.name);
    let content = seal_text(&key, &read::place(id), "content", &text.content);
    let seen = i32::try_from(seen).map_err(|_| Error::Stale)?;
    tx.one(store::SAVE, &[&id, &seen, &name, &content, &retired]).await?;
    let saved = read::one(app, &mut tx, id).await?;
    tx.commit().await?;
    Ok(saved)
}
