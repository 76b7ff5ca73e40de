//! Counts the steps of the rules while they are tested: that they take time in proportion to what they read is not left
//! to a clock.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// One more character was looked at.
#[cfg(test)]
pub(super) fn step() {
    STEPS.with(|steps| steps.set(steps.get() + 1));
}

/// One more character was looked at.
#[cfg(not(test))]
#[inline]
pub(super) fn step() {}

/// How many steps something takes.
#[cfg(test)]
pub(super) fn counted<T>(run: impl FnOnce() -> T) -> (T, u64) {
    STEPS.with(|steps| steps.set(0));
    let result = run();
    (result, STEPS.with(std::cell::Cell::get))
}
