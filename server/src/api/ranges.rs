//! Which part of a file a request wants (RFC 9110, 14).

/// What is wanted of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    All,
    /// From one byte to before another.
    Part(u64, u64),
    /// What it does not have.
    Nothing,
}

/// What a header `Range` wants of so many bytes. Of several parts all is given, as is for what is not
/// understood.
pub(super) fn wanted(range: Option<&str>, size: u64) -> Wanted {
    let part = range.and_then(|range| range.trim().strip_prefix("bytes="));
    let Some((first, last)) = part.and_then(|part| part.trim().split_once('-')) else { return Wanted::All };
    let number =
        |text: &str| Some(text).filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?.parse().ok();
    match (first, last) {
        ("", last) => match number(last) {
            Some(0) => Wanted::Nothing,
            Some(_) if size == 0 => Wanted::Nothing,
            Some(length) => Wanted::Part(size.saturating_sub(length), size),
            None => Wanted::All,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), _) if first >= size => Wanted::Nothing,
            (Some(first), None) if last.is_empty() => Wanted::Part(first, size),
            (Some(first), Some(last)) if first <= last => {
                Wanted::Part(first, size.min(last.saturating_add(1)))
            }
            _ => Wanted::All,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_within_the_file() {
        for (range, size, part) in [
            (None, 9, Wanted::All),
            (Some("bytes=0-"), 9, Wanted::Part(0, 9)),
            (Some("bytes=3-5"), 9, Wanted::Part(3, 6)),
            (Some("bytes=3-99"), 9, Wanted::Part(3, 9)),
            (Some("bytes=3-18446744073709551615"), 9, Wanted::Part(3, 9)),
            (Some("bytes=-4"), 9, Wanted::Part(5, 9)),
            (Some("bytes=-99"), 9, Wanted::Part(0, 9)),
            (Some("bytes=9-"), 9, Wanted::Nothing),
            (Some("bytes=-0"), 9, Wanted::Nothing),
            (Some("bytes=0-"), 0, Wanted::Nothing),
            (Some("bytes=-1"), 0, Wanted::Nothing),
            (Some("bytes=5-3"), 9, Wanted::All),
            (Some("bytes=1-2,4-5"), 9, Wanted::All),
            (Some("bytes=a-"), 9, Wanted::All),
            (Some("lines=1-2"), 9, Wanted::All),
            (Some("bytes=+1-2"), 9, Wanted::All),
            (Some("bytes=-"), 9, Wanted::All),
        ] {
            assert_eq!(wanted(range, size), part, "{range:?}");
        }
    }
}
