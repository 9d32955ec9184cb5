//! What a citizen keeps of the catalogue: favourites and recent searches.

use emongolia_core::services::{ServiceId, catalogue::Service};
use serde::Serialize;

use super::{
    catalogue::{hint_if_empty, service_table},
    search::as_typed,
};
use crate::{args, errors::Failure, terminal::Terminal, texts};

/// What became of a favourite.
#[derive(Serialize)]
struct Kept<'a> {
    service: &'a ServiceId,
    favourite: bool,
}

pub(super) async fn favourite(command: args::Favourite, terminal: &Terminal) -> Result<(), Failure> {
    let catalogue = terminal.app.catalogue();
    match command {
        args::Favourite::Add { service_id } => {
            catalogue.add_favourite(&service_id).await?;
            terminal.output.result(terminal.now(), &Kept { service: &service_id, favourite: true }, |page| {
                page.say(texts::KEPT);
            })
        }
        args::Favourite::Remove { service_id } => {
            catalogue.remove_favourite(&service_id).await?;
            terminal.output.result(terminal.now(), &Kept { service: &service_id, favourite: false }, |page| {
                page.say(texts::KEPT_NO_MORE);
            })
        }
        args::Favourite::List { after } => {
            let favourites = catalogue.favourites(after).await?;
            terminal.output.result(terminal.now(), &favourites, |page| {
                let services: Vec<&Service> = favourites.value.items.iter().collect();
                if services.is_empty() {
                    page.say(texts::NO_FAVOURITES)
                } else {
                    service_table(page, &services)
                }
                page.age(&favourites);
                if let Some(next) = &favourites.value.next {
                    page.more(&format!("emongolia favourite list --after {next}"));
                }
            })?;
            hint_if_empty(&favourites, terminal);
            Ok(())
        }
    }
}

pub(super) async fn recent(command: args::Recent, terminal: &Terminal) -> Result<(), Failure> {
    let catalogue = terminal.app.catalogue();
    match command {
        args::Recent::List => {}
        args::Recent::Remove { query } => catalogue.forget_search(&as_typed(&query)).await?,
        args::Recent::Clear => catalogue.forget_searches().await?,
    }
    let searches = catalogue.recent_searches().await?;
    terminal.output.result(terminal.now(), &searches, |page| {
        if searches.is_empty() {
            page.say(texts::NO_SEARCHES);
        }
        searches.iter().for_each(|query| page.line(query));
    })
}
