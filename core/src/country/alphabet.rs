//! The order of the Mongolian alphabet, which Unicode code points do not give: Ё follows Е, Ө follows О, Ү follows У.

/// A text whose code-point order is the alphabetical order of `text`, whatever its case.
pub fn sort_key(text: &str) -> String {
    /// Sorts after every letter, so that «өв» comes after «оюу» and before «пүүз».
    const AFTER_ALL: char = '\u{FFFF}';
    let mut key = String::with_capacity(text.len() + 8);
    for letter in text.chars().flat_map(char::to_lowercase) {
        let (base, follows) = match letter {
            'ё' => ('е', true),
            'ө' => ('о', true),
            'ү' => ('у', true),
            other => (other, false),
        };
        key.push(base);
        if follows {
            key.push(AFTER_ALL);
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_of_mongolian_come_in_the_order_of_its_alphabet() {
        let alphabet = "абвгдеёжзийклмноөпрстуүфхцчшщъыьэюя";

        let keys: Vec<String> = alphabet.chars().map(|c| sort_key(&c.to_string())).collect();

        assert!(keys.is_sorted());
    }

    #[test]
    fn words_with_the_two_front_vowels_stand_where_a_dictionary_has_them() {
        let mut words = ["Пүүз", "өвөл", "Оюу", "Үнэмлэх", "ус", "Урлаг", "фонд", "Ёс", "Ес", "Жил"];

        words.sort_by_key(|w| sort_key(w));

        assert_eq!(words, ["Ес", "Ёс", "Жил", "Оюу", "өвөл", "Пүүз", "Урлаг", "ус", "Үнэмлэх", "фонд"]);
    }
}
