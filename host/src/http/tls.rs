//! TLS as both clients use it: rustls on ring, the system's root certificates (Mozilla's where there are none), and
//! the user's own on top.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// A client's TLS; protocols are offered in the order given (`h2`, `http/1.1`).
pub(super) fn config(roots: RootCertStore, protocols: &[&str]) -> anyhow::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("cannot set up TLS")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Ok(config)
}

/// Whom we trust.
///
/// # Errors
/// The user's file cannot be read, holds no certificate or one that is none.
pub(super) fn roots(own: Option<&Path>) -> anyhow::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    let (taken, _) = roots.add_parsable_certificates(native.certs);
    if taken == 0 {
        tracing::debug!("the system has no root certificates, using the built-in ones");
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(file) = own {
        add_file(&mut roots, file).with_context(|| format!("cannot use `http.ca` file `{}`", file.display()))?;
    }
    Ok(roots)
}

fn add_file(roots: &mut RootCertStore, file: &Path) -> anyhow::Result<()> {
    let mut text = Vec::new();
    crate::config::open_file(file)?.read_to_end(&mut text)?;
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| anyhow::anyhow!("{error}"))?;
        roots.add(certificate)?;
        count += 1;
    }
    if count == 0 {
        bail!("it holds no certificate\nhint: it must be PEM, `-----BEGIN CERTIFICATE-----`");
    }
    Ok(())
}
