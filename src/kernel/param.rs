//! Every limit of the simulated system, with its reason. Options change some of them per run.

/// The id of init.
pub const INIT: u32 = 1;
/// The id of the script's process.
pub const SCRIPT: u32 = 2;
/// Numbers run to here before they wrap: `kernel.pid_max` of 64-bit Linux.
pub const PID_MAX: u32 = 4_194_304;
/// Instructions in a quantum: short enough that two loops of a student's program visibly share the processor.
pub const QUANTUM: u64 = 1000;
/// RLIMIT_NPROC: live processes and zombies, init not counted.
pub const MAX_PROCESSES: u64 = 4096;
/// RLIMIT_NOFILE, as on Linux.
pub const MAX_FILES: u64 = 1024;
/// RLIMIT_STACK in bytes: 8 MB, as on Linux.
pub const STACK: u64 = 8 << 20;
/// RLIMIT_DATA in bytes: enough for what a script does, small enough that a runaway one is stopped early.
pub const HEAP: u64 = 256 << 20;
/// The memory of the whole machine: 2 GB, what a script may take of the host's memory.
pub const MEMORY: u64 = 2 << 30;
/// A page of a pipe, and the largest write that is never torn (PIPE_BUF).
pub const PIPE_PAGE: usize = 4096;
/// The pages of a pipe: 16, together 65536 bytes, as on Linux (pipe(7)).
pub const PIPE_PAGES: usize = 16;
/// Pages of all pipes together, after which a new pipe gets only [`PIPE_FEW_PAGES`] (pipe-user-pages-soft in pipe(7)).
pub const PIPE_USER_PAGES: usize = 16_384;
/// The pages of a pipe made past that.
pub const PIPE_FEW_PAGES: usize = 2;
/// Open file descriptions in the whole system, then ENFILE: what a script may take of the host's memory.
pub const SYSTEM_FILES: usize = 65_536;
/// stdio's buffer where fd 1 is not a terminal.
pub const STDIO_BUFFER: usize = 4096;
/// mq_overview(7): msg_max for an ordinary user.
pub const MQ_MAX_MESSAGES: i64 = 10;
/// mq_overview(7): msgsize_max for an ordinary user.
pub const MQ_MAX_SIZE: i64 = 8192;
/// mq_overview(7): queues_max.
pub const MQ_QUEUES: usize = 256;
/// RLIMIT_MSGQUEUE in bytes.
pub const MQ_BYTES: u64 = 819_200;
/// The largest priority (MQ_PRIO_MAX - 1).
pub const MQ_PRIORITY: i64 = 32767;
/// The longest queue name after its slash (NAME_MAX).
pub const NAME_MAX: usize = 255;
/// The longest path, its zero byte included (PATH_MAX).
pub const PATH_MAX: usize = 4096;
/// The longest a file gets, then EFBIG; what lies beside the script and is longer cannot be opened.
pub const FILE_BYTES: u64 = 64 << 20;
/// All files in memory together, then ENOSPC: what a script may take of the host's memory.
pub const FILES_BYTES: u64 = 128 << 20;
/// Files, directories and named pipes in memory, then ENOSPC.
pub const FILES_COUNT: usize = 65_536;
/// The most bytes one read gives, and the longest line: what one call may take of the host's memory (Linux: 0x7ffff000).
pub const IO_MAX: usize = 1 << 26;
/// The most room that a list of bytes may have which is kept to be used again.
pub const SPARE_BYTES: usize = 1 << 14;
/// All strings of argv and the environment together (ARG_MAX of Linux: a quarter of the stack limit, 2 MB).
pub const ARG_MAX: usize = 2 << 20;
/// Ended processes, and lists of bytes, whose places in the host's memory are kept for the next ones.
pub const SPARES: usize = 64;
/// Seconds since 1970 at which the virtual clock starts: 2026-01-01 00:00:00 UTC.
pub const EPOCH: u64 = 1_767_225_600;
