/* keccak256 on the machine's keccak-f call; SHA-256 (FIPS 180-4), RIPEMD-160 and BLAKE2b's F (RFC 7693) in software. */
#include "hstar_layout.h"
#include "zkvm_accelerators.h"

void *memcpy(void *, const void *, size_t);
void *memset(void *, int, size_t);

static inline void keccak_f1600(uint64_t *state) {
  register uint64_t *a0 __asm__("a0") = state;
  register long a7 __asm__("a7") = HSTAR_SYSCALL_KECCAK_F1600;
  __asm__ volatile("ecall" : : "r"(a0), "r"(a7) : "memory");
}

typedef uint64_t __attribute__((aligned(1), may_alias)) any_u64;
typedef uint32_t __attribute__((aligned(1), may_alias)) any_u32;

#define KECCAK_RATE 136

/* No calls of memcpy and memset here: most messages are shorter than two blocks, and the calls would cost as much as
 * the rest. */
__attribute__((no_builtin("memcpy", "memset"))) zkvm_status zkvm_keccak256(const uint8_t *data, size_t len,
                                                                           zkvm_keccak256_hash *output) {
  uint64_t state[25];
  for (int i = 0; i < 25; i++) state[i] = 0;
  for (; len >= KECCAK_RATE; data += KECCAK_RATE, len -= KECCAK_RATE) {
#pragma clang loop unroll(full)
    for (int i = 0; i < KECCAK_RATE / 8; i++) state[i] ^= ((const any_u64 *)data)[i];
    keccak_f1600(state);
  }
  uint64_t *lane = state, last = 0x01;
#pragma clang loop unroll_count(4)
  for (; len >= 8; data += 8, len -= 8) *lane++ ^= *(const any_u64 *)data;
  for (size_t i = len; i > 0; i--) last = last << 8 | data[i - 1];
  *lane ^= last;
  state[KECCAK_RATE / 8 - 1] ^= 1ul << 63;
  keccak_f1600(state);
  for (int i = 0; i < 4; i++) ((uint64_t *)output->data)[i] = state[i];
  return ZKVM_EOK;
}

static inline uint32_t rotate_left(uint32_t x, int n) { return x << n | x >> (32 - n); }
static inline uint32_t swap(uint32_t x) { return x >> 24 | (x >> 8 & 0xff00) | (x << 8 & 0xff0000) | x << 24; }

