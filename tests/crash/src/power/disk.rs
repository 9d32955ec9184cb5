//! A disk that loses its power: what was synced is there, and of the rest any part.
//!
//! Guarantees: what a sync was answered for is never lost. Names change in order, as a journalling file system keeps
//! them; a file's bytes may arrive in any order, sector by sector, and one sector in parts.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use emongolia_core::foundation::crypto::digest::sha256;

use super::trace::Event;

/// What a disk writes at once, if it writes it whole.
const SECTOR: usize = 512;

/// The files of a folder, by their paths.
pub(super) type Image = BTreeMap<PathBuf, Vec<u8>>;

#[derive(Clone)]
pub(super) struct Disk {
    files: Vec<File>,
    /// As a running program sees the names.
    now: BTreeMap<PathBuf, usize>,
    safe: BTreeMap<PathBuf, usize>,
    /// Since the last sync of a folder, each as one step: a name and its file, or none.
    renamings: Vec<Vec<(PathBuf, Option<usize>)>>,
    /// False: it answers a sync and does nothing, as `PRAGMA synchronous = OFF` asks of it.
    syncs: bool,
}

#[derive(Clone, Default)]
struct File {
    safe: Vec<u8>,
    length: usize,
    changes: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Bytes { at: usize, bytes: Vec<u8> },
    Length(usize),
}

impl Disk {
    pub(super) fn new(image: Image, syncs: bool) -> Self {
        let names: BTreeMap<_, _> = image.keys().cloned().zip(0..).collect();
        let files = image.into_values().map(|safe| File { length: safe.len(), safe, changes: Vec::new() });
        Self { files: files.collect(), now: names.clone(), safe: names, renamings: Vec::new(), syncs }
    }

    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Named(name) if self.now.contains_key(name) => {}
            Event::Named(name) => {
                self.files.push(File::default());
                self.rename(vec![(name.clone(), Some(self.files.len() - 1))]);
            }
            Event::Wrote { file, at, bytes } => {
                let Some(file) = self.file(file) else { return };
                let at = at.unwrap_or(file.length);
                file.length = file.length.max(at + bytes.len());
                file.changes.push(Change::Bytes { at, bytes: bytes.clone() });
            }
            Event::Cut { file, length } => {
                let Some(file) = self.file(file) else { return };
                file.length = *length;
                file.changes.push(Change::Length(*length));
            }
            Event::Synced(_) if !self.syncs => {}
            Event::Synced(name) => match self.file(name) {
                Some(file) => {
                    let File { safe, changes, .. } = file;
                    changes.drain(..).for_each(|change| change.whole(safe));
                }
                None => {
                    self.renamings.clear();
                    self.safe = self.now.clone();
                }
            },
            Event::Linked { from, to } => self.rename(vec![(to.clone(), self.now.get(from).copied())]),
            Event::Renamed { from, to } => {
                self.rename(vec![(to.clone(), self.now.get(from).copied()), (from.clone(), None)]);
            }
            Event::Removed(name) => self.rename(vec![(name.clone(), None)]),
            Event::Sent | Event::Told => {}
        }
    }

    fn file(&mut self, name: &Path) -> Option<&mut File> {
        self.now.get(name).map(|file| &mut self.files[*file])
    }

    fn rename(&mut self, step: Vec<(PathBuf, Option<usize>)>) {
        take(&mut self.now, &step);
        self.renamings.push(step);
    }

    /// As a running program sees it.
    pub(super) fn now(&self) -> Image {
        self.after_loss(&mut Loss::Nothing)
    }

    /// What is found after the power went now.
    pub(super) fn after_loss(&self, loss: &mut Loss) -> Image {
        let mut names = self.safe.clone();
        let kept = loss.part(self.renamings.len());
        self.renamings[..kept].iter().for_each(|step| take(&mut names, step));
        names.into_iter().map(|(name, file)| (name, self.files[file].after_loss(loss))).collect()
    }
}

fn take(names: &mut BTreeMap<PathBuf, usize>, step: &[(PathBuf, Option<usize>)]) {
    for (name, file) in step {
        match file {
            Some(file) => names.insert(name.clone(), *file),
            None => names.remove(name),
        };
    }
}

impl File {
    fn after_loss(&self, loss: &mut Loss) -> Vec<u8> {
        let mut found = self.safe.clone();
        for change in &self.changes {
            match change {
                Change::Length(length) if loss.part(1) == 1 => found.resize(*length, 0),
                Change::Length(_) => {}
                Change::Bytes { at, bytes } => {
                    let mut done = 0;
                    while done < bytes.len() {
                        let at = at + done;
                        let piece = (SECTOR - at % SECTOR).min(bytes.len() - done);
                        let arrived = loss.sector(piece);
                        write(&mut found, at, &bytes[done..done + arrived]);
                        done += piece;
                    }
                }
            }
        }
        found
    }
}

