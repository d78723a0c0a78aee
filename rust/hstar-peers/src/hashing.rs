//! Counterparts of the hashing, transform and commitment kernels: Plonky3's, and those of the BLAKE2b crates.

use std::hint::black_box;

use blake2b_simd::many::{HashManyJob, hash_many};
use hstar_kernels::{poseidon2, threads};
use p3_commit::Mmcs;
use p3_dft::{Radix2DFTSmallBatch, Radix2DitParallel, TwoAdicSubgroupDft};
use p3_field::{Field, PackedValue, PrimeCharacteristicRing};
use p3_koala_bear::{KoalaBear, Poseidon2KoalaBear, default_koalabear_poseidon2_24};
use p3_matrix::Matrix;
use p3_matrix::dense::{RowMajorMatrix, RowMajorMatrixView};
use p3_merkle_tree::MerkleTreeMmcs;
use p3_symmetric::{CryptographicHasher, PaddingFreeSponge, Permutation, TruncatedPermutation};
use rayon::prelude::*;

type Packed = <KoalaBear as Field>::Packing;
type Hash = PaddingFreeSponge<Poseidon2KoalaBear<24>, 24, 15, 9>;
type Compress = TruncatedPermutation<Poseidon2KoalaBear<24>, 2, 9, 24>;
type Tree = MerkleTreeMmcs<Packed, Packed, Hash, Compress, 2, 9>;

/// Permutations in one repetition of the loops.
pub const PERMUTATIONS: usize = 16 * Packed::WIDTH;

fn element(index: usize) -> KoalaBear {
    KoalaBear::new(((index as u64 + 1) * 0x9E37_79B1 % u64::from(hstar_field::MODULUS)) as u32)
}

fn permutations(repetitions: usize, permute: impl Fn(&mut [Packed; 24]) + Sync) {
    threads::in_pool(|| {
        rayon::broadcast(|_| {
            let mut state: [Packed; 24] =
                core::array::from_fn(|i| Packed::from_fn(|lane| element(24 * lane + i)));
            for _ in 0..repetitions * PERMUTATIONS / Packed::WIDTH {
                permute(black_box(&mut state));
            }
        });
    });
}

/// Our permutation, over and over.
pub fn own_permutations(repetitions: usize) {
    permutations(repetitions, poseidon2::permute);
}

/// Plonky3's permutation, over and over.
pub fn plonky3_permutations(repetitions: usize) {
    let permutation = default_koalabear_poseidon2_24();
    permutations(repetitions, |state| permutation.permute_mut(state));
}

/// A row-major matrix that Plonky3 transforms, hashes and commits to.
pub struct Plonky3Matrix {
    values: Vec<KoalaBear>,
    width: usize,
    tree: Tree,
    hash: Hash,
    small_batch: Radix2DFTSmallBatch<KoalaBear>,
    parallel: Radix2DitParallel<KoalaBear>,
    codeword: Vec<KoalaBear>,
}

impl Plonky3Matrix {
    /// `height` rows of `width` elements.
    #[must_use]
    pub fn new(height: usize, width: usize) -> Self {
        let permutation = default_koalabear_poseidon2_24();
        let hash = Hash::new(permutation.clone());
        Self {
            values: (0..height * width).map(element).collect(),
            width,
            tree: Tree::new(hash.clone(), Compress::new(permutation), 0),
            hash,
            small_batch: Radix2DFTSmallBatch::default(),
            parallel: Radix2DitParallel::default(),
            codeword: Vec::new(),
        }
    }

    fn view(&self) -> RowMajorMatrixView<'_, KoalaBear> {
        RowMajorMatrixView::new(&self.values, self.width)
    }

    /// Hashes every row with the padding-free sponge of rate 15, as the first layer of its tree is.
    pub fn hash_rows(&self) {
        let rows = self.view();
        threads::in_pool(|| {
            (0..rows.height() / Packed::WIDTH)
                .into_par_iter()
                .for_each(|pack| {
                    let row = rows.vertically_packed_row::<Packed>(pack * Packed::WIDTH);
                    let digest: [Packed; 9] = self.hash.hash_iter(row);
                    let _ = black_box(digest);
                });
        });
    }

    /// Builds the Merkle tree.
    pub fn commit(&self) {
        threads::in_pool(|| {
            black_box(self.tree.commit(vec![self.view()]));
        });
    }

    /// Transforms the columns in place with the algorithm for small batches, into natural order.
    pub fn transform_small_batch(&mut self) {
        let matrix = RowMajorMatrix::new(core::mem::take(&mut self.values), self.width);
        self.values = threads::in_pool(|| self.small_batch.dft_batch(matrix).values);
    }

    /// Transforms the columns in place with the parallel algorithm, into bit-reversed order.
    pub fn transform_parallel(&mut self) {
        let matrix = RowMajorMatrix::new(core::mem::take(&mut self.values), self.width);
        self.values = threads::in_pool(|| self.parallel.dft_batch(matrix).inner.values);
    }

    /// Encodes the columns at rate 1/2, in a buffer that is kept, and commits to the codeword.
    pub fn encode_and_commit(&mut self) {
        let mut padded = core::mem::take(&mut self.codeword);
        threads::in_pool(|| {
            padded.resize(2 * self.values.len(), KoalaBear::ZERO);
            let (message, padding) = padded.split_at_mut(self.values.len());
            message
                .par_chunks_mut(1 << 14)
                .zip(self.values.par_chunks(1 << 14))
                .for_each(|(to, from)| to.copy_from_slice(from));
            padding
                .par_chunks_mut(1 << 14)
                .for_each(|part| part.fill(KoalaBear::ZERO));
            let matrix = RowMajorMatrix::new(padded, self.width);
            self.codeword = self.small_batch.dft_batch(matrix).values;
            let codeword = RowMajorMatrixView::new(&self.codeword, self.width);
            black_box(self.tree.commit(vec![codeword]));
        });
    }
}

/// Messages of one length, one after the other, that the crate `blake2b_simd` hashes several at a time.
pub struct Blake2bMessages {
    bytes: Vec<u8>,
    length: usize,
    parameters: blake2b_simd::Params,
}

impl Blake2bMessages {
    /// `count` messages of `length` bytes, hashed to 33 bytes with a `person` field.
    #[must_use]
    pub fn new(count: usize, length: usize) -> Self {
        let mut parameters = blake2b_simd::Params::new();
        parameters.hash_length(33).personal(b"hstar leaf");
        Self {
            bytes: (0..count * length).map(|i| (i * 151) as u8).collect(),
            length,
            parameters,
        }
    }

    /// Hashes all of them.
    pub fn hash_many(&self) {
        const MESSAGES_PER_TASK: usize = 128;
        threads::in_pool(|| {
            self.bytes
                .par_chunks(self.length * MESSAGES_PER_TASK)
                .for_each(|messages| {
                    let mut jobs: Vec<_> = messages
                        .chunks_exact(self.length)
                        .map(|message| HashManyJob::new(&self.parameters, message))
                        .collect();
                    hash_many(&mut jobs);
                    for job in &jobs {
                        black_box(job.to_hash());
                    }
                });
        });
    }
}
