//! What instructions make of their operands, and when a conditional jump is taken: what the processor's loop does that has no state.

/// The multiple of a power of two that is nearest to `value` towards 0, where `below` is one less than the power.
#[inline(always)]
pub(super) fn toward_zero(value: i64, below: i32) -> i64 {
    value.wrapping_add(value >> 63 & i64::from(below)) & !i64::from(below)
}

#[inline(always)]
pub(super) fn float(word: u64) -> f64 {
    f64::from_bits(word)
}

/// Whether a conditional jump is taken; nothing else is.
macro_rules! taken {
    (JumpIf, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $a != 0
    };
    (JumpIfNot, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $a == 0
    };
    (JumpEq, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $a == $b
    };
    (JumpNe, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $a != $b
    };
    (JumpLt, $i:ident, $a:expr, $b:expr, $c:expr) => {
        ($a as i64) < $b as i64
    };
    (JumpLe, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $a as i64 <= $b as i64
    };
    (JumpEqShort, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $a as i64 == $i.short()
    };
    (JumpNeShort, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $a as i64 != $i.short()
    };
    (JumpLtShort, $i:ident, $a:expr, $b:expr, $c:expr) => {
        ($a as i64) < $i.short()
    };
    (JumpLeShort, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $a as i64 <= $i.short()
    };
    (JumpGtShort, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $a as i64 > $i.short()
    };
    (JumpGeShort, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $a as i64 >= $i.short()
    };
    (JumpLtFloat, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $crate::vm::operation::float($a) < $crate::vm::operation::float($b)
    };
    (JumpLeFloat, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $crate::vm::operation::float($a) <= $crate::vm::operation::float($b)
    };
    ($other:ident, $i:ident, $a:expr, $b:expr, $c:expr) => {
        false
    };
}

/// Gives a macro what an instruction writes to its register; nothing where it is a conditional jump.
macro_rules! value {
    ($put:ident, Move, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $put!($i, $b)
    };
    ($put:ident, LoadInt, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $put!($i, $i.imm as i64 as u64)
    };
    ($put:ident, AddInt, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $put!($i, $b.wrapping_add($c))
    };
    ($put:ident, MulInt, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $put!($i, $b.wrapping_mul($c))
    };
    ($put:ident, XorInt, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $put!($i, $b ^ $c)
    };
    ($put:ident, AddImm, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $put!($i, $b.wrapping_add($i.imm as i64 as u64))
    };
    ($put:ident, MulImm, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $put!($i, $b.wrapping_mul($i.imm as i64 as u64))
    };
    ($put:ident, DivPower, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $put!($i, ($crate::vm::operation::toward_zero($b as i64, $i.imm) >> ($i.c & 63)) as u64)
    };
    ($put:ident, RemPower, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $put!($i, ($b as i64).wrapping_sub($crate::vm::operation::toward_zero($b as i64, $i.imm)) as u64)
    };
    ($put:ident, AndImm, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $put!($i, $b & $i.imm as i64 as u64)
    };
    ($put:ident, AddFloat, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $put!($i, ($crate::vm::operation::float($b) + $crate::vm::operation::float($c)).to_bits())
    };
    ($put:ident, SubFloat, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $put!($i, ($crate::vm::operation::float($b) - $crate::vm::operation::float($c)).to_bits())
    };
    ($put:ident, MulFloat, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $put!($i, ($crate::vm::operation::float($b) * $crate::vm::operation::float($c)).to_bits())
    };
    ($put:ident, DivFloat, $i:ident, $a:expr, $b:expr, $c:expr) => {
        $put!($i, ($crate::vm::operation::float($b) / $crate::vm::operation::float($c)).to_bits())
    };
    ($put:ident, $jump:ident, $i:ident, $a:expr, $b:expr, $c:expr) => {};
}

pub(super) use {taken, value};

#[cfg(test)]
mod tests {
    use super::toward_zero;

    #[test]
    fn powers_of_two_divide_as_all_others_do() {
        for divisor in [1_i64, 2, 4, 1024, 1 << 30] {
            for value in [0, 1, -1, 2, -2, 3, -3, 4095, -4096, -4097, i64::MAX, i64::MIN, i64::MIN + 1] {
                let multiple = toward_zero(value, (divisor - 1) as i32);
                assert_eq!(multiple >> divisor.trailing_zeros(), value / divisor, "{value} / {divisor}");
                assert_eq!(value.wrapping_sub(multiple), value % divisor, "{value} % {divisor}");
            }
        }
    }
}
