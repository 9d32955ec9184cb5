mod jose;
mod wycheproof;
