//! `/metrics` in Prometheus's text format: numbers of the whole, nothing of anybody.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use prometheus::{Encoder as _, IntCounter, IntGauge, Registry, TextEncoder};

use super::Shared;
use crate::desk::Counts;

/// `GET /metrics`
pub(super) async fn metrics(State(shared): State<Shared>) -> Response {
    let Ok(counts) = shared.desk.counts().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    match render(&counts) {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn render(counts: &Counts) -> Result<Vec<u8>, prometheus::Error> {
    let registry = Registry::new();
    let gauges = [
        ("tealight_sockets", "Open sockets", counts.sockets),
        ("tealight_sockets_silent", "Open sockets that owe a hello or an answer to a ping", counts.silent),
        ("tealight_waiting", "Conversations in the waiting room", counts.waiting),
        ("tealight_active", "Conversations with an operator", counts.active),
        ("tealight_operators", "Connected operators", counts.operators),
    ];
    for (name, help, value) in gauges {
        let gauge = IntGauge::new(name, help)?;
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        registry.register(Box::new(gauge))?;
    }
    let counters = [
        ("tealight_conversations_started_total", "Conversations started", counts.started),
        ("tealight_messages_total", "Messages committed", counts.messages),
        ("tealight_errors_total", "Frames refused with an error", counts.errors),
        ("tealight_violations_total", "Sockets closed for a fault of the client", counts.violations),
    ];
    for (name, help, value) in counters {
        let counter = IntCounter::new(name, help)?;
        counter.inc_by(value);
        registry.register(Box::new(counter))?;
    }
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text)?;
    Ok(text)
}
