//! Everything that is served on the ports.

use std::sync::Arc;

use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic_health::pb::health_server::HealthServer;
use tonic_reflection::server::Builder;

use super::boundary::Boundary;
use super::drain::Calls;
use super::health::{Phases, Reporter};
use super::service::Methods;
use super::{Ports, ServerError, Settings};
use crate::pb;
use crate::pb::id_photo_service_server::IdPhotoServiceServer;
use crate::verify::Verifier;

/// Names of services and symbols are short.
const SMALL_MESSAGE: usize = 16 * 1024;

/// The service, health, and reflection when it is wanted.
pub(super) fn all(
    settings: &Settings,
    ports: Ports,
    phases: &Phases,
    calls: &Calls,
) -> Result<Routes, ServerError> {
    let health = health(phases, &ports.verifier);
    let methods = Methods {
        verifier: ports.verifier,
        clock: ports.clock,
        observer: Arc::clone(&ports.observer),
        rules: settings.rules.clone(),
        merchant: settings.merchant.clone(),
    };
    let service = IdPhotoServiceServer::from_arc(Arc::new(methods))
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd)
        .max_decoding_message_size(settings.max_message_bytes);
    let bounded = Boundary::new(service, ports.admission, ports.observer, calls.clone());
    let mut routes = Routes::new(bounded).add_service(health);
    if settings.reflection {
        let v1 = descriptors().build_v1()?;
        let v1alpha = descriptors().build_v1alpha()?;
        routes = routes
            .add_service(v1.max_decoding_message_size(SMALL_MESSAGE))
            .add_service(v1alpha.max_decoding_message_size(SMALL_MESSAGE));
    }
    Ok(routes.prepare())
}

/// Health alone.
pub(super) fn probes(phases: &Phases, verifier: &Verifier) -> Routes {
    Routes::new(health(phases, verifier)).prepare()
}

fn health(phases: &Phases, verifier: &Verifier) -> HealthServer<Reporter> {
    let reporter = Reporter::new(phases.watch(), verifier.upstream());
    HealthServer::new(reporter).max_decoding_message_size(SMALL_MESSAGE)
}

fn descriptors() -> Builder<'static> {
    Builder::configure()
        .register_encoded_file_descriptor_set(pb::DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        // The details of errors, so that grpcurl can show them.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
}
