//! What the arithmetic needs from an instruction set.

/// Elements in a pack.
pub const LANES: usize = 16;
/// One coefficient of the 16 elements of a pack, or 16 base-field elements.
pub type Plane = [u32; LANES];
/// 16 extension elements: plane `i` holds coefficient `i` of each, as Montgomery words.
pub type Pack = [Plane; 6];
/// A pack of zeros.
pub const ZERO_PACK: Pack = [[0; LANES]; 6];

/// Memory that starts at a cache line, so that no register's worth of it straddles two.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Aligned<T>(pub T);

/// A register of 32-bit words; products of words are 64 bits wide, so they come in two halves, of even and odd lanes.
///
/// Words are canonical (below the modulus) unless a function says otherwise. *Centred* words are signed, from
/// `-(p-1)/2` to `(p-1)/2`: six products of centred words add up without leaving 63 bits.
pub trait Lanes: Copy {
    /// Registers that make up one plane.
    const PARTS: usize;
    /// A register of 64-bit words, half as many. As an operand of a product only the low 32 bits of each count.
    type Half: Copy;

    /// Reads part `part` of a plane.
    fn load(plane: &Plane, part: usize) -> Self;
    /// Writes part `part` of a plane.
    fn store(self, plane: &mut Plane, part: usize);
    /// The same word in every lane.
    fn splat(word: u32) -> Self;
    /// `self + other` modulo `p`.
    fn add(self, other: Self) -> Self;
    /// `self - other` modulo `p`.
    fn sub(self, other: Self) -> Self;
    /// The centred words of the same elements.
    fn centre(self) -> Self;

    /// The even lanes as operands.
    fn even(self) -> Self::Half;
    /// The odd lanes as operands.
    fn odd(self) -> Self::Half;
    /// `load(plane, part).even()` or, for `ODD`, `.odd()`, where that is cheaper from memory.
    fn load_half<const ODD: bool>(plane: &Plane, part: usize) -> Self::Half;
    /// Zeros.
    fn zero_half() -> Self::Half;
    /// Products of the low 32 bits as unsigned words.
    fn mul_unsigned(a: Self::Half, b: Self::Half) -> Self::Half;
    /// Products of the low 32 bits as signed words.
    fn mul_signed(a: Self::Half, b: Self::Half) -> Self::Half;
    /// `a + b` modulo `2^64`.
    fn add_half(a: Self::Half, b: Self::Half) -> Self::Half;
    /// `a - b` modulo `2^64`.
    fn sub_half(a: Self::Half, b: Self::Half) -> Self::Half;
    /// The upper 32 bits of each 64-bit word.
    fn high(a: Self::Half) -> Self::Half;
    /// The sum of the 64-bit words modulo `2^64`.
    fn sum_half(a: Self::Half) -> u64;

    /// Splits 32 consecutive values into those whose index has the bit `log_stride` clear and those where it is set.
    ///
    /// Invariant: `log_stride < 4`.
    #[inline(always)]
    fn separate(planes: [&Plane; 2], log_stride: usize, low: &mut Plane, high: &mut Plane) {
        let stride = 1 << log_stride;
        let word = |index: usize| planes[index / LANES][index % LANES];
        for lane in 0..LANES {
            let index = ((lane >> log_stride) << (log_stride + 1)) + lane % stride;
            low[lane] = word(index);
            high[lane] = word(index + stride);
        }
    }

    /// Montgomery reduction of signed 64-bit words `x` to `x / 2^32 mod p`.
    ///
    /// Invariant: `|x| <= 6 ((p-1)/2)^2`, which is what six products of centred words reach. Then the upper half of `x`
    /// lies in `(-p, p)`, adding `p` where it is negative makes it canonical, and subtracting the upper half of
    /// `(x / p mod 2^32) p`, also canonical, leaves the result up to one more `p`.
    fn reduce(even: Self::Half, odd: Self::Half) -> Self;
}
