//! Moments and days, without a clock.

use std::fmt;
use std::str::FromStr;

use crate::FormError;

/// A moment, in Unix milliseconds, of the years 0 to 9999.
///
/// # Format
/// RFC 3339 with an offset or `Z`, or 1 to 12 digits of Unix seconds; written in UTC with
/// milliseconds and `Z`. What lies outside the years 0 to 9999 is moved to their edge.
///
/// Source: protocol.md §2
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A day, good to its end in the zone of the module.
///
/// # Format
/// `YYYY-MM-DD`.
///
/// Source: protocol.md §2
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Reads a text from its start, byte by byte.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

// === impl Time ===

impl Time {
    /// 0000-01-01T00:00:00.000Z.
    pub const MIN: Self = Self(-62_167_219_200_000);
    /// 9999-12-31T23:59:59.999Z, the last moment that RFC 3339 can write.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// Takes Unix milliseconds, moved into the years 0 to 9999.
    pub fn from_unix_ms(unix_ms: i64) -> Self {
        Self(unix_ms.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Unix milliseconds.
    pub const fn unix_ms(self) -> i64 {
        self.0
    }
}

impl FromStr for Time {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        if !text.is_empty() && text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let seconds: i64 = text.parse().map_err(|_| FormError::Rule("it is no number"))?;
            return Ok(Self::from_unix_ms(seconds * 1000));
        }
        let mut cursor = Cursor { bytes: text.as_bytes(), at: 0 };
        let date = cursor.date()?;
        cursor.one_of(b"Tt")?;
        let time_ms = cursor.time_ms()?;
        let offset_ms = cursor.offset_ms()?;
        cursor.end()?;
        Ok(Self::from_unix_ms(date.days() * DAY_MS + time_ms - offset_ms))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = Date::from_days(self.0.div_euclid(DAY_MS));
        let ms = self.0.rem_euclid(DAY_MS);
        let (hour, minute) = (ms / 3_600_000, ms / 60_000 % 60);
        let (second, ms) = (ms / 1000 % 60, ms % 1000);
        write!(f, "{date}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }
}

// === impl Date ===

impl Date {
    /// Makes a day of the calendar.
    ///
    /// # Errors
    /// A year over 9999, a month or a day that is not of the calendar.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, FormError> {
        let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
        let last = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        if (1..=last).contains(&day) && year <= 9999 {
            Ok(Self { year, month, day })
        } else {
            Err(FormError::Rule("it is not a day of the calendar"))
        }
    }

    /// The year, 0 to 9999.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, 1 to 31.
    pub const fn day(self) -> u8 {
        self.day
    }

    /// Days since 1970-01-01.
    ///
    /// Years are counted from March, so that the leap day is a year's last.
    pub fn days(self) -> i64 {
        let month = i64::from(self.month);
        let year = i64::from(self.year) - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The inverse of [`Date::days`], for the days that a [`Time`] can hold.
    fn from_days(days: i64) -> Self {
        let days = days + 719_468;
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = (shifted + 2) % 12 + 1;
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        Self {
            year: u16::try_from(year).unwrap_or_default(),
            month: u8::try_from(month).unwrap_or_default(),
            day: u8::try_from(day_of_year - (153 * shifted + 2) / 5 + 1).unwrap_or_default(),
        }
    }
}

impl FromStr for Date {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let mut cursor = Cursor { bytes: text.as_bytes(), at: 0 };
        let date = cursor.date()?;
        cursor.end()?;
        Ok(date)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

// === impl Cursor ===

impl Cursor<'_> {
    /// The complaint about the byte at hand.
    fn wrong(&self) -> FormError {
        FormError::Character { at: self.at + 1 }
    }

    /// The byte at hand.
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Takes one of `allowed`.
    fn one_of(&mut self, allowed: &[u8]) -> Result<u8, FormError> {
        let byte = self.peek().filter(|byte| allowed.contains(byte)).ok_or(self.wrong())?;
        self.at += 1;
        Ok(byte)
    }

    /// Takes `len` digits as a number.
    fn number(&mut self, len: usize) -> Result<u16, FormError> {
        let mut number = 0;
        for _ in 0..len {
            number = number * 10 + u16::from(self.one_of(b"0123456789")? - b'0');
        }
        Ok(number)
    }

    /// Takes two digits up to `max`.
    fn two(&mut self, max: u16) -> Result<i64, FormError> {
        let wrong = self.wrong();
        let number = self.number(2)?;
        if number <= max { Ok(number.into()) } else { Err(wrong) }
    }

    /// Takes `YYYY-MM-DD`.
    fn date(&mut self) -> Result<Date, FormError> {
        let year = self.number(4)?;
        self.one_of(b"-")?;
        let month = self.number(2)?;
        self.one_of(b"-")?;
        let day = self.number(2)?;
        let small = |number: u16| u8::try_from(number).unwrap_or_default();
        Date::new(year, small(month), small(day))
    }

    /// Takes `HH:MM:SS` and a fraction, if any; digits beyond milliseconds are dropped.
    fn time_ms(&mut self) -> Result<i64, FormError> {
        let hour = self.two(23)?;
        self.one_of(b":")?;
        let minute = self.two(59)?;
        self.one_of(b":")?;
        let second = self.two(60)?;
        let mut ms = 0;
        if self.one_of(b".").is_ok() {
            let start = self.at;
            let mut unit = 100;
            while let Ok(digit) = self.one_of(b"0123456789") {
                ms += i64::from(digit - b'0') * unit;
                unit /= 10;
            }
            if self.at == start {
                return Err(self.wrong());
            }
        }
        Ok(((hour * 60 + minute) * 60 + second) * 1000 + ms)
    }

    /// Takes `Z` or `+HH:MM` or `-HH:MM`.
    fn offset_ms(&mut self) -> Result<i64, FormError> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Ok(0),
        };
        let hour = self.two(23)?;
        self.one_of(b":")?;
        Ok(sign * (hour * 60 + self.two(59)?) * 60_000)
    }

