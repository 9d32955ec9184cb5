//! The kinds of file that are taken, known by how they begin.

/// What a citizen may send, whatever the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Pdf,
    Jpeg,
    Png,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Pdf, Self::Jpeg, Self::Png];

    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// How every such file begins (ISO 32000 §7.5.2, ISO 10918-1 B.1.1.3, PNG §5.2).
    const fn beginning(self) -> &'static [u8] {
        match self {
            Self::Pdf => b"%PDF-",
            Self::Jpeg => &[0xff, 0xd8, 0xff],
            Self::Png => b"\x89PNG\r\n\x1a\n",
        }
    }

    pub(crate) fn parse(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media_type() == media_type)
    }

    /// Whether a whole file begins as one of this kind.
    pub(crate) fn is_of(self, bytes: &[u8]) -> bool {
        bytes.starts_with(self.beginning())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_it_begins_with_whatever_it_is_called() {
        let files: [(&[u8], Option<Kind>); 6] = [
            (b"%PDF-1.7\n", Some(Kind::Pdf)),
            (&[0xff, 0xd8, 0xff, 0xe0, 0], Some(Kind::Jpeg)),
            (b"\x89PNG\r\n\x1a\n....", Some(Kind::Png)),
            (b"\x89PNG\n\x1a\n", None), // line ends were translated on the way
            (b"%PD", None),
            (b"<script>", None),
        ];

        for (bytes, wanted) in files {
            let found = Kind::ALL.into_iter().find(|kind| kind.is_of(bytes));
            assert_eq!(found, wanted, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
