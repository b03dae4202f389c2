//! The two methods.

use std::sync::Arc;

use tokio::time::{Instant, timeout_at};
use tonic::{Request, Response, Status};

use super::call::Call;
use super::convert;
use super::status::Failure;
use crate::domain::{Merchant, OrderId, Rights, Rules, Verification, Violations};
use crate::observe::{Observer, Stage, stage};
use crate::pb::id_photo_service_server::IdPhotoService;
use crate::pb::{
    GetVerificationRequest, GetVerificationResponse, VerifyIdPhotoRequest, VerifyIdPhotoResponse,
};
use crate::verify::Verifier;
use crate::verify::error::{Denial, Forbidden};
use crate::verify::port::{Asker, Clock};

pub(super) struct Methods {
    pub(super) verifier: Arc<Verifier>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) rules: Rules,
    pub(super) merchant: Option<Merchant>,
}

#[tonic::async_trait]
impl IdPhotoService for Methods {
    async fn verify_id_photo(
        &self,
        request: Request<VerifyIdPhotoRequest>,
    ) -> Result<Response<VerifyIdPhotoResponse>, Status> {
        let call = Call::of(request.extensions());
        let answered = self.verify(&call, request.into_inner()).await;
        reply(&call, answered)
    }

    async fn get_verification(
        &self,
        request: Request<GetVerificationRequest>,
    ) -> Result<Response<GetVerificationResponse>, Status> {
        let call = Call::of(request.extensions());
        let found = self.find(&call, &request.into_inner().order_id).await;
        reply(&call, found)
    }
}

impl Methods {
    async fn verify(
        &self,
        call: &Call,
        message: VerifyIdPhotoRequest,
    ) -> Result<VerifyIdPhotoResponse, Failure> {
        call.identify(&message.order_id);
        let validate_only = message.validate_only;
        let validate = stage(Stage::Validate, &*self.observer);
        let asker = call.facts().asker.clone();
        let request = validate.run(|| self.check(message, &asker))?;
        let order_id = request.order_id.clone();
        if validate_only {
            return Ok(convert::checked(&order_id));
        }
        if call.deadline.is_some_and(|by| by <= Instant::now()) {
            return Err(Failure::no_time());
        }
        let ticket = call.depart();
        let verified = self.verifier.verify(request, call.deadline, ticket).await?;
        call.facts().replayed = Some(verified.replayed);
        Ok(convert::response(&order_id, verified))
    }

    fn check(&self, message: VerifyIdPhotoRequest, asker: &Asker) -> Result<Verification, Failure> {
        let draft = convert::draft(message);
        let own = asker.rights().and_then(|rights| rights.merchants.first());
        let merchant = own.or(self.merchant.as_ref());
        let mut request = Verification::check(draft, merchant, &self.rules, self.clock.now())?;
        request.caller = asker.name().cloned();
        let may_ask = |rights: &Rights| rights.may_ask_for(request.merchant.as_ref());
        match asker.rights().is_none_or(may_ask) {
            true => Ok(request),
            false => Err(Denial::PermissionDenied(Forbidden::Merchant).into()),
        }
    }

    async fn find(&self, call: &Call, order_id: &str) -> Result<GetVerificationResponse, Failure> {
        call.identify(order_id);
        let order_id = OrderId::parse(order_id).map_err(Violations::from)?;
        let asker = call.facts().asker.clone();
        let finding = self.verifier.find(&order_id, &asker);
        let found = match call.deadline {
            Some(by) => timeout_at(by, finding)
                .await
                .map_err(|_| Failure::no_time())?,
            None => finding.await,
        };
        Ok(convert::record(&order_id, found?))
    }
}

fn reply<T>(call: &Call, ended: Result<T, Failure>) -> Result<Response<T>, Status> {
    ended
        .map(Response::new)
        .map_err(|failure| call.fail(failure))
}
