//! The configuration of a test's server.

use std::path::Path;

use anyhow::Result;
use tealight_server::Clock as _;

use super::{Hours, Settings};
use crate::site::{ELSEWHERE, Site};

/// Everything in `tealight.toml`.
pub(super) fn toml(
    settings: &Settings,
    [address, public]: [&str; 2],
    site: &Site,
    database: &Path,
    assets: &Path,
) -> Result<String> {
    let text = format!(
        r#"
[server]
listen = "{address}"
public_url = "http://{public}"
allowed_origins = ["{origin}"]
database = "{database}"
assets_dir = "{assets}"

[service]
name = "Lantern Night Line"
time_zone = "UTC"
exit_url = "{exit}"
{hours}
{service}

[wait]
{prior}
{wait}

[limits]
sockets_per_minute = 100000
logins_per_minute = 100000
{limits}

[texts]
confidentiality_url = "https://www.example.org/confidential"
safety_url = "https://www.example.org/safety"

[[alternatives]]
id = "danger"
channel = "phone"
uri = "tel:999"
label = "Call 999"
crisis = true

[[alternatives]]
id = "phone"
channel = "phone"
uri = "tel:08081570199"
label = "Call 0808 157 0199"
hours = "Day and night"

[[alternatives]]
id = "sms"
channel = "sms"
uri = "sms:60777"
label = "Text TALK to 60777"
hours = "Day and night"

[[alternatives]]
id = "mail"
channel = "email"
uri = "mailto:night@example.org"
label = "Write to night@example.org"
hours = "An answer within two days"

[[canned]]
id = "welcome"
title = "Welcome"
text = "Hello, I am glad you are here. What brings you here tonight?"

[[canned]]
id = "moment"
title = "A moment"
text = "I need a minute to think about what you said. I am still here."

[[survey.questions]]
id = "helped"
label = "Did this chat help you?"
options = ["Yes", "A little", "No"]

[[survey.questions]]
id = "heard"
label = "Did you feel heard?"
options = ["Yes", "A little", "No"]

[[survey.questions]]
id = "again"
label = "Would you use this chat again?"
options = ["Yes", "Not sure", "No"]

{more}
"#,
        origin = site.origin(),
        database = database.display(),
        assets = assets.display(),
        exit = format_args!("{}{}", site.strange_origin(), settings.exit.unwrap_or(ELSEWHERE)),
        hours = hours(settings),
        prior = settings
            .prior_mean_minutes
            .map(|minutes| format!("prior_mean_minutes = {minutes:?}"))
            .unwrap_or_default(),
        service = settings.service,
        wait = settings.wait,
        limits = settings.limits,
        more = settings.more,
    );
    Ok(text)
}

/// `service.hours`, around the present.
fn hours(settings: &Settings) -> String {
    let now = settings.clock.clone().unwrap_or_default().now().civil().to_zoned(jiff::tz::TimeZone::UTC);
    match settings.hours {
        Hours::Always => String::new(),
        Hours::For(more) => {
            let from = (now.hour() + 23) % 24;
            let to = (now.hour() + i8::try_from(more).unwrap_or(1)) % 24;
            format!(r#"hours = [{{ days = ["daily"], from = "{from:02}:00", to = "{to:02}:30" }}]"#)
        }
        Hours::Daily(from, to) => {
            format!(r#"hours = [{{ days = ["daily"], from = "{from}", to = "{to}" }}]"#)
        }
        Hours::Closed => {
            let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            let today = now.weekday().to_monday_zero_offset();
            let day = days[usize::try_from(today + 2).unwrap_or_default() % days.len()];
            format!(r#"hours = [{{ days = ["{day}"], from = "18:00", to = "22:00" }}]"#)
        }
    }
}
