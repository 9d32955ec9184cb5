//! Libraries that no shell may load: the one that ships, with one number of it changed.
//!
//! Guarantees: each differs from what ships in one bit; where that is not found, there is none.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    api,
    bindgen::{self, Choice},
    process::ask,
    workspace::Workspace,
};

/// What answers otherwise than the bindings expect.
const CONTRACT: &str = "ffi_emongolia_ffi_uniffi_contract_version";

/// Longer than a function that gives one number.
const FUNCTION: usize = 24;

/// The folder in which each has its own, under the library's name.
pub(crate) fn libraries(workspace: &Workspace, choice: Choice) -> Result<PathBuf, String> {
    let shipped = bindgen::shipped(workspace, choice)?;
    let told = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| format!("{path}: {error}")
    };
    let library = fs::read(&shipped).map_err(told(&shipped))?;
    let others = [
        ("another-contract", another_contract(library.clone(), offset(&shipped, CONTRACT)?)?),
        ("another-interface", another_interface(library, &api::agreed_digest(workspace)?)?),
    ];
    let folder = shipped.with_file_name("others");
    for (name, bytes) in others {
        let other = folder.join(name).join(shipped.file_name().unwrap_or_default());
        fs::create_dir_all(folder.join(name)).map_err(told(&folder))?;
        fs::write(&other, bytes).map_err(told(&other))?;
    }
    Ok(folder)
}

fn another_contract(mut library: Vec<u8>, at: usize) -> Result<Vec<u8>, String> {
    let code = library.get_mut(at..at + FUNCTION).ok_or_else(|| format!("{CONTRACT}: beyond the file"))?;
    change(code, std::env::consts::ARCH).ok_or_else(|| format!("{CONTRACT}: gives no number that we know of"))?;
    Ok(library)
}

/// The digest that the library says, and nothing else in it.
fn another_interface(mut library: Vec<u8>, digest: &str) -> Result<Vec<u8>, String> {
    let mut places = library.windows(digest.len()).enumerate().filter(|(_, text)| *text == digest.as_bytes());
    let (Some((at, _)), None) = (places.next(), places.next()) else {
        return Err(format!("the library does not say {digest}, or more than once"));
    };
    library[at] ^= 1;
    Ok(library)
}

/// Where a function begins in the file.
fn offset(library: &Path, function: &str) -> Result<usize, String> {
    let mut objdump = Command::new("objdump");
    objdump.args(["--disassemble", "--file-offsets", &format!("--disassemble={function}")]).arg(library);
    let said = ask(&mut objdump)?;
    place(&String::from_utf8_lossy(&said), function)
        .ok_or_else(|| format!("{}: objdump finds no {function}", library.display()))
}

/// `0000000000012340 <NAME@@Base> (File Offset: 0x12340):`
fn place(said: &str, function: &str) -> Option<usize> {
    let line = said.lines().find(|line| {
        let name = line.split_once('<').map(|(_, rest)| rest);
        name.and_then(|name| name.split(['@', '>']).next()) == Some(function) && line.contains("File Offset")
    })?;
    let (_, offset) = line.split_once("File Offset: 0x")?;
    usize::from_str_radix(offset.split(')').next()?, 16).ok()
}

/// Makes the number that the function loads another one.
fn change(code: &mut [u8], architecture: &str) -> Option<()> {
    match architecture {
        // mov $number,%eax, and with a prefix %ax
        "x86_64" => {
            let at = code.iter().position(|byte| *byte == 0xb8)?;
            *code.get_mut(at + 1)? ^= 1;
        }
        // mov w0, #number: MOVZ of 32 bits into register 0, the number from bit 5 on
        "aarch64" => {
            let at = code.chunks_exact(4).position(|word| {
                u32::from_le_bytes(word.try_into().unwrap_or_default()) & 0xffe0_001f == 0x5280_0000
            })?;
            *code.get_mut(at * 4)? ^= 1 << 5;
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn one_bit_of_the_number_is_changed_and_nothing_else() {
        let mut intel = [0x55, 0x48, 0x89, 0xe5, 0xb8, 0x1e, 0, 0, 0, 0x5d, 0xc3];
        let mut arm = [0xc0, 0x03, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6]; // mov w0, #30; ret

        change(&mut intel, "x86_64").unwrap();
        change(&mut arm, "aarch64").unwrap();

        assert_eq!(intel, [0x55, 0x48, 0x89, 0xe5, 0xb8, 0x1f, 0, 0, 0, 0x5d, 0xc3]);
        assert_eq!(arm, [0xe0, 0x03, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6]); // mov w0, #31
        assert_eq!(change(&mut [0xc3; FUNCTION], "x86_64"), None);
        assert_eq!(change(&mut intel, "өөр"), None);
    }

    #[test]
    fn the_digest_is_changed_where_it_stands_once() {
        let other = |library: &str| another_interface(library.as_bytes().to_vec(), "2b6f");

        assert_eq!(other("Хувилбар 0.1.0+2b6f"), Ok("Хувилбар 0.1.0+3b6f".as_bytes().to_vec()));
        assert!(other("Хувилбар 0.1.0").is_err() && other("2b6f 2b6f").is_err());
    }

    #[test]
    fn a_function_is_found_by_its_whole_name() {
        let said = "0000000000000010 <version_of> (File Offset: 0x10):\n\
                    0000000000001a20 <version@@Base> (File Offset: 0xa20):\n  1a20:\tret\n";

        assert_eq!(place(said, "version"), Some(0xa20));
        assert_eq!(place(said, "vers"), None);
    }
}
