/* The field tower of a pairing curve, to be included once per curve after defining LIMBS (64-bit words of an element),
 * XI_REAL (xi = XI_REAL + u) and CONSTANTS (the generated header).
 *
 *   fp2 = fp[u] / (u^2 + 1), fp6 = fp2[v] / (v^3 - xi), fp12 = fp6[w] / (w^2 - v)
 *
 * Elements of fp are in Montgomery form and always reduced. Nothing here is constant-time: a guest has no secrets. */
#include "zkvm_accelerators.h"

void *memset(void *, int, size_t);

typedef unsigned __int128 u128;
typedef struct { uint64_t w[LIMBS]; } fp;
typedef struct { fp a, b; } fp2;
typedef struct { fp2 a, b, c; } fp6;
typedef struct { fp6 a, b; } fp12;
typedef struct { fp x, y; } affine1;
typedef struct { fp2 x, y; } affine2;

#include CONSTANTS

/* fp */

static inline bool is_zero1(const fp *x) {
  uint64_t any = 0;
  for (int i = 0; i < LIMBS; i++) any |= x->w[i];
  return any == 0;
}

static inline bool equal1(const fp *x, const fp *y) {
  uint64_t any = 0;
  for (int i = 0; i < LIMBS; i++) any |= x->w[i] ^ y->w[i];
  return any == 0;
}

static inline bool below(const uint64_t *x, const uint64_t *y, int limbs) {
  for (int i = limbs - 1; i >= 0; i--)
    if (x[i] != y[i]) return x[i] < y[i];
  return false;
}

static inline void sub_raw(fp *z, const fp *x, const fp *y) {
  uint64_t borrow = 0;
  for (int i = 0; i < LIMBS; i++) {
    u128 d = (u128)x->w[i] - y->w[i] - borrow;
    z->w[i] = (uint64_t)d;
    borrow = (uint64_t)(d >> 64) & 1;
  }
}

/* The top bit of the modulus is clear, so that sums of two elements fit. */
static inline void add_raw(fp *z, const fp *x, const fp *y) {
  u128 c = 0;
  for (int i = 0; i < LIMBS; i++) c += (u128)x->w[i] + y->w[i], z->w[i] = (uint64_t)c, c >>= 64;
}

static inline void reduce(fp *x) {
  if (!below(x->w, PRIME.w, LIMBS)) sub_raw(x, x, &PRIME);
}

static __attribute__((noinline)) void add1(fp *z, const fp *x, const fp *y) {
  add_raw(z, x, y);
  reduce(z);
}

static __attribute__((noinline)) void sub1(fp *z, const fp *x, const fp *y) {
  bool borrows = below(x->w, y->w, LIMBS);
  sub_raw(z, x, y);
  if (borrows) add_raw(z, z, &PRIME);
}

static inline void neg1(fp *z, const fp *x) {
  if (is_zero1(x)) *z = *x;
  else sub_raw(z, &PRIME, x);
}

/* z = x y / 2^(64 LIMBS). The two carries of a round fit one word, as the top bits of the modulus are clear. */
static __attribute__((noinline)) void mul1(fp *z, const fp *x, const fp *y) {
  fp t = {{0}};
#pragma clang loop unroll(full)
  for (int i = 0; i < LIMBS; i++) {
    u128 product = (u128)x->w[0] * y->w[i] + t.w[0];
    uint64_t carry = (uint64_t)(product >> 64), q = (uint64_t)product * PRIME_INVERSE;
    u128 reduction = (u128)q * PRIME.w[0] + (uint64_t)product;
    uint64_t carried = (uint64_t)(reduction >> 64);
#pragma clang loop unroll(full)
    for (int j = 1; j < LIMBS; j++) {
      product = (u128)x->w[j] * y->w[i] + t.w[j] + carry;
      carry = (uint64_t)(product >> 64);
      reduction = (u128)q * PRIME.w[j] + (uint64_t)product + carried;
      carried = (uint64_t)(reduction >> 64);
      t.w[j - 1] = (uint64_t)reduction;
    }
    t.w[LIMBS - 1] = carry + carried;
  }
  reduce(&t);
  *z = t;
}

static inline void sqr1(fp *z, const fp *x) { mul1(z, x, x); }

static inline void halve_raw(fp *x) {
  for (int i = 0; i < LIMBS; i++) x->w[i] = x->w[i] >> 1 | (i + 1 < LIMBS ? x->w[i + 1] << 63 : 0);
}

static inline bool is_one_raw(const fp *x) {
  uint64_t any = x->w[0] ^ 1;
  for (int i = 1; i < LIMBS; i++) any |= x->w[i];
  return any == 0;
}

/* Takes the factors of two out of u while s / u stays the same modulo the prime. */
static inline void make_odd(fp *u, fp *s) {
  while ((u->w[0] & 1) == 0) {
    halve_raw(u);
    if (s->w[0] & 1) add_raw(s, s, &PRIME);
    halve_raw(s);
  }
}