    /// Nothing may follow.
    fn end(&self) -> Result<(), FormError> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn time(text: &str) -> String {
        text.parse::<Time>().unwrap().to_string()
    }

    #[test]
    fn writes_every_form_in_utc_with_milliseconds() {
        assert_eq!(time("2026-11-20T09:00:00.123Z"), "2026-11-20T09:00:00.123Z");
        assert_eq!(time("2026-11-20T10:00:00.123999+01:00"), "2026-11-20T09:00:00.123Z");
        assert_eq!(time("2026-11-20t00:30:00-03:30"), "2026-11-20T04:00:00.000Z");
        assert_eq!(time("1795190400"), "2026-11-20T16:00:00.000Z");
        assert_eq!(time("0"), "1970-01-01T00:00:00.000Z");
        assert_eq!(time("1969-12-31T23:59:60Z"), "1970-01-01T00:00:00.000Z");
        assert_eq!(time("2024-02-29T00:00:00.5z"), "2024-02-29T00:00:00.500Z");
    }

    #[test]
    fn moves_what_cannot_be_written_to_the_edge() {
        assert_eq!(time("999999999999"), "9999-12-31T23:59:59.999Z");
        assert_eq!(time("0000-01-01T00:00:00+01:00"), "0000-01-01T00:00:00.000Z");
    }

    #[test]
    fn refuses_what_is_neither_form() {
        for text in [
            "",
            "1795190400123",
            "-5",
            "+5",
            "2026-11-20",
            "2026-11-20T09:00:00",
            "2026-11-20 09:00:00Z",
            "2026-11-20T09:00Z",
            "2026-11-20T24:00:00Z",
            "2026-11-20T09:00:00.Z",
            "2026-11-20T09:00:00Z ",
            "2026-11-20T09:00:00+0100",
            "2026-02-29T09:00:00Z",
            "20261120T090000Z",
        ] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }

    #[test]
    fn knows_the_calendar() {
        assert_eq!("2027-02-28".parse::<Date>().unwrap().to_string(), "2027-02-28");
        for text in
            ["2027-02-29", "2027-13-01", "2027-00-01", "2027-04-31", "2027-1-1", "1900-02-29"]
        {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        assert_eq!("1970-01-02".parse::<Date>().unwrap().days(), 1);
    }

    proptest! {
        #[test]
        fn reads_back_what_it_wrote(unix_ms in Time::MIN.0..=Time::MAX.0) {
            let time = Time::from_unix_ms(unix_ms);
            prop_assert_eq!(time.to_string().parse(), Ok(time));
        }
    }
}
