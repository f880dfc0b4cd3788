//! The last AUTH of a box as the spool keeps it beside the report row.

use protocol::DeviceId;
use report::Mark;

use crate::judge::Last;

const VERSION: u8 = 1;

/// Writes a mark.
///
/// # Format
/// `[0x01][8-byte counter][12-byte nonce][8-byte Unix ms][4-byte lease][4-byte spread][result]`,
/// integers big-endian, the result as its word. So the mark of the greater counter is the greater
/// one, which the spool keeps: two AUTHs at once may reach it in either order.
pub(crate) fn write(device: DeviceId, last: &Last) -> Mark {
    let mut value = vec![VERSION];
    value.extend(last.counter.to_be_bytes());
    value.extend(last.nonce);
    value.extend(last.seen_ms.to_be_bytes());
    value.extend(last.lease_s.to_be_bytes());
    value.extend(last.spread_s.to_be_bytes());
    value.extend(last.outcome.as_str().as_bytes());
    Mark { key: *device.as_bytes(), value }
}

/// Reads a mark; `None` where another version wrote it.
pub(crate) fn read(mark: &Mark) -> Option<(DeviceId, Last)> {
    let (&[VERSION], rest) = mark.value.split_first_chunk()? else { return None };
    let (counter, rest) = rest.split_first_chunk()?;
    let (nonce, rest) = rest.split_first_chunk()?;
    let (seen_ms, rest) = rest.split_first_chunk()?;
    let (lease_s, rest) = rest.split_first_chunk()?;
    let (spread_s, word) = rest.split_first_chunk()?;
    let last = Last {
        counter: u64::from_be_bytes(*counter),
        nonce: *nonce,
        seen_ms: i64::from_be_bytes(*seen_ms),
        outcome: str::from_utf8(word).ok()?.parse().ok()?,
        lease_s: u32::from_be_bytes(*lease_s),
        spread_s: u32::from_be_bytes(*spread_s),
    };
    Some((DeviceId::from_bytes(mark.key), last))
}

#[cfg(test)]
mod tests {
    use protocol::Outcome;

    use super::*;

    #[test]
    fn the_mark_of_the_greater_counter_is_the_greater_one() {
        let (device, outcome) = (DeviceId::from_bytes([3; 16]), Outcome::Ok);
        let value = |counter, nonce| {
            let last = Last { counter, nonce, seen_ms: 0, outcome, lease_s: 0, spread_s: 0 };
            write(device, &last).value
        };
        assert!(value(255, [9; 12]) < value(256, [0; 12]));
        assert!(value(u64::from(u32::MAX), [9; 12]) < value(1_795_190_400_000, [0; 12]));
    }

    #[test]
    fn reads_what_it_wrote_and_nothing_else() {
        let device = DeviceId::from_bytes([3; 16]);
        let (outcome, nonce) = (Outcome::NotActivated, [9; 12]);
        let last = Last { counter: 42, nonce, seen_ms: 17, outcome, lease_s: 1, spread_s: 2 };
        let mark = write(device, &last);
        assert_eq!(read(&mark), Some((device, last)));
        for end in 0..mark.value.len() {
            let cut = Mark { value: mark.value[..end].to_vec(), ..mark };
            assert_eq!(read(&cut), None, "{end}");
        }
        let mut newer = mark;
        newer.value[0] = 2;
        assert_eq!(read(&newer), None);
    }
}
