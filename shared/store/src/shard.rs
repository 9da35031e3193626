//! Spreading lists over several index partitions, so that no single one takes all writes.

/// How many partitions a list is spread over. Raising it is safe: readers ask all of them.
pub(crate) const SHARDS: u32 = 4;

/// The partition of an id, the same in every release (FNV-1a).
pub(crate) fn shard_of(id: &str) -> u32 {
    let hash = id.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_spread_over_all_shards_and_stay_where_they_are() {
        let mut seen = [0_u32; SHARDS as usize];
        for n in 0..400 {
            seen[shard_of(&format!("wxm/resposta-{n}")) as usize] += 1;
        }
        assert!(seen.iter().all(|count| *count > 50), "{seen:?}");
        assert_eq!(shard_of("wxm/52c7d343"), shard_of("wxm/52c7d343"));
    }
}
