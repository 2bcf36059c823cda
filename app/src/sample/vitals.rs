//! Measured values, ranges and wounds of the sample's patients, through the product's own acts.

use uuid::Uuid;

use super::{
    patient::Patient,
    plant::{Made, Planting},
};
use crate::{
    Error, Result,
    features::{
        posts::model::Post,
        vitals::{
            acts,
            model::{NewObservation, NewRange, part},
            read::Of,
            rules::Range,
            sign::{Amount, Sign},
            strip::{self, Candidate, Confirmed},
        },
    },
};

fn amount(text: &str) -> Result<Amount> {
    text.parse().map_err(|_| Error::internal(format!("no number in the sample: {text}")))
}

pub(super) async fn range(plant: &Planting, patient: &Patient, made: &Made, n: usize) -> Result<()> {
    let set = &patient.ranges[n];
    let who = plant.acting(patient, &set.by).await?;
    let part = part(&set.code).ok_or_else(|| Error::internal("an unknown code in the sample"))?;
    let end = |text: &Option<String>| text.as_deref().map(amount).transpose();
    let range = Range { low: end(&set.low)?, high: end(&set.high)? };
    let new = NewRange { client_id: Uuid::new_v4(), part, range, reason: set.reason.clone() };
    acts::set_range(&plant.app, &who, Of::Patient(made.patient()?), &new).await.map(drop)
}

pub(super) async fn measured(
    plant: &Planting,
    patient: &Patient,
    made: &Made,
    n: usize,
    row: usize,
) -> Result<()> {
    let round = &patient.vitals[n];
    let row = &round.rows[row];
    let who = plant.acting(patient, &round.by).await?;
    let observation = |(key, numbers): (&String, &String)| {
        let sign = Sign::from_key(key).ok_or_else(|| Error::internal("an unknown sign in the sample"))?;
        Ok(NewObservation {
            client_id: Uuid::new_v4(),
            sign,
            values: numbers.split('/').map(amount).collect::<Result<_>>()?,
            measured_at: plant.calendar.instant(row.when),
            timed: true,
            device: round.device.clone(),
            site: row.site.clone(),
            post: None,
            note: None,
            confirmed: false,
        })
    };
    let new = row.values.iter().map(observation).collect::<Result<Vec<_>>>()?;
    acts::record(&plant.app, &who, Of::Patient(made.patient()?), &new).await.map(drop)
}

/// What the author of a post has made of it: data of its values, and the place of its pictures.
pub(super) async fn of_post(
    plant: &Planting,
    patient: &Patient,
    made: &Made,
    n: usize,
    posted: &Post,
) -> Result<()> {
    let post = &patient.posts[n];
    let who = plant.acting(patient, &post.author).await?;
    if post.recorded {
        let body = posted.body.as_deref().unwrap_or_default();
        let candidate = Candidate { post: posted.id, body, at: posted.created_at, own: true };
        strip::confirm(&plant.app, &who, made.group()?, candidate, Confirmed::everything(body)).await?;
    }
    for (attachment, file) in post.files.iter().zip(&posted.files) {
        if let Some(site) = &attachment.wound_site {
            let (of, client_id) = (Of::Patient(made.patient()?), Uuid::new_v4());
            acts::tag(&plant.app, &who, of, client_id, (posted.id, file.id), site).await?;
        }
    }
    Ok(())
}
