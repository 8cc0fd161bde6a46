//! The status word that wait gives, encoded as on Linux (wait(2), EXIT-02).

use super::Signal;

/// What wait tells of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Status(pub u32);

impl Status {
    /// The child ended with this code, of which the low 8 bits are kept.
    pub fn exited(code: i64) -> Self {
        Status((code as u32 & 0xff) << 8)
    }

    /// A signal killed the child.
    pub fn killed(signal: Signal) -> Self {
        Status(u32::from(signal.number()))
    }

    /// A signal stopped the child.
    pub fn stopped(signal: Signal) -> Self {
        Status(u32::from(signal.number()) << 8 | 0x7f)
    }

    /// The child was continued.
    pub fn continued() -> Self {
        Status(0xffff)
    }

    /// WIFEXITED
    pub fn is_exited(self) -> bool {
        self.0 & 0x7f == 0
    }

    /// WEXITSTATUS
    pub fn exit_code(self) -> i64 {
        i64::from(self.0 >> 8 & 0xff)
    }

    /// WIFSIGNALED
    pub fn is_signaled(self) -> bool {
        !self.is_exited() && !self.is_stopped() && !self.is_continued()
    }

    /// WTERMSIG
    pub fn term_signal(self) -> i64 {
        i64::from(self.0 & 0x7f)
    }

    /// WIFSTOPPED
    pub fn is_stopped(self) -> bool {
        self.0 & 0xff == 0x7f
    }

    /// WSTOPSIG
    pub fn stop_signal(self) -> i64 {
        self.exit_code()
    }

    /// WIFCONTINUED
    pub fn is_continued(self) -> bool {
        self.0 == 0xffff
    }

    /// The status a shell shows: the exit code, or 128 + n for a signal.
    pub fn shell(self) -> u8 {
        if self.is_exited() { self.exit_code() as u8 } else { (128 + self.term_signal()) as u8 }
    }
}