static const uint32_t SHA256_ROUND[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* The machine has no rotations. A 32-bit word written twice into 64 bits turns each into one shift; the upper half of
 * the result is of no meaning, and everything that follows looks at the lower half only. */
static inline uint64_t twice(uint32_t x) { return x | (uint64_t)x << 32; }

static inline uint32_t sha256_sum(uint32_t x, int i, int j, int k) {
  uint64_t t = twice(x);
  return (uint32_t)(t >> i ^ t >> j ^ t >> k);
}

static inline uint32_t sha256_mix(uint32_t x, int i, int j, int shift) {
  uint64_t t = twice(x);
  return (uint32_t)(t >> i ^ t >> j) ^ x >> shift;
}

/* One round, with the names of the eight words shifted instead of their values. `majority` of a, b, c is
 * b ^ ((a ^ b) & (b ^ c)), and a ^ b serves the next round again. */
#define SHA256_STEP(a, b, c, d, e, f, g, h, i)                                    \
  do {                                                                            \
    uint32_t t = (h) + sha256_sum(e, 6, 11, 25) + ((g) ^ ((e) & ((f) ^ (g))));    \
    t += with_constants ? w[i] : w[i] + SHA256_ROUND[i];                          \
    uint32_t ab = (a) ^ (b);                                                      \
    (d) += t;                                                                     \
    (h) = t + sha256_sum(a, 2, 13, 22) + ((b) ^ (ab & bc));                       \
    bc = ab;                                                                      \
  } while (0)

static void sha256_schedule(uint32_t w[64], const uint8_t *block) {
  for (int i = 0; i < 16; i++) w[i] = swap(((const any_u32 *)block)[i]);
  for (int i = 16; i < 64; i++)
    w[i] = w[i - 16] + sha256_mix(w[i - 15], 7, 18, 3) + w[i - 7] + sha256_mix(w[i - 2], 17, 19, 10);
}

/* `with_constants` says that the schedule holds the sums with the rounds' constants. */
static inline __attribute__((always_inline)) void sha256_rounds(uint32_t state[8], const uint32_t w[64],
                                                                bool with_constants) {
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7], bc = b ^ c;
  for (int i = 0; i < 64; i += 8) {
    SHA256_STEP(a, b, c, d, e, f, g, h, i);
    SHA256_STEP(h, a, b, c, d, e, f, g, i + 1);
    SHA256_STEP(g, h, a, b, c, d, e, f, i + 2);
    SHA256_STEP(f, g, h, a, b, c, d, e, i + 3);
    SHA256_STEP(e, f, g, h, a, b, c, d, i + 4);
    SHA256_STEP(d, e, f, g, h, a, b, c, i + 5);
    SHA256_STEP(c, d, e, f, g, h, a, b, i + 6);
    SHA256_STEP(b, c, d, e, f, g, h, a, i + 7);
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static void sha256_block(uint32_t state[8], const uint8_t *block) {
  uint32_t w[64];
  sha256_schedule(w, block);
  sha256_rounds(state, w, false);
}

/* Calls `compress` on the padded message: 0x80, zeros, the length in bits in 8 bytes of the given order. */
static void merkle_damgard(void (*compress)(uint32_t *, const uint8_t *), uint32_t *h, const uint8_t *data, size_t len,
                           bool big_endian) {
  size_t rest = len;
  for (; rest >= 64; data += 64, rest -= 64) compress(h, data);
  uint8_t last[128] = {0};
  memcpy(last, data, rest);
  last[rest] = 0x80;
  size_t end = rest < 56 ? 64 : 128;
  for (int i = 0; i < 8; i++) last[end - 8 + i] = (uint8_t)((uint64_t)len * 8 >> (big_endian ? 56 - 8 * i : 8 * i));
  for (size_t at = 0; at < end; at += 64) compress(h, last + at);
}

zkvm_status zkvm_sha256(const uint8_t *data, size_t len, zkvm_sha256_hash *output) {
  uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  if (len == 64) { /* nodes of hash trees: the padding is a block of its own, always the same one */
    static uint32_t padding[64];
    if (padding[0] == 0) {
      sha256_schedule(padding, (const uint8_t[64]){[0] = 0x80, [62] = 0x02});
      for (int i = 0; i < 64; i++) padding[i] += SHA256_ROUND[i];
    }
    sha256_block(h, data);
    sha256_rounds(h, padding, true);
  } else {
    merkle_damgard(sha256_block, h, data, len, true);
  }
  for (int i = 0; i < 8; i++) ((any_u32 *)output->data)[i] = swap(h[i]);
  return ZKVM_EOK;
}

static const uint8_t RIPEMD_WORD[2][80] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8,
     3, 10, 14, 4, 9, 15, 8, 1, 2, 7, 0, 6, 13, 11, 5, 12, 1, 9, 11, 10, 0, 8, 12, 4, 13, 3, 7, 15, 14, 5, 6, 2,
     4, 0, 5, 9, 7, 12, 2, 10, 14, 1, 3, 8, 11, 6, 15, 13},
    {5, 14, 7, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12, 6, 11, 3, 7, 0, 13, 5, 10, 14, 15, 8, 12, 4, 9, 1, 2,
     15, 5, 1, 3, 7, 14, 6, 9, 11, 8, 12, 2, 10, 0, 4, 13, 8, 6, 4, 1, 3, 11, 15, 0, 5, 12, 2, 13, 9, 7, 10, 14,
     12, 15, 10, 4, 1, 5, 8, 7, 6, 2, 13, 14, 0, 3, 9, 11}};
static const uint8_t RIPEMD_SHIFT[2][80] = {
    {11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8, 7, 6, 8, 13, 11, 9, 7, 15, 7, 12, 15, 9, 11, 7, 13, 12,
     11, 13, 6, 7, 14, 9, 13, 15, 14, 8, 13, 6, 5, 12, 7, 5, 11, 12, 14, 15, 14, 15, 9, 8, 9, 14, 5, 6, 8, 6, 5, 12,
     9, 15, 5, 11, 6, 8, 13, 12, 5, 12, 13, 14, 11, 8, 5, 6},
    {8, 9, 9, 11, 13, 15, 15, 5, 7, 7, 8, 11, 14, 14, 12, 6, 9, 13, 15, 7, 12, 8, 9, 11, 7, 7, 12, 7, 6, 15, 13, 11,
     9, 7, 15, 11, 8, 6, 6, 14, 12, 13, 5, 14, 13, 13, 7, 5, 15, 5, 8, 11, 14, 14, 6, 14, 6, 9, 12, 9, 12, 5, 15, 8,
     8, 5, 12, 9, 12, 5, 14, 6, 8, 13, 6, 5, 15, 13, 11, 11}};