/* z = 1 / x by the binary extended Euclidean algorithm; 0 for x = 0. */
static void inv1(fp *z, const fp *x) {
  fp u = *x, v = PRIME, s = {{1}}, t = {{0}};
  if (is_zero1(x)) { *z = *x; return; }
  make_odd(&u, &s);
  while (!is_one_raw(&u) && !is_one_raw(&v)) {
    if (below(u.w, v.w, LIMBS)) sub_raw(&v, &v, &u), sub1(&t, &t, &s), make_odd(&v, &t);
    else sub_raw(&u, &u, &v), sub1(&s, &s, &t), make_odd(&u, &s);
  }
  mul1(z, is_one_raw(&u) ? &s : &t, &RADIX_3);
}

static inline void read_raw(fp *z, const uint8_t *bytes) {
  for (int i = 0; i < LIMBS; i++) z->w[LIMBS - 1 - i] = __builtin_bswap64(*(const uint64_t *)(bytes + 8 * i));
}

/* Big-endian bytes; false unless they are below the modulus. */
static inline bool read1(fp *z, const uint8_t *bytes) {
  read_raw(z, bytes);
  bool is_canonical = below(z->w, PRIME.w, LIMBS);
  mul1(z, z, &RADIX_2);
  return is_canonical;
}

static inline void to_plain(fp *z, const fp *x) {
  static const fp one = {{1}};
  mul1(z, x, &one);
}

/* fp2 */

static inline bool is_zero2(const fp2 *x) { return is_zero1(&x->a) && is_zero1(&x->b); }
static inline bool equal2(const fp2 *x, const fp2 *y) { return equal1(&x->a, &y->a) && equal1(&x->b, &y->b); }
static inline void add2(fp2 *z, const fp2 *x, const fp2 *y) { add1(&z->a, &x->a, &y->a), add1(&z->b, &x->b, &y->b); }
static inline void sub2(fp2 *z, const fp2 *x, const fp2 *y) { sub1(&z->a, &x->a, &y->a), sub1(&z->b, &x->b, &y->b); }
static inline void neg2(fp2 *z, const fp2 *x) { neg1(&z->a, &x->a), neg1(&z->b, &x->b); }
static inline void conj2(fp2 *z, const fp2 *x) { z->a = x->a, neg1(&z->b, &x->b); }
static inline void scale2(fp2 *z, const fp2 *x, const fp *k) { mul1(&z->a, &x->a, k), mul1(&z->b, &x->b, k); }

static __attribute__((noinline)) void mul2(fp2 *z, const fp2 *x, const fp2 *y) {
  fp aa, bb, s, t;
  mul1(&aa, &x->a, &y->a), mul1(&bb, &x->b, &y->b);
  add_raw(&s, &x->a, &x->b), reduce(&s);
  add_raw(&t, &y->a, &y->b), reduce(&t);
  mul1(&s, &s, &t);
  sub1(&z->a, &aa, &bb);
  sub1(&s, &s, &aa), sub1(&z->b, &s, &bb);
}

static __attribute__((noinline)) void sqr2(fp2 *z, const fp2 *x) {
  fp s, d, m;
  add1(&s, &x->a, &x->b), sub1(&d, &x->a, &x->b), mul1(&m, &x->a, &x->b);
  mul1(&z->a, &s, &d), add1(&z->b, &m, &m);
}

static void inv2(fp2 *z, const fp2 *x) {
  fp s, t;
  sqr1(&s, &x->a), sqr1(&t, &x->b), add1(&s, &s, &t);
  inv1(&s, &s);
  mul1(&z->a, &x->a, &s), mul1(&t, &x->b, &s), neg1(&z->b, &t);
}

/* z = xi x */
static inline void mul_xi(fp2 *z, const fp2 *x) {
  fp2 t = *x;
  if (XI_REAL == 9) add2(&t, x, x), add2(&t, &t, &t), add2(&t, &t, &t), add2(&t, &t, x);
  fp b = x->b;
  add1(&z->b, &t.b, &x->a);
  sub1(&z->a, &t.a, &b);
}

/* fp6 */

static inline void add6(fp6 *z, const fp6 *x, const fp6 *y) {
  add2(&z->a, &x->a, &y->a), add2(&z->b, &x->b, &y->b), add2(&z->c, &x->c, &y->c);
}
static inline void sub6(fp6 *z, const fp6 *x, const fp6 *y) {
  sub2(&z->a, &x->a, &y->a), sub2(&z->b, &x->b, &y->b), sub2(&z->c, &x->c, &y->c);
}
static inline void neg6(fp6 *z, const fp6 *x) { neg2(&z->a, &x->a), neg2(&z->b, &x->b), neg2(&z->c, &x->c); }

/* z = v x */
static inline void mul_v(fp6 *z, const fp6 *x) {
  fp2 top = x->c;
  z->c = x->b, z->b = x->a;
  mul_xi(&z->a, &top);
}

static inline void mul_of_sums(fp2 *z, const fp2 *x1, const fp2 *x2, const fp2 *y1, const fp2 *y2) {
  fp2 s, t;
  add2(&s, x1, x2), add2(&t, y1, y2), mul2(z, &s, &t);
}

