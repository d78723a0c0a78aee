/* Modular exponentiation of any lengths (EIP-198), in software: four bits of the exponent at a time, odd moduli in
 * Montgomery form over 64-bit words, even ones with Knuth's division over their 32-bit halves. */
#include "zkvm_accelerators.h"

void *memset(void *, int, size_t);
void *memcpy(void *, const void *, size_t);

#define MAX_BYTES (1u << 21) /* workspace lies on the stack: some 23 operands; longer ones are refused */
#define DIGITS 16

typedef uint32_t limb __attribute__((may_alias));
typedef uint64_t word;
typedef unsigned __int128 two_words;

static void from_bytes(limb *out, size_t limbs, const uint8_t *bytes, size_t len) {
  memset(out, 0, limbs * sizeof(limb));
  for (size_t i = 0; i < len; i++) out[i / 4] |= (limb)bytes[len - 1 - i] << 8 * (i % 4);
}

static size_t length(const limb *x, size_t n) {
  while (n != 0 && x[n - 1] == 0) n--;
  return n;
}

/* x mod m in place; x has n limbs and one spare above, m has k significant limbs (Knuth, TAOCP 4.3.1, algorithm D).
 * `shifted` has room for k limbs. */
static void reduce(limb *x, size_t n, const limb *m, size_t k, limb *shifted) {
  if (k == 1) {
    uint64_t rest = 0;
    for (size_t i = n; i-- > 0;) rest = (rest << 32 | x[i]) % m[0];
    memset(x, 0, n * sizeof(limb));
    x[0] = (limb)rest;
    return;
  }
  if (n < k) return;
  int shift = __builtin_clz(m[k - 1]);
  for (size_t i = k; i-- > 0;) shifted[i] = (limb)(((uint64_t)m[i] << 32 | (i ? m[i - 1] : 0)) << shift >> 32);
  x[n] = (limb)((uint64_t)x[n - 1] << shift >> 32);
  for (size_t i = n; i-- > 0;) x[i] = (limb)(((uint64_t)x[i] << 32 | (i ? x[i - 1] : 0)) << shift >> 32);
  for (size_t j = n - k + 1; j-- > 0;) {
    uint64_t top = (uint64_t)x[j + k] << 32 | x[j + k - 1];
    uint64_t q = top / shifted[k - 1], r = top % shifted[k - 1];
    while (q >> 32 || q * shifted[k - 2] > (r << 32 | x[j + k - 2])) {
      q--, r += shifted[k - 1];
      if (r >> 32) break;
    }
    int64_t borrow = 0;
    uint64_t carry = 0;
    for (size_t i = 0; i < k; i++) {
      uint64_t product = q * shifted[i] + carry;
      carry = product >> 32;
      int64_t t = (int64_t)x[i + j] - (limb)product + borrow;
      x[i + j] = (limb)t;
      borrow = t >> 32;
    }
    int64_t t = (int64_t)x[j + k] - (int64_t)carry + borrow;
    x[j + k] = (limb)t;
    if (t < 0) {
      uint64_t c = 0;
      for (size_t i = 0; i < k; i++) c += (uint64_t)x[i + j] + shifted[i], x[i + j] = (limb)c, c >>= 32;
      x[j + k] += (limb)c;
    }
  }
  for (size_t i = 0; i < k; i++) x[i] = (limb)(((uint64_t)x[i + 1] << 32 | x[i]) >> shift);
  memset(x + k, 0, (n + 1 - k) * sizeof(limb));
}

/* A modulus of k significant limbs, n words; `wide` has room for 4n + 1 limbs, `shifted` for k. */
typedef struct {
  const word *m;
  limb *wide, *shifted;
  size_t k, n;
  word inverse; /* -1 / m mod 2^64, or 0 for an even modulus, whose numbers are in plain form */
} modulus;

/* z = x y / 2^(64 n) mod m, all below m (Montgomery, word by word). */
static void multiply_odd(word *z, const word *x, const word *y, const modulus *mod) {
  word *t = (word *)mod->wide;
  const word *m = mod->m;
  size_t n = mod->n;
  word top = 0;
  memset(t, 0, n * sizeof(word));
  for (size_t i = 0; i < n; i++) {
    two_words c = (two_words)x[0] * y[i] + t[0];
    word factor = (word)c * mod->inverse;
    two_words d = ((two_words)factor * m[0] + (word)c) >> 64;
    c >>= 64;
    for (size_t j = 1; j < n; j++) {
      c += (two_words)x[j] * y[i] + t[j];
      d += (two_words)factor * m[j] + (word)c;
      t[j - 1] = (word)d;
      c >>= 64, d >>= 64;
    }
    c += d + top;
    t[n - 1] = (word)c;
    top = (word)(c >> 64);
  }
  word borrow = 0;
  for (size_t j = 0; j < n; j++) {
    two_words difference = (two_words)t[j] - m[j] - borrow;
    z[j] = (word)difference;
    borrow = (word)(difference >> 64) & 1;
  }
  if (borrow > top) memcpy(z, t, n * sizeof(word));
}

