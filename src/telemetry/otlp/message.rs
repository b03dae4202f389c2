//! `ExportTraceServiceRequest` of OTLP, with its spans encoded already. On the wire a nested
//! message is no other than its bytes.

use bytes::Bytes;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource as Encoded;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::Resource;
use prost::Message;

use super::queue::Spans;

/// opentelemetry/proto/collector/trace/v1/trace_service.proto
#[derive(Clone, PartialEq, Message)]
pub(super) struct TraceRequest {
    #[prost(message, repeated, tag = "1")]
    resource_spans: Vec<ResourceSpans>,
}

/// opentelemetry/proto/trace/v1/trace.proto
#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(bytes = "bytes", tag = "1")]
    resource: Bytes,
    #[prost(message, repeated, tag = "2")]
    scope_spans: Vec<ScopeSpans>,
}

/// The same.
#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(bytes = "bytes", tag = "1")]
    scope: Bytes,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    spans: Vec<Bytes>,
}

/// What is the same in all messages of this process.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    resource: Bytes,
    scope: Bytes,
}

impl Origin {
    pub(super) fn new(resource: &Resource, scope: &str) -> Self {
        let resource = Encoded {
            attributes: ResourceAttributesWithSchema::from(resource).attributes.0,
            ..Encoded::default()
        };
        let scope = InstrumentationScope {
            name: scope.to_owned(),
            ..InstrumentationScope::default()
        };
        Self {
            resource: resource.encode_to_vec().into(),
            scope: scope.encode_to_vec().into(),
        }
    }

    /// Spans of this process's only scope.
    pub(super) fn request(&self, spans: Spans) -> TraceRequest {
        let of_scope = ScopeSpans {
            scope: self.scope.clone(),
            spans: spans.split(),
        };
        let of_process = ResourceSpans {
            resource: self.resource.clone(),
            scope_spans: vec![of_scope],
        };
        TraceRequest {
            resource_spans: vec![of_process],
        }
    }
}
