//! Where a repository stands: a folder or a bucket.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::{
    Certificate, ClientOptions, ObjectStore, ObjectStoreExt, PutMode, PutPayload, prefix::PrefixStore,
};

use crate::Error;
use crate::error::At;

/// A folder or a bucket, by one set of verbs.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) objects: Arc<dyn ObjectStore>,
}

/// How to reach a bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// `https://host:port`.
    pub endpoint: String,
    /// Its name.
    pub name: String,
    /// As the store calls it.
    pub region: String,
    /// Access key.
    pub key: String,
    /// Secret key.
    pub secret: String,
    /// Folder in the bucket, without a slash at either end; may be empty.
    pub folder: String,
    /// Certificates of a private authority, PEM.
    pub ca_file: Option<PathBuf>,
}

impl Store {
    /// A folder, made if it is not there.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn folder(path: &std::path::Path) -> Result<Self, Error> {
        std::fs::create_dir_all(path).at(path)?;
        let files = LocalFileSystem::new_with_prefix(path)?.with_fsync(true);
        Ok(Self { objects: Arc::new(files) })
    }

    /// A bucket.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Io`].
    pub fn bucket(bucket: &Bucket) -> Result<Self, Error> {
        let mut client = ClientOptions::new();
        if let Some(file) = &bucket.ca_file {
            let pem = std::fs::read(file).at(file)?;
            for certificate in Certificate::from_pem_bundle(&pem)? {
                client = client.with_root_certificate(certificate);
            }
        }
        let store = AmazonS3Builder::new()
            .with_endpoint(&bucket.endpoint)
            .with_bucket_name(&bucket.name)
            .with_region(&bucket.region)
            .with_access_key_id(&bucket.key)
            .with_secret_access_key(&bucket.secret)
            .with_client_options(client)
            // Buckets with Object Lock demand a checksum with every object.
            .with_checksum_algorithm(object_store::aws::Checksum::SHA256)
            .build()?;
        Ok(Self { objects: Arc::new(PrefixStore::new(store, bucket.folder.as_str())) })
    }

    /// Writes a small object, replacing the one before.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), Error> {
        self.objects.put(&Name::from(name), PutPayload::from(bytes)).await?;
        Ok(())
    }

    /// Writes a small object if there is none of this name; whether it did.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn create(&self, name: &str, bytes: Vec<u8>) -> Result<bool, Error> {
        let name = Name::from(name);
        match self.objects.put_opts(&name, PutPayload::from(bytes), PutMode::Create.into()).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// A small object, in memory.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Store`].
    pub async fn get(&self, name: &str) -> Result<Vec<u8>, Error> {
        Ok(self.objects.get(&Name::from(name)).await?.bytes().await?.to_vec())
    }

    /// Names below a folder, with their sizes.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn list(&self, folder: &str) -> Result<Vec<(String, u64)>, Error> {
        let prefix = (!folder.is_empty()).then(|| Name::from(folder));
        let list = self.objects.list(prefix.as_ref()).map_ok(|o| (o.location.to_string(), o.size));
        let mut names: Vec<_> = list.try_collect().await?;
        names.sort_unstable();
        Ok(names)
    }

    /// Removes an object; one that is not there is fine.
    ///
    /// # Errors
    /// [`Error::Store`], such as a store that refuses while the retention lasts.
    pub async fn remove(&self, name: &str) -> Result<(), Error> {
        match self.objects.delete(&Name::from(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
