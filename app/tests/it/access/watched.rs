//! A review that is open, one of its items, and a work order that waits for the facility.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::world::{Person, World, id_of};

#[derive(Debug, Clone, Copy)]
pub struct Watched {
    pub review: Uuid,
    /// About the clerk's account.
    pub item: Uuid,
    pub order: Uuid,
}

impl Watched {
    /// Before the clinic has a group: its review has accounts alone.
    pub async fn of(w: &World, admin: &Person, clerk: Uuid) -> Self {
        let path = format!("/api/v1/facilities/{}/reviews", admin.facility.id);
        let body = json!({"client_id": Uuid::new_v4()});
        let review = id_of(&w.as_(admin).call("POST", &path, body).await.expect(201).json());
        let whole = w.as_(admin).get(&format!("{path}/{review}")).await.expect(200).json();
        let about = |i: &&serde_json::Value| i["account_id"] == json!(clerk);
        let item = id_of(whole["items"].as_array().expect("a list").iter().find(about).expect("the clerk"));
        Self { review, item, order: Self::ordered(w, admin).await }
    }

    async fn ordered(w: &World, admin: &Person) -> Uuid {
        let (asks, approves) = (w.operator("asks").await, w.operator("approves").await);
        let (order, now) = (Uuid::now_v7(), Timestamp::now());
        let moment = renkei::web::input::moment_value;
        let fields = [
            ("id", order.to_string()),
            ("facility", admin.facility.id.to_string()),
            ("purpose", "試験".to_owned()),
            ("planned", "試験".to_owned()),
            ("reason", "試験".to_owned()),
            ("from", moment(now)),
            ("until", moment(now + SignedDuration::from_hours(3))),
        ];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        asks.form("/operator/work-orders", &fields).await.expect(303);
        let path = format!("/operator/work-orders/{order}/decision");
        approves.form(&path, &[("decision", "approve")]).await.expect(303);
        order
    }
}