static __attribute__((noinline)) void mul6(fp6 *z, const fp6 *x, const fp6 *y) {
  fp2 aa, bb, cc, bc, ab, ac;
  mul2(&aa, &x->a, &y->a), mul2(&bb, &x->b, &y->b), mul2(&cc, &x->c, &y->c);
  mul_of_sums(&bc, &x->b, &x->c, &y->b, &y->c), sub2(&bc, &bc, &bb), sub2(&bc, &bc, &cc);
  mul_of_sums(&ab, &x->a, &x->b, &y->a, &y->b), sub2(&ab, &ab, &aa), sub2(&ab, &ab, &bb);
  mul_of_sums(&ac, &x->a, &x->c, &y->a, &y->c), sub2(&ac, &ac, &aa), sub2(&ac, &ac, &cc);
  mul_xi(&bc, &bc), add2(&z->a, &aa, &bc);
  mul_xi(&cc, &cc), add2(&z->b, &ab, &cc);
  add2(&z->c, &ac, &bb);
}

/* z = x (y0 + y1 v) */
static void mul6_by_01(fp6 *z, const fp6 *x, const fp2 *y0, const fp2 *y1) {
  fp2 aa, bb, ab, ac, bc;
  mul2(&aa, &x->a, y0), mul2(&bb, &x->b, y1);
  mul_of_sums(&ab, &x->a, &x->b, y0, y1), sub2(&ab, &ab, &aa), sub2(&ab, &ab, &bb);
  mul2(&ac, &x->c, y0), mul2(&bc, &x->c, y1);
  mul_xi(&bc, &bc), add2(&z->a, &aa, &bc);
  z->b = ab;
  add2(&z->c, &ac, &bb);
}

static void inv6(fp6 *z, const fp6 *x) {
  fp2 a, b, c, t, s;
  sqr2(&a, &x->a), mul2(&t, &x->b, &x->c), mul_xi(&t, &t), sub2(&a, &a, &t);
  sqr2(&b, &x->c), mul_xi(&b, &b), mul2(&t, &x->a, &x->b), sub2(&b, &b, &t);
  sqr2(&c, &x->b), mul2(&t, &x->a, &x->c), sub2(&c, &c, &t);
  mul2(&s, &x->c, &b), mul2(&t, &x->b, &c), add2(&s, &s, &t), mul_xi(&s, &s);
  mul2(&t, &x->a, &a), add2(&s, &s, &t), inv2(&s, &s);
  mul2(&z->a, &a, &s), mul2(&z->b, &b, &s), mul2(&z->c, &c, &s);
}

/* fp12 */

static inline void one12(fp12 *z) {
  memset(z, 0, sizeof(*z));
  z->a.a.a = ONE;
}

static bool is_one12(const fp12 *x) {
  const fp2 *rest[] = {&x->a.b, &x->a.c, &x->b.a, &x->b.b, &x->b.c};
  for (int i = 0; i < 5; i++)
    if (!is_zero2(rest[i])) return false;
  return equal1(&x->a.a.a, &ONE) && is_zero1(&x->a.a.b);
}

static void mul12(fp12 *z, const fp12 *x, const fp12 *y) {
  fp6 aa, bb, s, t;
  mul6(&aa, &x->a, &y->a), mul6(&bb, &x->b, &y->b);
  add6(&s, &x->a, &x->b), add6(&t, &y->a, &y->b), mul6(&s, &s, &t);
  sub6(&s, &s, &aa), sub6(&z->b, &s, &bb);
  mul_v(&bb, &bb), add6(&z->a, &aa, &bb);
}

static void sqr12(fp12 *z, const fp12 *x) {
  fp6 ab, s, t;
  mul6(&ab, &x->a, &x->b);
  add6(&s, &x->a, &x->b), mul_v(&t, &x->b), add6(&t, &t, &x->a);
  mul6(&s, &s, &t), mul_v(&t, &ab);
  sub6(&s, &s, &ab), sub6(&z->a, &s, &t);
  add6(&z->b, &ab, &ab);
}

static inline void conj12(fp12 *z, const fp12 *x) { z->a = x->a, neg6(&z->b, &x->b); }

static void inv12(fp12 *z, const fp12 *x) {
  fp6 s, t;
  mul6(&s, &x->a, &x->a), mul6(&t, &x->b, &x->b), mul_v(&t, &t), sub6(&s, &s, &t);
  inv6(&s, &s);
  mul6(&z->a, &x->a, &s), mul6(&t, &x->b, &s), neg6(&z->b, &t);
}

/* z = x^(p^k), k = 1 to 3: the coefficient of w^i is conjugated k times and multiplied by xi^(i (p^k - 1) / 6). */
static void frobenius(fp12 *z, const fp12 *x, int k) {
  const fp2 *from[] = {&x->a.a, &x->b.a, &x->a.b, &x->b.b, &x->a.c, &x->b.c};
  fp2 *to[] = {&z->a.a, &z->b.a, &z->a.b, &z->b.b, &z->a.c, &z->b.c};
  for (int i = 0; i < 6; i++) {
    if (k & 1) conj2(to[i], from[i]);
    else *to[i] = *from[i];
    if (i != 0) mul2(to[i], to[i], &FROBENIUS[k - 1][i - 1]);
  }
}
