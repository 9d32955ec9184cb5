//! Files of a draft: taken in, listed, written out, taken out.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Write as _},
    path::Path,
};

use emongolia_core::{
    Error,
    country::LocalisedText,
    services::requests::{
        Draft, DraftId,
        attachment::{Attachment, AttachmentId, MediaType, NewAttachment},
    },
};
use serde::Serialize;

use crate::{
    args,
    errors::Failure,
    output::{Page, Table, words},
    terminal::Terminal,
    texts,
};

/// What is read and kept at a time.
const PIECE: u64 = 256 << 10;

pub(super) async fn run(command: args::File, terminal: &Terminal) -> Result<(), Failure> {
    match command {
        args::File::Add { draft_id, field, path } => add(&draft_id, field, &path, terminal).await,
        args::File::List { draft_id } => list(&draft_id, terminal).await,
        args::File::Get { draft_id, field, path } => get(&draft_id, &field, &path, terminal).await,
        args::File::Remove { draft_id, field } => remove(&draft_id, field, terminal).await,
    }
}

/// A file, and the question that it answers.
#[derive(Debug, Serialize)]
struct Answer {
    field: String,
    title: LocalisedText,
    file: Attachment,
}

async fn add(draft: &DraftId, field: String, path: &Path, terminal: &Terminal) -> Result<(), Failure> {
    let unreadable = |error| Failure::file(path, &error);
    let mut file = fs::File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let mut piece = read(&mut file).map_err(unreadable)?;
    let media_type = MediaType::of(&piece).map_or("application/octet-stream", MediaType::as_str).to_owned();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let new = NewAttachment { name: name.clone(), media_type, size };
    let requests = terminal.app.requests();
    let id = requests.attach(draft, field.clone(), new).await?;
    let mut taken = 0;
    while !piece.is_empty() {
        taken = requests.attachments().append(&id, taken, piece).await?;
        let of = [taken, size].map(words::size);
        terminal.output.progress(&texts::READING.say(terminal.output.language, &[&name, &of[0], &of[1]]));
        piece = read(&mut file).map_err(unreadable)?;
    }
    let draft = requests.answer(draft, field.clone(), Some(id.as_str().to_owned())).await?;
    let answer = answers(&draft, terminal).await?.into_iter().find(|answer| answer.field == field);
    let answer = answer.ok_or(Failure::Core(Error::NotFound))?;
    terminal.output.result(terminal.now(), &answer, |page| {
        page.say(texts::FILE_KEPT);
        file_table(page, std::slice::from_ref(&answer));
    })
}

fn read(file: &mut fs::File) -> io::Result<Vec<u8>> {
    let mut piece = Vec::new();
    file.take(PIECE).read_to_end(&mut piece)?;
    Ok(piece)
}

/// The files of a draft, in the order of its form.
async fn answers(draft: &Draft, terminal: &Terminal) -> Result<Vec<Answer>, Failure> {
    let mut answers = Vec::new();
    for field in draft.form.fields().filter(|field| field.kind.is_file()) {
        if let Some(id) = field.value.as_deref().and_then(AttachmentId::parse) {
            let file = terminal.app.requests().attachments().get(&id).await?;
            answers.push(Answer { field: field.name.clone(), title: field.title.clone(), file });
        }
    }
    Ok(answers)
}

async fn list(draft: &DraftId, terminal: &Terminal) -> Result<(), Failure> {
    let draft = terminal.app.requests().draft(draft).await?;
    let answers = answers(&draft, terminal).await?;
    terminal.output.result(terminal.now(), &answers, |page| {
        if answers.is_empty() {
            page.say(texts::NO_FILES);
        } else {
            file_table(page, &answers);
        }
    })
}

fn file_table(page: &mut Page, answers: &[Answer]) {
    let word = |text| page.word(text);
    let mut table = Table::new()
        .whole(word(texts::FIELD))
        .column(word(texts::QUESTION))
        .column(word(texts::FILE_NAME))
        .whole(word(texts::SIZE));
    for Answer { field, title, file } in answers {
        let title = title.in_language(page.language).to_owned();
        table.row([field.clone(), title, file.name.clone(), words::size(file.size)]);
    }
    page.table(&table);
}

/// What was written so far is taken away again if it can't be written whole.
async fn get(draft: &DraftId, field: &str, path: &Path, terminal: &Terminal) -> Result<(), Failure> {
    let draft = terminal.app.requests().draft(draft).await?;
    let answer = answers(&draft, terminal).await?.into_iter().find(|answer| answer.field == field);
    let answer = answer.ok_or(Failure::Core(Error::NotFound))?;
    let unwritable = |error| Failure::file(path, &error);
    let mut out = OpenOptions::new().write(true).create_new(true).open(path).map_err(unwritable)?;
    if let Err(failure) = write_out(&answer.file.id, &mut out, unwritable, terminal).await {
        let _ = fs::remove_file(path); // what is told is why
        return Err(failure);
    }
    terminal.output.result(terminal.now(), &answer, |page| {
        page.line(&texts::WRITTEN.say(page.language, &[&path.display().to_string()]));
    })
}

async fn write_out(
    id: &AttachmentId,
    out: &mut fs::File,
    unwritable: impl Fn(io::Error) -> Failure,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let mut offset = 0;
    loop {
        let piece = terminal.app.requests().attachments().read(id, offset).await?;
        if piece.is_empty() {
            return out.sync_all().map_err(unwritable);
        }
        out.write_all(&piece).map_err(&unwritable)?;
        offset += piece.len() as u64;
    }
}

async fn remove(draft: &DraftId, field: String, terminal: &Terminal) -> Result<(), Failure> {
    let requests = terminal.app.requests();
    let before = answers(&requests.draft(draft).await?, terminal).await?;
    if !before.iter().any(|answer| answer.field == field) {
        return Err(Failure::Core(Error::NotFound));
    }
    let draft = requests.answer(draft, field, None).await?;
    let answers = answers(&draft, terminal).await?;
    terminal.output.result(terminal.now(), &answers, |page| page.say(texts::FILE_TAKEN_OUT))
}

#[cfg(test)]
mod tests {
    use emongolia_core::{Language, foundation::clock::Timestamp};

    use super::*;

    fn answer() -> Answer {
        let file = Attachment {
            id: AttachmentId::parse(&"0f".repeat(16)).unwrap(),
            name: "Цээж зураг.png".into(),
            media_type: MediaType::Png,
            size: 150_000,
            stored: 150_000,
            arrived: 0,
            sha256: None,
        };
        Answer { field: "photo".into(), title: LocalisedText::new("Цээж зураг", "Portrait"), file }
    }

    #[test]
    fn a_file_has_a_stable_shape() {
        assert_eq!(
            serde_json::to_string(&answer()).unwrap(),
            r#"{"field":"photo","title":{"mn":"Цээж зураг","en":"Portrait"},"file":{"id":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","name":"Цээж зураг.png","media_type":"image/png","size":150000,"stored":150000,"arrived":0,"sha256":null}}"#
        );
    }

    #[test]
    fn a_person_reads_files_by_their_names_and_sizes() {
        let mut page = Page::for_tests(Language::Mn, Timestamp::EPOCH);

        file_table(&mut page, &[answer()]);

        let text = page.into_text();
        assert!(text.ends_with("photo   Цээж зураг  Цээж зураг.png  150 KB\n"), "{text}");
    }
}
