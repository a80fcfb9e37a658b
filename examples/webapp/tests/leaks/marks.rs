//! Values that are nowhere else, and the search for them.

/// A unique value for each field and each way in which it is sent.
pub(crate) struct Marks {
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) passport: String,
    pub(crate) changed_phone: String,
    pub(crate) changed_passport: String,
    /// What no phone number is.
    pub(crate) wrong_phone: String,
    /// What no passport number is.
    pub(crate) wrong_passport: String,
    /// In a field's name, a path, a query.
    pub(crate) elsewhere: String,
}

impl Marks {
    pub(crate) fn new() -> Self {
        Self {
            name: "Markedname Qvxzj".to_owned(),
            phone: "+91 98213 47605".to_owned(),
            passport: "QKZMARK71".to_owned(),
            changed_phone: "+91 97684 20513".to_owned(),
            changed_passport: "XWVMARK72".to_owned(),
            wrong_phone: "+91 5550917342688".to_owned(),
            wrong_passport: "JYQ!MARK73".to_owned(),
            elsewhere: "UZPMARK74".to_owned(),
        }
    }

    /// A phone number without its country's code, which other things print by itself.
    pub(crate) fn secrets(&self) -> [String; 7] {
        [
            &self.phone,
            &self.passport,
            &self.changed_phone,
            &self.changed_passport,
            &self.wrong_phone,
            &self.wrong_passport,
            &self.elsewhere,
        ]
        .map(|value| value.trim_start_matches("+91 ").to_owned())
    }
}

/// Whether a value lies in these bytes: as it is, in any case, with or without separators; encoded for a
/// URL; in hexadecimal, in base64, or as a list of numbers.
pub(crate) fn finds(bytes: &[u8], value: &str) -> bool {
    let plain = letters(value.bytes());
    let looked_at = letters(bytes.iter().copied());
    let spellings = spellings(value);
    memchr::memmem::find(&looked_at, &plain).is_some()
        || spellings
            .iter()
            .any(|spelling| memchr::memmem::find(bytes, spelling.as_bytes()).is_some())
}

/// What lies around a value that was found, for a person.
pub(crate) fn around(bytes: &[u8], value: &str) -> String {
    let lines = bytes.split(|byte| *byte == b'\n');
    let found: Vec<_> = lines
        .filter(|line| finds(line, value))
        .map(|line| {
            String::from_utf8_lossy(line)
                .chars()
                .take(600)
                .collect::<String>()
        })
        .collect();
    found.join("\n")
}

/// Letters and digits alone, in lower case; a phone number without what stands before it.
fn letters(bytes: impl Iterator<Item = u8>) -> Vec<u8> {
    bytes
        .filter(|byte| !matches!(byte, b' ' | b'-' | b'+'))
        .map(|byte| byte.to_ascii_lowercase())
        .collect()
}

fn spellings(value: &str) -> Vec<String> {
    let mut all = Vec::new();
    let compact: String = value.chars().filter(|letter| *letter != ' ').collect();
    for text in [value, compact.as_str(), compact.trim_start_matches('+')] {
        let bytes = text.as_bytes();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let list: Vec<_> = bytes.iter().map(u8::to_string).collect();
        all.extend([hex.to_uppercase(), hex, list.join(", "), list.join(",")]);
        let url: String = bytes
            .iter()
            .map(|byte| match byte.is_ascii_alphanumeric() {
                true => char::from(*byte).to_string(),
                false => format!("%{byte:02X}"),
            })
            .collect();
        all.extend([url.replace("%20", "+"), url]);
        // Wherever the value begins in a text of base64, the part in the middle is the same.
        for before in 0..3 {
            let mut padded = vec![0; before];
            padded.extend(bytes);
            let text = base64(&padded);
            let start = if before == 0 { 0 } else { before + 1 };
            let end = text.len() - (padded.len() % 3 != 0) as usize * 2;
            all.extend(text.get(start..end).map(str::to_owned));
        }
    }
    all.retain(|spelling| spelling.len() >= 8);
    all
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let group = chunk
                .iter()
                .fold(0, |group, byte| group << 8 | u32::from(*byte))
                << (8 * (3 - chunk.len()));
            (0..=chunk.len()).map(move |at| LETTERS[(group >> (18 - 6 * at) & 63) as usize] as char)
        })
        .collect()
}
