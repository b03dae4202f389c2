//! Reflection, old and new, for grpcurl and its like.

use tonic_reflection::pb::{v1, v1alpha};

use super::rig::{Rig, setup};

const SERVICES: [&str; 2] = ["grpc.health.v1.Health", "idphoto.v1.IdPhotoService"];

async fn ask_v1(
    rig: &Rig,
    question: v1::server_reflection_request::MessageRequest,
) -> Result<v1::server_reflection_response::MessageResponse, tonic::Status> {
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(rig.channel());
    let question = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(question),
    };
    let asked = futures_util::stream::iter([question]);
    let mut answers = client.server_reflection_info(asked).await?.into_inner();
    Ok(answers.message().await?.unwrap().message_response.unwrap())
}

async fn list_v1alpha(rig: &Rig) -> Vec<String> {
    use v1alpha::server_reflection_request::MessageRequest;
    use v1alpha::server_reflection_response::MessageResponse;

    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(rig.channel());
    let question = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let asked = futures_util::stream::iter([question]);
    let answers = client.server_reflection_info(asked).await.unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("no list");
    };
    list.service
        .into_iter()
        .map(|service| service.name)
        .collect()
}

#[tokio::test]
async fn v1_lists_the_services() {
    use v1::server_reflection_request::MessageRequest;
    use v1::server_reflection_response::MessageResponse;

    let rig = setup().start().await;
    let answer = ask_v1(&rig, MessageRequest::ListServices(String::new())).await;
    let MessageResponse::ListServicesResponse(list) = answer.unwrap() else {
        panic!("no list");
    };
    let names: Vec<_> = list
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    assert!(
        SERVICES
            .iter()
            .all(|service| names.iter().any(|name| name == service)),
        "{names:?}"
    );
}

#[tokio::test]
async fn v1alpha_lists_the_services() {
    let names = list_v1alpha(&setup().start().await).await;
    assert!(
        SERVICES
            .iter()
            .all(|service| names.iter().any(|name| name == service)),
        "{names:?}"
    );
}

#[tokio::test]
async fn every_file_that_a_client_needs_to_call_is_there() {
    use v1::server_reflection_request::MessageRequest;
    use v1::server_reflection_response::MessageResponse;

    let rig = setup().start().await;
    let questions = [
        MessageRequest::FileContainingSymbol("idphoto.v1.IdPhotoService".to_owned()),
        MessageRequest::FileContainingSymbol("idphoto.v1.ErrorReason".to_owned()),
        MessageRequest::FileContainingSymbol("grpc.health.v1.Health".to_owned()),
        MessageRequest::FileByFilename("google/protobuf/timestamp.proto".to_owned()),
    ];
    for question in questions {
        let answer = ask_v1(&rig, question.clone()).await.unwrap();
        assert!(
            matches!(answer, MessageResponse::FileDescriptorResponse(_)),
            "{question:?}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn reflection_can_be_switched_off() {
    use v1::server_reflection_request::MessageRequest;

    let mut setup = setup();
    setup.settings.reflection = false;
    let rig = setup.start().await;
    let refused = ask_v1(&rig, MessageRequest::ListServices(String::new())).await;
    assert_eq!(refused.unwrap_err().code(), tonic::Code::Unimplemented);
}

/// What a stream says to an unknown symbol, and to a known one after it.
macro_rules! unknown_then_known {
    ($version:ident, $rig:expr) => {{
        use $version::server_reflection_client::ServerReflectionClient;
        use $version::server_reflection_request::MessageRequest;
        use $version::server_reflection_response::MessageResponse;

        let ask = |symbol: &str| $version::ServerReflectionRequest {
            host: "host".to_owned(),
            message_request: Some(MessageRequest::FileContainingSymbol(symbol.to_owned())),
        };
        let questions = ["idphoto.v1.Nothing", "idphoto.v1.IdPhotoService"].map(ask);
        let mut client = ServerReflectionClient::new($rig.channel());
        let asked = futures_util::stream::iter(questions.clone());
        let answers = client.server_reflection_info(asked).await.unwrap();
        let mut answers = answers.into_inner();
        let unknown = answers.message().await.unwrap().unwrap();
        assert_eq!(unknown.valid_host, "host");
        assert_eq!(unknown.original_request.as_ref(), questions.first());
        let Some(MessageResponse::ErrorResponse(error)) = unknown.message_response else {
            panic!("no error: {unknown:?}");
        };
        assert_eq!(error.error_code, i32::from(tonic::Code::NotFound));
        let known = answers.message().await.unwrap().unwrap();
        assert!(matches!(
            known.message_response,
            Some(MessageResponse::FileDescriptorResponse(_))
        ));
        assert!(answers.message().await.unwrap().is_none());
    }};
}

#[tokio::test]
async fn an_unknown_symbol_is_an_answer_and_not_the_end() {
    let rig = setup().start().await;
    unknown_then_known!(v1, rig);
    unknown_then_known!(v1alpha, rig);
}
