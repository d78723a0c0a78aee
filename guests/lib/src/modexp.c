/* Modular exponentiation of any lengths (EIP-198), in software: 32-bit limbs, Knuth's division, square and multiply. */
#include "zkvm_accelerators.h"

void *memset(void *, int, size_t);
void *memcpy(void *, const void *, size_t);

#define MAX_BYTES (1u << 16) /* workspace lies on the stack; longer operands are refused */

typedef uint32_t limb;

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

/* product (2k + 1 limbs) = a b mod m, a and b of k limbs. */
static void multiply(limb *product, const limb *a, const limb *b, const limb *m, size_t k, limb *shifted) {
  memset(product, 0, (2 * k + 1) * sizeof(limb));
  for (size_t i = 0; i < k; i++) {
    uint64_t carry = 0;
    for (size_t j = 0; j < k; j++) {
      carry += (uint64_t)a[i] * b[j] + product[i + j];
      product[i + j] = (limb)carry;
      carry >>= 32;
    }
    product[i + k] = (limb)carry;
  }
  reduce(product, 2 * k, m, k, shifted);
}

zkvm_status zkvm_modexp(const uint8_t *base, size_t base_len, const uint8_t *exp, size_t exp_len,
                        const uint8_t *modulus, size_t mod_len, uint8_t *output) {
  if (base_len > MAX_BYTES || mod_len > MAX_BYTES) return ZKVM_EFAIL;
  memset(output, 0, mod_len);
  size_t limbs = mod_len / 4 + 1, base_limbs = base_len / 4 + 1;
  limb m[limbs], shifted[limbs], result[limbs], power[base_limbs + limbs + 1], product[2 * limbs + 1];
  from_bytes(m, limbs, modulus, mod_len);
  size_t k = length(m, limbs);
  if (k == 0) return ZKVM_EOK; /* modulus 0: the result is 0 (EIP-198) */
  from_bytes(power, base_limbs + limbs + 1, base, base_len);
  reduce(power, base_limbs > k ? base_limbs : k, m, k, shifted);
  memset(result, 0, sizeof(result));
  result[0] = !(k == 1 && m[0] == 1);
  bool started = false;
  for (size_t i = 0; i < exp_len; i++) {
    for (int bit = 7; bit >= 0; bit--) {
      if (started) {
        multiply(product, result, result, m, k, shifted);
        memcpy(result, product, k * sizeof(limb));
      }
      if (exp[i] >> bit & 1) {
        multiply(product, result, power, m, k, shifted);
        memcpy(result, product, k * sizeof(limb));
        started = true;
      }
    }
  }
  for (size_t i = 0; i < mod_len && i / 4 < k; i++) output[mod_len - 1 - i] = (uint8_t)(result[i / 4] >> 8 * (i % 4));
  return ZKVM_EOK;
}
