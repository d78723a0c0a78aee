/* BLS12-381 points: encodings of EIP-2537 without padding, subgroups, compressed points of EIP-4844. */
#define LIMBS 6
#define XI_REAL 1
#define TWIST_IS_DIVIDED 0
#define CONSTANTS "bls12_381_constants.h"
#include "tower.h"
#include "pairing.h"

static void write1(uint8_t *bytes, const fp *x) {
  fp plain;
  to_plain(&plain, x);
  for (int i = 0; i < LIMBS; i++) *(uint64_t *)(bytes + 8 * i) = __builtin_bswap64(plain.w[LIMBS - 1 - i]);
}

static reading read_g1(affine1 *p, const uint8_t *bytes) {
  if (all_zero(bytes, 96)) return INFINITE;
  bool canonical = read1(&p->x, bytes) && read1(&p->y, bytes + 48);
  return canonical && is_on_curve1(p, &CURVE_B) ? FINITE : INVALID;
}

static reading read_g2(affine2 *q, const uint8_t *bytes) {
  if (all_zero(bytes, 192)) return INFINITE;
  bool canonical = read1(&q->x.a, bytes) && read1(&q->x.b, bytes + 48);
  canonical = canonical && read1(&q->y.a, bytes + 96) && read1(&q->y.b, bytes + 144);
  return canonical && is_on_curve2(q, &TWIST_B) ? FINITE : INVALID;
}

static void write_g1(zkvm_bls12_381_g1_point *out, const point1 *p) {
  affine1 a;
  to_affine1(&a, p);
  write1(out->data, &a.x), write1(out->data + 48, &a.y);
}

static void write_g2(zkvm_bls12_381_g2_point *out, const point2 *q) {
  affine2 a;
  to_affine2(&a, q);
  write1(out->data, &a.x.a), write1(out->data + 48, &a.x.b);
  write1(out->data + 96, &a.y.a), write1(out->data + 144, &a.y.b);
}

/* phi = (BETA x, y) satisfies phi^2 + phi + 1 = 0: phi P = [-x^2] P gives [x^4 - x^2 + 1] P = [order] P = 0. */
static bool in_subgroup1(const affine1 *p) {
  point1 image, product;
  from_affine1(&image, p), from_affine1(&product, p);
  mul1(&image.x, &image.x, &BETA), neg1(&image.y, &image.y);
  multiply_point1(&product, &product, PARAMETER_SQUARED, 2);
  return same_point1(&image, &product);
}

/* psi Q = [x] Q [Scott 2021, section 4]: it gives [p + 1 - t] Q = 0, and the cofactors of both curves are coprime. */
static bool in_subgroup2(const affine2 *q) {
  point2 image, product;
  from_affine2(&product, q);
  psi(&image, &product), neg2(&image.y, &image.y);
  multiply_point2(&product, &product, &PARAMETER, 1);
  return same_point2(&image, &product);
}

static void power1(fp *z, const fp *x, const uint64_t *exponent) {
  fp base = *x, result = ONE;
  for (int i = 64 * LIMBS - 1; i >= 0; i--) {
    sqr1(&result, &result);
    if (exponent[i / 64] >> (i % 64) & 1) mul1(&result, &result, &base);
  }
  *z = result;
}

/* false where x is no square */
static bool square_root1(fp *z, const fp *x) {
  fp root, check;
  power1(&root, x, SQUARE_ROOT), sqr1(&check, &root);
  bool ok = equal1(&check, x);
  *z = root;
  return ok;
}

/* EIP-4844, compressed G1: flags compressed, infinite, larger y in the top bits; the point must be in the subgroup. */
static reading read_compressed(affine1 *p, const uint8_t *bytes) {
  uint8_t copy[48], flags = bytes[0] & 0xe0;
  fp plain, negative;
  for (int i = 0; i < 48; i++) copy[i] = bytes[i];
  copy[0] &= 0x1f;
  if (flags & 0x40) return flags == 0xc0 && all_zero(copy, 48) ? INFINITE : INVALID;
  if (!(flags & 0x80) || !read1(&p->x, copy)) return INVALID;
  sqr1(&p->y, &p->x), mul1(&p->y, &p->y, &p->x), add1(&p->y, &p->y, &CURVE_B);
  if (!square_root1(&p->y, &p->y)) return INVALID;
  neg1(&negative, &p->y);
  fp negative_plain;
  to_plain(&plain, &p->y), to_plain(&negative_plain, &negative);
  bool is_larger = below(negative_plain.w, plain.w, LIMBS);
  if (is_larger != ((flags & 0x20) != 0)) p->y = negative;
  return in_subgroup1(p) ? FINITE : INVALID;
}

/* EIP-4844: field elements are below the order. */
static bool is_scalar(const uint8_t *bytes) {
  uint64_t words[4];
  for (int i = 0; i < 4; i++) words[3 - i] = __builtin_bswap64(*(const uint64_t *)(bytes + 8 * i));
  return below(words, ORDER, 4);
}
