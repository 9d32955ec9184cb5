//! Reads what can be read: one bad item, or one bad part of an item, does not take the rest with it.
//!
//! Guarantees: what was left out is counted in the log and never quoted; a missing key stays [`SealError::NoKey`].

use serde::{Deserialize as _, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    country::LocalisedText,
    foundation::{crypto::seal::SealError, json, storage},
};

/// The default for whatever this build can't read; with `#[serde(default)]` also for what is missing.
pub fn known<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(d: D) -> Result<T, D::Error> {
    Ok(json::take(Value::deserialize(d)?).unwrap_or_default())
}

/// A text; one that is in English only stands in for the Mongolian.
pub fn text<'de, D: Deserializer<'de>>(d: D) -> Result<Option<LocalisedText>, D::Error> {
    Ok(localised(Value::deserialize(d)?))
}

/// The texts of a list that can be read.
pub fn texts<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<LocalisedText>, D::Error> {
    let Value::Array(values) = Value::deserialize(d)? else { return Ok(Vec::new()) };
    Ok(values.into_iter().filter_map(localised).collect())
}

/// The items of a list that can be read; no list at all is an error.
pub fn each<'de, D: Deserializer<'de>, T: DeserializeOwned>(d: D) -> Result<Vec<T>, D::Error> {
    Ok(readable(Vec::deserialize(d)?))
}

/// As [`each`], for a part of an item: no list at all is an empty one.
pub fn part<'de, D: Deserializer<'de>, T: DeserializeOwned>(d: D) -> Result<Vec<T>, D::Error> {
    let Value::Array(values) = Value::deserialize(d)? else { return Ok(Vec::new()) };
    Ok(readable(values))
}

/// As [`each`], for what replaces all that is kept: a list of which nothing can be read is an error, not an empty one.
pub fn whole<'de, D: Deserializer<'de>, T: DeserializeOwned>(d: D) -> Result<Vec<T>, D::Error> {
    let values = Vec::deserialize(d)?;
    let empty = values.is_empty();
    let items = readable(values);
    if items.is_empty() && !empty {
        return Err(serde::de::Error::custom("no item of the list can be read"));
    }
    Ok(items)
}

/// `None` for a stored value that this build or this key can't read, now or ever; without a key, that error.
pub fn opened<T>(value: storage::Result<T>) -> storage::Result<Option<T>> {
    match value {
        Ok(value) => Ok(Some(value)),
        Err(
            storage::Error::Stored(_)
            | storage::Error::Sealed(SealError::Refused | SealError::OtherKey | SealError::OtherLayout { .. }),
        ) => {
            log::warn!(target: "emongolia", "1 stored value can't be read and is left out");
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

/// As [`opened_rows`], of those that are wanted.
pub fn wanted_rows<T>(
    rows: impl Iterator<Item = storage::Result<T>>,
    limit: usize,
    wanted: impl Fn(&T) -> bool,
) -> storage::Result<Vec<T>> {
    opened_rows(rows.filter(|row| row.as_ref().map_or(true, &wanted)), limit)
}

/// Of the rows that can be opened the first `limit`.
pub fn opened_rows<T>(rows: impl Iterator<Item = storage::Result<T>>, limit: usize) -> storage::Result<Vec<T>> {
    let (mut opened, mut left_out) = (Vec::new(), 0_usize);
    for row in rows {
        match row {
            Ok(row) => opened.push(row),
            Err(
                storage::Error::Stored(_)
                | storage::Error::Sealed(SealError::Refused | SealError::OtherKey | SealError::OtherLayout { .. }),
            ) => left_out += 1,
            Err(other) => return Err(other),
        }
        if opened.len() == limit {
            break;
        }
    }
    warn_left_out(left_out, "stored rows");
    Ok(opened)
}

fn readable<T: DeserializeOwned>(values: Vec<Value>) -> Vec<T> {
    let all = values.len();
    let items: Vec<T> = values.into_iter().filter_map(json::take).collect();
    warn_left_out(all - items.len(), "items of an answer");
    items
}

fn warn_left_out(count: usize, what: &str) {
    if count > 0 {
        log::warn!(target: "emongolia", "{count} {what} can't be read and are left out");
    }
}

fn localised(value: Value) -> Option<LocalisedText> {
    let english = value.get("en").and_then(Value::as_str).map(str::to_owned);
    let mongolian = value.get("mn").and_then(Value::as_str).map(str::to_owned);
    match (mongolian, english) {
        (Some(mn), en) => Some(LocalisedText { mn, en }),
        (None, Some(en)) => Some(LocalisedText { mn: en.clone(), en: Some(en) }),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Item {
        id: String,
        #[serde(default, deserialize_with = "text")]
        title: Option<LocalisedText>,
        #[serde(default, deserialize_with = "known")]
        count: u32,
    }

    #[derive(Debug, Deserialize)]
    struct Page {
        #[serde(deserialize_with = "each")]
        items: Vec<Item>,
    }

    #[derive(Debug, Deserialize)]
    struct Kept {
        #[serde(deserialize_with = "whole")]
        items: Vec<Item>,
    }

    #[test]
    fn an_item_that_can_not_be_read_does_not_take_the_others_with_it() {
        let page: Page = serde_json::from_value(json!({ "items": [
            { "id": "a", "title": { "mn": "Өргөдөл" } }, { "id": 7 }, null,
            { "id": "b", "title": { "en": "Үнэмлэх" }, "count": "олон" }, { "id": "c", "title": 3 },
        ]}))
        .unwrap();

        let ids: Vec<&str> = page.items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
        assert_eq!(page.items[1].title, Some(LocalisedText::new("Үнэмлэх", "Үнэмлэх")));
        assert_eq!((page.items[1].count, &page.items[2].title), (0, &None));
    }

    #[test]
    fn a_list_of_which_nothing_can_be_read_replaces_nothing() {
        assert!(serde_json::from_value::<Kept>(json!({ "items": [{ "id": 7 }] })).is_err());
        assert!(serde_json::from_value::<Kept>(json!({ "items": [] })).unwrap().items.is_empty());
    }

    #[test]
    fn a_row_that_does_not_open_is_left_out_but_a_missing_key_is_said() {
        let refused = || Err(storage::Error::Sealed(SealError::Refused));

        let rows = opened_rows([Ok(1), refused(), Ok(2), Ok(3)].into_iter(), 2).unwrap();
        let locked = opened_rows([Ok(1), Err(storage::Error::Sealed(SealError::NoKey))].into_iter(), 2);

        assert_eq!(rows, [1, 2]);
        assert!(matches!(locked, Err(storage::Error::Sealed(SealError::NoKey))));
        assert!(opened::<u8>(refused()).unwrap().is_none());
    }
}