impl Change {
    fn whole(self, found: &mut Vec<u8>) {
        match self {
            Self::Length(length) => found.resize(length, 0),
            Self::Bytes { at, bytes } => write(found, at, &bytes),
        }
    }
}

fn write(found: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let length = found.len().max(at + bytes.len());
    found.resize(length, 0);
    found[at..at + bytes.len()].copy_from_slice(bytes);
}

/// What a loss of power spares.
pub(super) enum Loss {
    Nothing,
    Everything,
    /// As the dice fall: a chain of digests.
    Chance {
        block: [u8; 32],
        used: usize,
    },
}

impl Loss {
    /// The first two of each moment are the plain ones.
    pub(super) fn of(seed: u64, moment: usize, cut: usize) -> Self {
        match cut {
            0 => Self::Everything,
            1 => Self::Nothing,
            _ => Self::Chance { block: sha256(format!("{seed} {moment} {cut}").as_bytes()), used: 0 },
        }
    }

    fn byte(&mut self) -> u8 {
        match self {
            Self::Nothing => u8::MAX,
            Self::Everything => 0,
            Self::Chance { block, used } => {
                if *used == block.len() {
                    (*block, *used) = (sha256(block), 0);
                }
                *used += 1;
                block[*used - 1]
            }
        }
    }

    /// From none to all of so many.
    fn part(&mut self, all: usize) -> usize {
        usize::from(self.byte()) * (all + 1) / 256
    }

    /// How many bytes of a sector arrive: mostly all or none.
    fn sector(&mut self, bytes: usize) -> usize {
        match self.byte() {
            0..112 => 0,
            144.. => bytes,
            torn => bytes * usize::from(torn - 111) / 33,
        }
    }
}

/// The files under a folder.
pub(super) fn image_of(folder: &Path) -> io::Result<Image> {
    let mut image = Image::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            image.extend(image_of(&entry.path())?);
        } else {
            image.insert(entry.path(), fs::read(entry.path())?);
        }
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "/утас/Өө";

    fn wrote(at: usize, bytes: Vec<u8>) -> Event {
        Event::Wrote { file: FILE.into(), at: Some(at), bytes }
    }

    fn found(disk: &Disk) -> Vec<Option<Vec<u8>>> {
        let of = |cut| disk.after_loss(&mut Loss::of(1, 0, cut)).remove(Path::new(FILE));
        (0..300).map(of).collect()
    }

    #[test]
    fn what_was_synced_is_there_whatever_is_lost_and_the_rest_in_any_part() {
        let mut disk = Disk::new(Image::from([(FILE.into(), vec![0; 1024])]), true);
        disk.apply(&wrote(0, vec![1; 1024]));
        disk.apply(&Event::Synced(FILE.into()));
        disk.apply(&wrote(0, vec![2; 1024]));

        let found: Vec<_> = found(&disk).into_iter().flatten().collect();

        assert!(found.iter().all(|bytes| bytes.iter().all(|byte| [1, 2].contains(byte))));
        assert_eq!((&found[0], &found[1]), (&vec![1; 1024], &vec![2; 1024]));
        assert!(found.iter().any(|bytes| bytes[0] == 1 && bytes[1023] == 2), "the later sector alone");
        assert!(found.iter().any(|bytes| bytes[0] == 2 && bytes[511] == 1), "a torn one");
    }

    #[test]
    fn a_disk_that_ignores_syncs_may_lose_everything() {
        let mut disk = Disk::new(Image::from([(FILE.into(), vec![0; 8])]), false);
        disk.apply(&wrote(0, vec![1; 8]));
        disk.apply(&Event::Synced(FILE.into()));

        assert_eq!(found(&disk)[0], Some(vec![0; 8]));
    }

    #[test]
    fn a_name_is_old_or_new_until_its_folder_is_synced() {
        let new = || PathBuf::from("/утас/шинэ");
        let mut disk = Disk::new(Image::from([(FILE.into(), b"old".to_vec())]), true);
        disk.apply(&Event::Named(new()));
        disk.apply(&Event::Wrote { file: new(), at: Some(0), bytes: b"new".to_vec() });
        disk.apply(&Event::Synced(new()));
        disk.apply(&Event::Renamed { from: new(), to: FILE.into() });

        let before = found(&disk);
        disk.apply(&Event::Synced("/утас".into()));
        let after = found(&disk);

        let is = |text: &[u8]| Some(text.to_vec());
        assert!(before.contains(&is(b"old")) && before.contains(&is(b"new")));
        assert!(after.iter().all(|bytes| *bytes == is(b"new")));
    }
}