/* z = x y mod m by division. */
static void multiply_even(word *z, const word *x, const word *y, const modulus *mod) {
  const limb *a = (const limb *)x, *b = (const limb *)y;
  limb *product = mod->wide;
  memset(product, 0, (4 * mod->n + 1) * sizeof(limb));
  for (size_t i = 0; i < mod->k; i++) {
    uint64_t carry = 0;
    for (size_t j = 0; j < mod->k; j++) {
      carry += (uint64_t)a[i] * b[j] + product[i + j];
      product[i + j] = (limb)carry;
      carry >>= 32;
    }
    product[i + mod->k] = (limb)carry;
  }
  reduce(product, 2 * mod->k, (const limb *)mod->m, mod->k, mod->shifted);
  memcpy(z, product, mod->n * sizeof(word));
}

static void multiply(word *z, const word *x, const word *y, const modulus *mod) {
  if (mod->inverse) multiply_odd(z, x, y, mod);
  else multiply_even(z, x, y, mod);
}

/* x 2^(64 n) mod m for an odd modulus, x for an even one; x below m, or 1. */
static void to_form(word *x, const modulus *mod) {
  size_t low = mod->inverse ? mod->n : 0;
  memset(mod->wide, 0, (4 * mod->n + 1) * sizeof(limb));
  memcpy(mod->wide + 2 * low, x, mod->n * sizeof(word));
  reduce(mod->wide, 2 * (low + mod->n), (const limb *)mod->m, mod->k, mod->shifted);
  memcpy(x, mod->wide, mod->n * sizeof(word));
}

/* result = powers[1]^exponent, in form; `powers` has room for DIGITS numbers. */
static void power(word *result, word *powers, const uint8_t *exponent, size_t length, const modulus *mod) {
  size_t n = mod->n, largest = 1;
  for (size_t i = 0; i < length; i++) {
    size_t high = exponent[i] >> 4, low = exponent[i] & 15, larger = high > low ? high : low;
    if (larger > largest) largest = larger;
  }
  for (size_t i = 2; i <= largest; i++) multiply(powers + i * n, powers + (i - 1) * n, powers + n, mod);
  bool started = false;
  for (size_t i = 0; i < 2 * length; i++) {
    size_t digit = exponent[i / 2] >> (i % 2 ? 0 : 4) & 15;
    for (int k = 0; started && k < 4; k++) multiply(result, result, result, mod);
    if (digit != 0 && started) multiply(result, result, powers + digit * n, mod);
    if (digit != 0 && !started) memcpy(result, powers + digit * n, n * sizeof(word));
    started |= digit != 0;
  }
}

zkvm_status zkvm_modexp(const uint8_t *base, size_t base_len, const uint8_t *exp, size_t exp_len,
                        const uint8_t *modulus_bytes, size_t mod_len, uint8_t *output) {
  if (base_len > MAX_BYTES || mod_len > MAX_BYTES) return ZKVM_EFAIL;
  memset(output, 0, mod_len);
  size_t words = mod_len / 8 + 1, base_limbs = base_len / 4 + 1;
  word m[words];
  from_bytes((limb *)m, 2 * words, modulus_bytes, mod_len);
  size_t k = length((limb *)m, 2 * words), n = (k + 1) / 2;
  if (k == 0) return ZKVM_EOK; /* modulus 0: the result is 0 (EIP-198) */
  word wide[2 * n + 1], result[n], powers[DIGITS * n];
  limb shifted[k], first[base_limbs + 2 * n + 1];
  modulus mod = {.m = m, .wide = (limb *)wide, .shifted = shifted, .k = k, .n = n};
  if (m[0] & 1) {
    word inverse = 1;
    for (int i = 0; i < 6; i++) inverse *= 2 - m[0] * inverse;
    mod.inverse = -inverse;
  }
  from_bytes(first, base_limbs + 2 * n + 1, base, base_len);
  reduce(first, base_limbs > k ? base_limbs : k, (limb *)m, k, shifted);
  memcpy(powers + n, first, n * sizeof(word)), to_form(powers + n, &mod);
  memset(result, 0, sizeof(result)), result[0] = 1, to_form(result, &mod);
  power(result, powers, exp, exp_len, &mod);
  if (mod.inverse) {
    memset(powers, 0, n * sizeof(word)), powers[0] = 1;
    multiply(result, result, powers, &mod);
  }
  for (size_t i = 0; i < mod_len && i < 4 * k; i++) output[mod_len - 1 - i] = (uint8_t)(result[i / 8] >> 8 * (i % 8));
  return ZKVM_EOK;
}
