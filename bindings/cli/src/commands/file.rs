//! Files of a draft: taken in, listed, written out, taken out.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Write as _},
    path::Path,
};

use crate::{
    args,
    errors::Failure,
    output::{Page, Table, words},
    terminal::Terminal,
    texts,
};
use emongolia_core::{
    Error,
    services::requests::{
        DraftId,
        attachment::{Attachment, AttachmentId, MediaType, NewAttachment},
    },
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
    requests.answer(draft, field, Some(id.as_str().to_owned())).await?;
    let kept = requests.attachments().get(&id).await?;
    terminal.output.result(terminal.now(), &kept, |page| {
        page.say(texts::FILE_KEPT);
        file_table(page, std::slice::from_ref(&kept));
    })
}

fn read(file: &mut fs::File) -> io::Result<Vec<u8>> {
    let mut piece = Vec::with_capacity(PIECE as usize);
    file.take(PIECE).read_to_end(&mut piece)?;
    Ok(piece)
}

async fn list(draft: &DraftId, terminal: &Terminal) -> Result<(), Failure> {
    let files = terminal.app.requests().draft(draft).await?.files;
    terminal.output.result(terminal.now(), &files, |page| {
        if files.is_empty() {
            page.say(texts::NO_FILES);
        } else {
            file_table(page, &files);
        }
    })
}

fn file_table(page: &mut Page, files: &[Attachment]) {
    let word = |text| page.word(text);
    let mut table = Table::new().whole(word(texts::FIELD)).column(word(texts::FILE_NAME)).whole(word(texts::SIZE));
    for Attachment { field, name, size, stored, .. } in files {
        let whole = words::size(*size);
        let size = if stored == size { whole } else { format!("{} / {whole}", words::size(*stored)) };
        table.row([field.clone().unwrap_or_default(), name.clone(), size]);
    }
    page.table(&table);
}

/// The file that answers a question.
async fn answer(draft: &DraftId, field: &str, terminal: &Terminal) -> Result<Attachment, Failure> {
    let draft = terminal.app.requests().draft(draft).await?;
    let asked = draft.form.fields().find(|asked| asked.name == field);
    let file = asked.and_then(|asked| draft.files.iter().find(|file| asked.value.as_deref() == Some(file.id.as_str())));
    file.cloned().ok_or(Failure::Core(Error::NotFound))
}

/// What was written so far is taken away again if it can't be written whole.
async fn get(draft: &DraftId, field: &str, path: &Path, terminal: &Terminal) -> Result<(), Failure> {
    let file = answer(draft, field, terminal).await?;
    let unwritable = |error| Failure::file(path, &error);
    let mut out = OpenOptions::new().write(true).create_new(true).open(path).map_err(unwritable)?;
    if let Err(failure) = write_out(&file.id, &mut out, unwritable, terminal).await {
        let _ = fs::remove_file(path); // what is told is why
        return Err(failure);
    }
    terminal.output.result(terminal.now(), &file, |page| {
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
    answer(draft, &field, terminal).await?;
    let files = terminal.app.requests().answer(draft, field, None).await?.files;
    terminal.output.result(terminal.now(), &files, |page| page.say(texts::FILE_TAKEN_OUT))
}

#[cfg(test)]
mod tests {
    use emongolia_core::{Language, foundation::clock::Timestamp};

    use super::*;

    fn photo() -> Attachment {
        Attachment {
            id: AttachmentId::parse(&"0f".repeat(16)).unwrap(),
            field: Some("photo".into()),
            name: "Цээж зураг.png".into(),
            media_type: MediaType::Png,
            size: 2_000_000,
            stored: 2_000_000,
            arrived: 0,
            sha256: None,
        }
    }

    #[test]
    fn a_file_has_a_stable_shape() {
        assert_eq!(
            serde_json::to_string(&photo()).unwrap(),
            r#"{"id":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","field":"photo","name":"Цээж зураг.png","media_type":"image/png","size":2000000,"stored":2000000,"arrived":0,"sha256":null}"#
        );
    }

    #[test]
    fn a_person_reads_files_by_their_names_and_sizes_and_how_much_is_here() {
        let mut page = Page::for_tests(Language::Mn, Timestamp::EPOCH);

        file_table(&mut page, &[photo(), Attachment { stored: 150_000, ..photo() }]);

        let text = page.into_text();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines, ["photo   Цээж зураг.png  2.0 MB", "photo   Цээж зураг.png  150 KB / 2.0 MB"]);
    }
}