static const uint32_t RIPEMD_CONSTANT[2][5] = {{0, 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xa953fd4e},
                                               {0x50a28be6, 0x5c4dd124, 0x6d703ef3, 0x7a6d76e9, 0}};

static uint32_t ripemd_mix(int round, uint32_t x, uint32_t y, uint32_t z) {
  switch (round) {
    case 0: return x ^ y ^ z;
    case 1: return (x & y) | (~x & z);
    case 2: return (x | ~y) ^ z;
    case 3: return (x & z) | (y & ~z);
    default: return x ^ (y | ~z);
  }
}

static void ripemd_block(uint32_t h[5], const uint8_t *block) {
  uint32_t line[2][5];
  for (int side = 0; side < 2; side++) {
    uint32_t *s = line[side];
    for (int i = 0; i < 5; i++) s[i] = h[i];
    for (int j = 0; j < 80; j++) {
      int round = j / 16;
      uint32_t t = s[0] + ripemd_mix(side == 0 ? round : 4 - round, s[1], s[2], s[3]);
      t += ((const any_u32 *)block)[RIPEMD_WORD[side][j]] + RIPEMD_CONSTANT[side][round];
      t = rotate_left(t, RIPEMD_SHIFT[side][j]) + s[4];
      s[0] = s[4], s[4] = s[3], s[3] = rotate_left(s[2], 10), s[2] = s[1], s[1] = t;
    }
  }
  uint32_t t = h[1] + line[0][2] + line[1][3];
  h[1] = h[2] + line[0][3] + line[1][4];
  h[2] = h[3] + line[0][4] + line[1][0];
  h[3] = h[4] + line[0][0] + line[1][1];
  h[4] = h[0] + line[0][1] + line[1][2];
  h[0] = t;
}

zkvm_status zkvm_ripemd160(const uint8_t *data, size_t len, zkvm_ripemd160_hash *output) {
  uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  merkle_damgard(ripemd_block, h, data, len, false);
  memset(output->data, 0, 12);
  memcpy(output->data + 12, h, 20);
  return ZKVM_EOK;
}

static const uint8_t BLAKE2_SIGMA[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};
static const uint64_t BLAKE2_IV[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                      0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

static inline uint64_t rotate64(uint64_t x, int n) { return x >> n | x << (64 - n); }

static inline void blake2_quarter(uint64_t *v, int a, int b, int c, int d, uint64_t x, uint64_t y) {
  v[a] += v[b] + x, v[d] = rotate64(v[d] ^ v[a], 32);
  v[c] += v[d], v[b] = rotate64(v[b] ^ v[c], 24);
  v[a] += v[b] + y, v[d] = rotate64(v[d] ^ v[a], 16);
  v[c] += v[d], v[b] = rotate64(v[b] ^ v[c], 63);
}

zkvm_status zkvm_blake2f(uint32_t rounds, zkvm_blake2f_state *h, const zkvm_blake2f_message *m,
                         const zkvm_blake2f_offset *t, uint8_t f) {
  if (f > 1) return ZKVM_EFAIL;
  uint64_t v[16], *state = (uint64_t *)h->data;
  const uint64_t *words = (const uint64_t *)m->data, *offset = (const uint64_t *)t->data;
  for (int i = 0; i < 8; i++) v[i] = state[i], v[i + 8] = BLAKE2_IV[i];
  v[12] ^= offset[0], v[13] ^= offset[1];
  if (f) v[14] = ~v[14];
  for (uint32_t round = 0; round < rounds; round++) {
    const uint8_t *s = BLAKE2_SIGMA[round % 10];
    for (int i = 0; i < 4; i++) blake2_quarter(v, i, i + 4, i + 8, i + 12, words[s[2 * i]], words[s[2 * i + 1]]);
    for (int i = 0; i < 4; i++)
      blake2_quarter(v, i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12, words[s[2 * i + 8]], words[s[2 * i + 9]]);
  }
  for (int i = 0; i < 8; i++) state[i] ^= v[i] ^ v[i + 8];
  return ZKVM_EOK;
}
