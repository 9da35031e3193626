//! Numbers that alarms watch.

/// Says how much there is of something now. A role that cannot fail: nothing waits for it.
pub trait Gauges: Send + Sync {
    /// Days until what a secret holds stops working; negative when it has. Below a threshold, an alarm rings.
    fn secret_days_left(&self, secret: &str, days: i64);
}
