//! ХУР's operations in plain words, from its public catalogue (`data/xyp_operations.csv`).

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;

const CATALOGUE: &str = include_str!("../../data/xyp_operations.csv");

#[derive(Deserialize)]
pub(super) struct Operation {
    operation: String,
    /// «Иргэний үнэмлэхний мэдээлэл дамжуулах сервис».
    name_mn: String,
    pub(super) provider_mn: String,
}

impl Operation {
    /// What a citizen is asked to share, without the catalogue's "…-transmitting service".
    pub(super) fn what(&self) -> &str {
        self.name_mn.trim_end_matches(" дамжуулах сервис")
    }
}

static BY_NAME: LazyLock<HashMap<String, Operation>> = LazyLock::new(|| {
    let mut reader = csv::Reader::from_reader(CATALOGUE.as_bytes());
    let rows = reader.deserialize().filter_map(Result::<Operation, _>::ok);
    rows.map(|row| (row.operation.clone(), row)).collect()
});

/// `None` when ХУР has no such operation.
pub(super) fn operation(name: &str) -> Option<&'static Operation> {
    BY_NAME.get(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_told_in_plain_words() {
        let card = operation("WS100101_getCitizenIDCardInfo").unwrap();

        assert_eq!(card.what(), "Иргэний үнэмлэхний мэдээлэл");
        assert_eq!(card.provider_mn, "Улсын бүртгэлийн ерөнхий газар");
        assert!(operation("WS100101_getEverything").is_none());
    }

    #[test]
    fn the_whole_catalogue_is_read() {
        assert_eq!(BY_NAME.len() + 1, CATALOGUE.lines().count());
    }
}
