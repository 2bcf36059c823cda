//! What can go wrong with a backup, as a sentence for people and a word for tables.

/// Why a backup, restore or drill did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(
        "there are no backups: [backup] repository is not set, or pgBackRest is not installed (apt-get install pgbackrest)"
    )]
    Off,
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Engine(#[from] pgbackrest::Error),
    #[error(transparent)]
    Generation(#[from] generations::Error),
    #[error(transparent)]
    Cluster(#[from] private_postgres::Error),
    /// The server replayed less of its log than is kept.
    #[error("the database's log is damaged or missing {0}")]
    Log(String),
    /// The wanted moment was not reached.
    #[error("{0}")]
    NotReached(String),
    /// Restored, and something in it is not as it was written.
    #[error("restored, but it does not hold: {0}")]
    Unsound(String),
    #[error(transparent)]
    Product(#[from] crate::Error),
}

impl Trouble {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Refused(_) => "refused",
            Self::Engine(error) => error.code(),
            Self::Generation(generations::Error::Forged(_) | generations::Error::Malformed(_)) => {
                "manifest_damaged"
            }
            Self::Generation(generations::Error::Missing(_)) => "missing",
            Self::Generation(generations::Error::Key { .. }) => "wrong_key",
            Self::Generation(generations::Error::Changed(_)) => "changed",
            Self::Generation(_) => "store",
            Self::Cluster(_) => "cluster",
            Self::Log(_) => "log_damaged",
            Self::NotReached(_) => "not_reached",
            Self::Unsound(_) => "unsound",
            Self::Product(_) => "product",
        }
    }
}

impl From<Trouble> for crate::Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Product(error) => error,
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Product(error.into())
    }
}
