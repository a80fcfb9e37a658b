//! The year of a date.

use super::normaliser::{Normaliser, Normalises};
use crate::codec::Encoder;

/// The year of a date; a lookup takes a date or the year as an `i32`.
///
/// It leaks which rows are of one year, and with some eighty years of known frequency often the year
/// itself. It is most useful inside a compound index.
#[derive(Debug)]
pub struct Year;

impl Normaliser for Year {
    const NAME: &'static str = "year";
    const VERSION: u16 = 1;
}

impl Normalises<i32> for Year {
    fn normalise(year: &i32, out: &mut Encoder<'_>) -> Option<()> {
        out.write(&year.to_be_bytes());
        Some(())
    }
}

#[cfg(feature = "chrono")]
impl Normalises<chrono::NaiveDate> for Year {
    fn normalise(date: &chrono::NaiveDate, out: &mut Encoder<'_>) -> Option<()> {
        Self::normalise(&chrono::Datelike::year(date), out)
    }
}

#[cfg(feature = "time")]
impl Normalises<time::Date> for Year {
    fn normalise(date: &time::Date, out: &mut Encoder<'_>) -> Option<()> {
        Self::normalise(&date.year(), out)
    }
}
