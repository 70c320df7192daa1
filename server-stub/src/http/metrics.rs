//! `/metrics` in Prometheus's text format: numbers of the whole, nothing of anybody.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use prometheus::{Encoder as _, Gauge, GaugeVec, IntCounter, IntGauge, Opts, Registry, TextEncoder};
use tealight_protocol::{Promises, Waits};

use super::Shared;
use crate::Moment;
use crate::desk::Counts;

/// `GET /metrics`
pub(super) async fn metrics(State(shared): State<Shared>) -> Response {
    let (Ok(counts), Ok(waits)) = (shared.desk.counts().await, shared.desk.waits().await) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    match render(&counts, &waits, shared.desk.now()) {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn render(counts: &Counts, waits: &Waits, now: Moment) -> Result<Vec<u8>, prometheus::Error> {
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
        ("tealight_starts_work_needed_total", "Starts refused until work is done", counts.work_needed),
        ("tealight_starts_worked_total", "Starts that came with the work asked for", counts.worked),
        ("tealight_starts_plain_refused_total", "Plain starts refused under work", counts.plain_refused),
    ];
    for (name, help, value) in counters {
        let counter = IntCounter::new(name, help)?;
        counter.inc_by(value);
        registry.register(Box::new(counter))?;
    }
    render_waits(&registry, waits, now)?;
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text)?;
    Ok(text)
}

/// What too few visitors say nothing about is left out.
fn render_waits(registry: &Registry, waits: &Waits, now: Moment) -> Result<(), prometheus::Error> {
    let oldest = waits.oldest.as_ref().and_then(|at| at.as_str().parse::<jiff::Timestamp>().ok());
    let oldest_s = oldest.map_or(0.0, |at| now.since(Moment::from(at)).as_secs_f64());
    let too_short = f64::from(u8::from(waits.promises == Promises::TooShort));
    let too_long = f64::from(u8::from(waits.promises == Promises::TooLong));
    let share = |share: Option<tealight_protocol::Share>| share.map(|share| f64::from(share.percent) / 100.0);
    let gauges = [
        ("tealight_oldest_wait_seconds", "How long the one waits who waits longest", Some(oldest_s)),
        (
            "tealight_slots",
            "Conversations that accepting operators can have at once",
            Some(waits.slots.into()),
        ),
        ("tealight_slots_busy", "How many of these run", Some(waits.busy.into())),
        (
            "tealight_above_promise_ratio",
            "Offered waits above the upper end told first",
            share(waits.above_promise),
        ),
        ("tealight_promises_too_short", "1 when too many wait longer than they were told", Some(too_short)),
        ("tealight_promises_too_long", "1 when hardly anybody does", Some(too_long)),
        (
            "tealight_abandoned_ratio",
            "Visitors who left before anybody came, without those within 10 s",
            share(waits.abandoned),
        ),
        (
            "tealight_met_in_five_minutes_ratio",
            "Visitors met within 5 minutes, of all who were met",
            share(waits.met_in_five),
        ),
    ];
    for (name, help, value) in gauges {
        let Some(value) = value else { continue };
        let gauge = Gauge::new(name, help)?;
        gauge.set(value);
        registry.register(Box::new(gauge))?;
    }
    if let Some(offered) = &waits.offered {
        let options = Opts::new("tealight_offered_wait_seconds", "Offered waits of the last visitors");
        let gauge = GaugeVec::new(options, &["quantile"])?;
        let quantiles =
            [("0.25", offered.q25_s), ("0.5", offered.q50_s), ("0.8", offered.q80_s), ("0.9", offered.q90_s)];
        for (quantile, seconds) in quantiles {
            gauge.with_label_values(&[quantile]).set(seconds.into());
        }
        registry.register(Box::new(gauge))?;
    }
    Ok(())
}
