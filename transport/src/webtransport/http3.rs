//! How a QUIC connection becomes a WebTransport session: settings, request, response, and the control lane's
//! stream.

use quinn::{Connection, RecvStream, SendStream, VarInt};
use tokio::io::AsyncReadExt;
use url::Url;
use web_transport_proto::{
    ConnectRequest, ConnectResponse, Settings, StreamUni, VarInt as WireInt,
    http::{HeaderValue, StatusCode, header::ORIGIN},
};

use super::{WebTransportSettings, session::Session};
use crate::quic::{accept::Unreceived, connection::ControlStream, lanes_in::drain};

/// HTTP/3's code for a connection that ends as it should.
pub(super) const NO_ERROR: VarInt = VarInt::from_u32(0x100);

/// The host's part: a session whose request is one that we serve.
pub(super) async fn receive(
    connection: Connection,
    settings: &WebTransportSettings,
) -> Result<(Session, ControlStream), Unreceived> {
    let ours = send_settings(&connection).await?;
    let request = async {
        let (send, mut receive) = connection.accept_bi().await?;
        let request = ConnectRequest::read(&mut receive).await;
        Ok((send, receive, request.map_err(|error| broken("no request for WebTransport", error))?))
    };
    let ((), (mut send, receive, request)) = tokio::try_join!(read_settings(&connection), request)?;
    if let Err((status, problem)) = judge(&request, settings) {
        answer(&mut send, status).await?;
        // Heard or not: the connection ends.
        let _ = send.finish();
        let _ = send.stopped().await;
        connection.close(NO_ERROR, problem.as_bytes());
        return Err(Unreceived::Refused(problem));
    }
    answer(&mut send, StatusCode::OK).await?;
    let session = Session::new(connection, (send, receive), ours, Some(settings.keep_alive));
    let control = session.accept_control().await?;
    Ok((session, control))
}

/// The viewer's part.
pub(super) async fn open(
    connection: Connection,
    url: Url,
    origin: &str,
) -> Result<(Session, ControlStream), Unreceived> {
    let ours = send_settings(&connection).await?;
    read_settings(&connection).await?;
    let (mut send, mut receive) = connection.open_bi().await?;
    let origin = HeaderValue::from_str(origin).map_err(|error| broken("no origin", error))?;
    let request = ConnectRequest::new(url).with_header(ORIGIN, origin);
    request.write(&mut send).await.map_err(|error| broken("the request is lost", error))?;
    let response = ConnectResponse::read(&mut receive).await;
    response.map_err(|error| Unreceived::Refused(error.to_string()))?;
    let session = Session::new(connection, (send, receive), ours, None);
    let control = session.open_control().await?;
    Ok((session, control))
}

/// Sends what we can do. The stream must stay open as long as the connection.
async fn send_settings(connection: &Connection) -> Result<SendStream, Unreceived> {
    let mut settings = Settings::default();
    settings.enable_webtransport(1);
    let mut stream = connection.open_uni().await?;
    settings.write(&mut stream).await.map_err(|error| broken("the settings are lost", error))?;
    Ok(stream)
}

/// Finds the stream on which the peer tells what it can do. Others may come before it.
async fn read_settings(connection: &Connection) -> Result<(), Unreceived> {
    loop {
        let mut stream = connection.accept_uni().await?;
        let kind = read_int(&mut stream).await?;
        if StreamUni(kind) == StreamUni::CONTROL {
            // The library reads the kind itself.
            let mut whole = (&[0u8][..]).chain(&mut stream);
            let settings = Settings::read(&mut whole).await.map_err(|error| broken("no settings", error))?;
            if settings.supports_webtransport() == 0 {
                return Err(Unreceived::Lost("the peer has no WebTransport".to_owned()));
            }
            tokio::spawn(drain(stream));
            return Ok(());
        }
        if StreamUni(kind) == StreamUni::WEBTRANSPORT {
            return Err(Unreceived::Lost("a stream of a session that does not exist".to_owned()));
        }
        tokio::spawn(drain(stream));
    }
}

/// Whether the request is one that we serve.
fn judge(request: &ConnectRequest, settings: &WebTransportSettings) -> Result<(), (StatusCode, String)> {
    if request.url.path() != settings.path {
        return Err((StatusCode::NOT_FOUND, "a WebTransport session for an unknown path".to_owned()));
    }
    let mut origins = request.headers.get_all(ORIGIN).iter();
    let origin = origins.next().and_then(|origin| origin.to_str().ok()).unwrap_or_default();
    if origins.next().is_some() || !settings.origins.allow(origin, request.url.authority()) {
        let problem = format!("a WebTransport session from a page of {origin:.100}");
        return Err((StatusCode::FORBIDDEN, crate::close::clean(&problem)));
    }
    Ok(())
}

async fn answer(stream: &mut SendStream, status: StatusCode) -> Result<(), Unreceived> {
    let response = ConnectResponse::new(status);
    response.write(stream).await.map_err(|error| broken("the answer is lost", error))
}

pub(super) async fn read_int(stream: &mut RecvStream) -> Result<WireInt, Unreceived> {
    WireInt::read(stream)
        .await
        .map_err(|_| Unreceived::Lost("a stream that ended at its beginning".to_owned()))
}

fn broken(what: &str, error: impl std::fmt::Display) -> Unreceived {
    Unreceived::Lost(format!("{what}: {}", crate::close::clean(&error.to_string())))
}
