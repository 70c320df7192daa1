//! Pictures of every screen, to be looked at: `target/screenshots/`. Each scene is played once for each kind of screen
//! and each colour scheme; a scene that cannot be played fails.

use std::collections::HashMap;

use anyhow::Result;
use tealight_tests::browser::{Place, Screen};
use tealight_tests::eventually;
use tealight_tests::people::{Console, Visitor, Volunteer};
use tealight_tests::server::{Account, Hours, OPERATOR, SECOND_OPERATOR, SUPERVISOR, Settings};
use tealight_tests::site::HostPage;
use tealight_tests::stage::Stage;

const LOOKS: [(Screen, &str, &str); 4] = [
    (Screen::PHONE, "light", "phone-light"),
    (Screen::PHONE, "dark", "phone-dark"),
    (Screen::DESKTOP, "light", "desktop-light"),
    (Screen::DESKTOP, "dark", "desktop-dark"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_visitors_screens() -> Result<()> {
    for (screen, scheme, look) in LOOKS {
        let mut stage = open_stage().await?;
        let visitor = arrive(&stage, screen, scheme, "/").await?;
        visitor.page.wait_for(Place::Top, ".launcher").await?;
        shoot(&visitor, look, "01-launcher").await?;
        visitor.open_chat().await?;
        shoot(&visitor, look, "02-welcome").await?;
        visitor.join().await?;
        visitor.reads("We can't say how long").await?;
        shoot(&visitor, look, "03-waiting-unknown").await?;

        let volunteer = Volunteer::on_duty(&stage.server).await?;
        let ahead = [stage.waiting_visitor().await?, stage.waiting_visitor().await?];
        let later = arrive(&stage, screen, scheme, "/").await?;
        later.open_chat().await?;
        later.reads("minutes").await?;
        shoot(&later, look, "02-welcome-range").await?;
        later.join().await?;
        later.reads("You are number 4").await?;
        shoot(&later, look, "04-waiting-range").await?;
        later.types("I have not slept well for weeks.\nI don't know whom to tell.").await?;
        shoot(&later, look, "05-waiting-draft").await?;
        later.press("^Leave the waiting room").await?;
        later.page.wait_for(Place::Chat, "[role=alertdialog]").await?;
        shoot(&later, look, "06-leave-question").await?;
        later.press("^Leave$").await?;
        later.on_screen("ended").await?;
        shoot(&later, look, "07-left-unread").await?;
        drop(ahead);

        volunteer.takes_next().await?;
        visitor.is_joined_by(OPERATOR.alias).await?;
        shoot(&visitor, look, "08-joined").await?;
        visitor.says("Hello. I am not sure how to begin.").await?;
        volunteer.says("Hello. There is no wrong way to begin. How was today?").await?;
        visitor.has_message("operator", "Hello. There is no wrong way to begin. How was today?").await?;
        visitor.says("Long. I could not sleep again 🌙 and everything felt loud.").await?;
        volunteer
            .points_to("This page has a few calm exercises.", "https://www.example.org/calm/tonight")
            .await?;
        visitor.page.wait_for(Place::Chat, ".card").await?;
        volunteer.reads().await?;
        // Who has just sent something is shown as typing only after a while of typing.
        let mut letters = 0;
        eventually("the volunteer typing", async || {
            letters += 1;
            volunteer.types(letters).await?;
            visitor.page.find(Place::Chat, ".typing[data-on=true]").await
        })
        .await?;
        shoot(&visitor, look, "09-chat").await?;
        stage.server.stop().await?;
        visitor.reads("Connection lost|No connection").await?;
        visitor.says("Are you still there?").await?;
        shoot(&visitor, look, "10-connection-lost").await?;
        stage.server.start_again().await?;
        visitor.message_is("Are you still there?", "delivered").await?;
        visitor.press("^End this chat").await?;
        visitor.page.wait_for(Place::Chat, "[role=alertdialog]").await?;
        shoot(&visitor, look, "11-end-question").await?;
        visitor.press("^End$").await?;
        visitor.page.wait_for(Place::Chat, ".survey").await?;
        shoot(&visitor, look, "12-survey").await?;
        visitor.press("^Skip").await?;
        visitor.page.wait_gone(Place::Chat, ".survey").await?;
        shoot(&visitor, look, "13-ended").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn being_passed_on_and_another_way_suggested() -> Result<()> {
    for (screen, scheme, look) in LOOKS {
        let stage = open_stage().await?;
        let visitor = arrive(&stage, screen, scheme, "/").await?;
        visitor.open_chat().await?;
        visitor.join().await?;
        let sam = Volunteer::on_duty(&stage.server).await?;
        let robin = Volunteer::on_duty_as(&stage.server, SECOND_OPERATOR).await?;
        sam.takes_next().await?;
        visitor.is_joined_by(OPERATOR.alias).await?;
        visitor.says("I could not sleep again, and everything felt loud.").await?;
        sam.says("That sounds exhausting. There is a line for the nights, too.").await?;
        sam.suggests("phone").await?;
        visitor.reads("suggests another way").await?;
        shoot(&visitor, look, "14-suggestion").await?;
        visitor.press("^Not now").await?;
        visitor.reads("You said not now").await?;
        shoot(&visitor, look, "15-suggestion-answered").await?;
        sam.passes_on_to(SECOND_OPERATOR.alias, "My shift is over. Robin has time for you.").await?;
        visitor.on_screen("waiting").await?;
        visitor.reads("passing you on to Robin").await?;
        shoot(&visitor, look, "16-passed-on").await?;
        robin.takes_next().await?;
        visitor.is_joined_by(SECOND_OPERATOR.alias).await?;
        shoot(&visitor, look, "17-passed-on-joined").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_screens_of_bad_days() -> Result<()> {
    let closed = Stage::with(Settings { hours: Hours::Closed, ..Settings::default() }).await?;
    let open = Stage::set().await?;
    for (screen, scheme, look) in LOOKS {
        let visitor = arrive(&closed, screen, scheme, "/").await?;
        visitor.page.reads(Place::Top, "Chat is closed").await?;
        shoot(&visitor, look, "20-launcher-closed").await?;
        visitor.open_again("closed").await?;
        shoot(&visitor, look, "21-closed").await?;

        let visitor = arrive(&open, screen, scheme, "/").await?;
        visitor.page.block(&["*.wasm"]).await?;
        visitor.page.press_on(Place::Top, ".launcher").await?;
        visitor.page.wait_for(Place::Chat, "#tealight-exit").await?;
        visitor.page.reads(Place::Chat, "0808 157 0199").await?;
        shoot(&visitor, look, "22-fallback-frame").await?;

        let visitor = arrive(&open, screen, scheme, "/").await?;
        visitor.page.block(&["*/frame*"]).await?;
        visitor.page.press_on(Place::Top, ".launcher").await?;
        visitor.page.reads(Place::Top, "You can still reach us").await?;
        shoot(&visitor, look, "23-fallback-loader").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn help_and_privacy_a_hint_and_a_chat_that_is_wiped() -> Result<()> {
    for (screen, scheme, look) in LOOKS {
        let mut stage = open_stage().await?;
        let visitor = arrive(&stage, screen, scheme, "/").await?;
        visitor.open_chat().await?;
        visitor.press("^Help and privacy").await?;
        visitor.page.wait_for(Place::Chat, ".menu").await?;
        shoot(&visitor, look, "60-menu-welcome").await?;
        visitor.press("^Help and privacy").await?;
        visitor.join().await?;
        visitor.types("You can call me on 07700 900123").await?;
        visitor.page.wait_for(Place::Chat, ".detail").await?;
        shoot(&visitor, look, "61-hint-waiting").await?;
        visitor.sends().await?;
        let volunteer = Volunteer::on_duty(&stage.server).await?;
        volunteer.takes_next().await?;
        visitor.is_joined_by(OPERATOR.alias).await?;
        volunteer.says("Hello. There is no wrong way to begin. How was today?").await?;
        visitor.has_message("operator", "Hello. There is no wrong way to begin. How was today?").await?;
        visitor.types("I live at 12 Oak Street").await?;
        visitor.page.wait_for(Place::Chat, ".detail").await?;
        shoot(&visitor, look, "62-hint-chat").await?;
        visitor.press("^Help and privacy").await?;
        visitor.page.wait_for(Place::Chat, ".menu").await?;
        shoot(&visitor, look, "63-menu-chat").await?;
        visitor.press("^Wipe this chat").await?;
        visitor.page.wait_for(Place::Chat, "[role=alertdialog]").await?;
        shoot(&visitor, look, "64-wipe-question").await?;
        stage.server.stop().await?;
        visitor.press("^Wipe$").await?;
        visitor.reads("they are still on our server").await?;
        shoot(&visitor, look, "65-wiping-offline").await?;
        stage.server.start_again().await?;
        visitor.reads("This chat is wiped").await?;
        shoot(&visitor, look, "66-wiped").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn large_text_and_a_right_to_left_page() -> Result<()> {
    let html = "<!doctype html><html lang=ar dir=rtl><meta charset=utf-8><meta name=viewport content='width=device-width'>\
        <link rel=icon href=data:,><title>مرحبا</title><body><h1>مرحبا</h1><p>نحن هنا كل ليلة.</p>\
        <script async src=__TEALIGHT_SERVER__/tealight.js></script>";
    let pages = HashMap::from([("/rtl".to_owned(), HostPage { html: html.to_owned(), policy: None })]);
    let stage =
        Stage::with(Settings { pages, prior_mean_minutes: Some(20.0), ..Settings::default() }).await?;
    let _volunteer = Volunteer::on_duty(&stage.server).await?;
    for (screen, look) in [(Screen::PHONE, "phone"), (Screen::DESKTOP, "desktop")] {
        let visitor = arrive(&stage, screen, "light", "/rtl").await?;
        visitor.open_chat().await?;
        shoot(&visitor, look, "30-rtl-welcome").await?;
        visitor.join().await?;
        shoot(&visitor, look, "31-rtl-waiting").await?;
        shoot_care(&visitor, look, "31-rtl").await?;

        let page = stage.browser.open_with(screen, &["--force-text-scale-factor=2"]).await?;
        // Twice the text, as a browser's own setting for the size of text makes it.
        page.before_every_document(
            "addEventListener('DOMContentLoaded', () => document.documentElement.style.fontSize = '200%')",
        )
        .await?;
        page.goto(&stage.server.site("/")).await?;
        let visitor = Visitor { page };
        visitor.open_chat().await?;
        shoot(&visitor, look, "32-large-welcome").await?;
        visitor.join().await?;
        shoot(&visitor, look, "33-large-waiting").await?;
        shoot_care(&visitor, look, "33-large").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console() -> Result<()> {
    for (screen, scheme, look) in [
        (Screen::DESKTOP, "light", "console-light"),
        (Screen::DESKTOP, "dark", "console-dark"),
        (Screen::SMALL_DESKTOP, "light", "console-small-light"),
        (Screen::SMALL_DESKTOP, "dark", "console-small-dark"),
    ] {
        let stage = open_stage().await?;
        let page = stage.browser.open(screen).await?;
        page.prefer(scheme).await?;
        page.goto(&format!("{}/console/", stage.server.url())).await?;
        let console = Console { page };
        console.page.wait_for_control(Place::Top, "^Name$").await?;
        console.page.screenshot(&format!("{look}-40-login")).await?;
        console.logs_in(OPERATOR).await?;
        console.reads("Nobody is waiting").await?;
        console.page.screenshot(&format!("{look}-41-empty")).await?;
        console.accepts().await?;
        let visitor = stage.waiting_visitor().await?;
        let _others = [stage.waiting_visitor().await?, stage.waiting_visitor().await?];
        console.reads("3 people are waiting").await?;
        console.page.screenshot(&format!("{look}-42-waiting")).await?;
        console.takes_next().await?;
        visitor.is_joined_by(OPERATOR.alias).await?;
        visitor.says("Hello. I am not sure how to begin.").await?;
        console.says("Hello. There is no wrong way to begin. How was today?").await?;
        visitor.says("Long. I could not sleep again 🌙 and everything felt loud.").await?;
        console.hears("everything felt loud").await?;
        // Who has just sent something is shown as typing only after a while of typing.
        eventually("the visitor typing", async || {
            visitor.types("m").await?;
            Ok(console.page.text(Place::Top).await?.contains("writing").then_some(()))
        })
        .await?;
        console.fills("^Your message to", "That sounds like a hard week.").await?;
        console.page.screenshot(&format!("{look}-43-chat")).await?;
        console.press("^Keys$").await?;
        console.reads("Take (the )?next visitor").await?;
        console.page.screenshot(&format!("{look}-44-keys")).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_among_colleagues() -> Result<()> {
    for (screen, scheme, look) in [
        (Screen::DESKTOP, "light", "console-light"),
        (Screen::DESKTOP, "dark", "console-dark"),
        (Screen::SMALL_DESKTOP, "light", "console-small-light"),
        (Screen::PHONE, "light", "console-phone-light"),
    ] {
        let stage = open_stage().await?;
        let sam = console(&stage, OPERATOR, screen, scheme).await?;
        sam.accepts().await?;
        let visitor = stage.waiting_visitor().await?;
        sam.reads("1 person is waiting").await?;
        sam.takes_next().await?;
        visitor.is_joined_by(OPERATOR.alias).await?;
        visitor.says("I could not sleep again, and everything felt loud.").await?;
        sam.says("That sounds exhausting. There is a line for the nights, too.").await?;
        sam.press("^Suggest another way").await?;
        sam.page.wait_for(Place::Top, ".suggest-item").await?;
        sam.page.screenshot(&format!("{look}-45-suggest")).await?;
        sam.press("^Call 0808 157 0199").await?;
        visitor.press("^Yes, thank you").await?;
        sam.reads("The visitor said yes").await?;
        sam.fills("^Write a note", "A neighbour helps with the children.").await?;
        sam.press("^Keep note").await?;

        let kim = console(&stage, SUPERVISOR, screen, scheme).await?;
        kim.press("^Watch the conversation of Sam").await?;
        kim.hears("everything felt loud").await?;
        kim.fills("^Whisper to the volunteer", "Ask whether they are safe now.").await?;
        kim.press("^Whisper$").await?;
        sam.reads("Kim whispers").await?;
        sam.page.screenshot(&format!("{look}-46-notes")).await?;
        kim.page.screenshot(&format!("{look}-47-watching")).await?;

        let robin = console(&stage, SECOND_OPERATOR, screen, scheme).await?;
        robin.accepts().await?;
        sam.reads(r"Robin\s+Accepting").await?;
        sam.press("^Pass on…").await?;
        sam.press("^Robin").await?;
        sam.fills("^Words for the visitor", "My shift is over. Robin has time for you.").await?;
        sam.page.screenshot(&format!("{look}-48-pass-on")).await?;
        sam.press("^Pass on$").await?;
        sam.reads("You passed this visitor on").await?;
        sam.page.screenshot(&format!("{look}-49-passed-on")).await?;
        robin.reads("Passed on to you").await?;
        robin.page.screenshot(&format!("{look}-50-for-you")).await?;
        robin.takes_next().await?;
        robin.hears("everything felt loud").await?;
        robin.page.screenshot(&format!("{look}-51-taken-over")).await?;
    }
    Ok(())
}

/// The hint, the menu, and the question before a chat is wiped.
async fn shoot_care(visitor: &Visitor, look: &str, name: &str) -> Result<()> {
    visitor.types("robin@example.org").await?;
    visitor.page.wait_for(Place::Chat, ".detail").await?;
    shoot(visitor, look, &format!("{name}-hint")).await?;
    visitor.press("^Help and privacy").await?;
    visitor.page.wait_for(Place::Chat, ".menu").await?;
    shoot(visitor, look, &format!("{name}-menu")).await?;
    visitor.press("^Wipe this chat").await?;
    visitor.page.wait_for(Place::Chat, "[role=alertdialog]").await?;
    shoot(visitor, look, &format!("{name}-wipe")).await
}

async fn console(stage: &Stage, account: Account, screen: Screen, scheme: &str) -> Result<Console> {
    let page = stage.browser.open(screen).await?;
    page.prefer(scheme).await?;
    page.goto(&format!("{}/console/", stage.server.url())).await?;
    let console = Console { page };
    console.logs_in(account).await?;
    Ok(console)
}

/// Open for some hours more, twenty minutes for a conversation.
async fn open_stage() -> Result<Stage> {
    Stage::with(Settings { hours: Hours::For(4), prior_mean_minutes: Some(20.0), ..Settings::default() })
        .await
}

async fn arrive(stage: &Stage, screen: Screen, scheme: &str, path: &str) -> Result<Visitor> {
    let page = stage.browser.open(screen).await?;
    page.prefer(scheme).await?;
    page.goto(&stage.server.site(path)).await?;
    Ok(Visitor { page })
}

async fn shoot(visitor: &Visitor, look: &str, name: &str) -> Result<()> {
    visitor.page.screenshot(&format!("{look}-{name}")).await
}
