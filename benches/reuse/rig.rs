//! The gateway's side: what is sealed is noise of the right size.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use idphoto::domain::{FreeText, Member};
use idphoto::observe::Nobody;
use idphoto::sandbox::kit::{APP_ID, Kit, MEMBER_IIN, MEMBER_NAME, REQUEST_PATH};
use idphoto::upi::gateway::{PhotoPlacement, Settings, UpiGateway};
use idphoto::upi::transport::{Connections, Route};
use idphoto::upi::{AppId, BaseUrl, RequestPath};
use idphoto::verify::port::{CallError, Gateway as _, Sealed, SystemClock};

use crate::peer::Peer;

/// What a body has beside the photo.
const ENVELOPE: usize = 1200;

/// Made once: it takes a while.
static KIT: LazyLock<Kit> = LazyLock::new(|| Kit::generate().unwrap());

#[derive(Clone)]
pub struct Rig {
    gateway: Arc<UpiGateway>,
    body: Bytes,
}

impl Rig {
    pub fn new(peer: &Peer, connections: Connections, photo: usize) -> Self {
        let settings = Settings {
            route: Route {
                ca_pem: peer.authority.clone(),
                connections,
                ..Route::direct(BaseUrl::parse(&peer.url).unwrap())
            },
            request_path: RequestPath::parse(REQUEST_PATH).unwrap(),
            app_id: AppId::parse(APP_ID).unwrap(),
            photo_placement: PhotoPlacement::Beside,
            escape_solidus: false,
            clock_window: Duration::from_secs(300),
            response_codes: BTreeMap::new(),
            member: Member::parse(MEMBER_IIN, MEMBER_NAME, FreeText::Ascii).unwrap(),
        };
        let keys = KIT.participant().unwrap();
        let gateway = UpiGateway::new(settings, &keys, Arc::new(SystemClock), Arc::new(Nobody));
        Self {
            gateway: Arc::new(gateway.unwrap()),
            body: vec![b'7'; photo.div_ceil(3) * 4 + ENVELOPE].into(),
        }
    }

    /// The peer answers 401, which needs no signature.
    pub async fn call(&self) -> Result<(), CallError> {
        let sealed = Sealed {
            jws_sha256: [0; 32],
            body: self.body.clone(),
            // As long as a real one.
            signature: "x".repeat(680),
            upi_uuid: String::new(),
        };
        match self.gateway.send(sealed).await {
            Ok(_) | Err(CallError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
