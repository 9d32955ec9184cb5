mod jose;
mod lock;
mod wycheproof;
