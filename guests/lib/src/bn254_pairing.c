/* The pairing check of bn254 (EIP-197) in software: optimal ate pairing, loop over 6 x + 2. */
#define LIMBS 4
#define XI_REAL 9
#define TWIST_IS_DIVIDED 1
#define CONSTANTS "bn254_constants.h"
#include "tower.h"
#include "pairing.h"

static reading read_g1(affine1 *p, const uint8_t *bytes) {
  if (all_zero(bytes, 64)) return INFINITE;
  bool canonical = read1(&p->x, bytes) && read1(&p->y, bytes + 32);
  return canonical && is_on_curve1(p, &CURVE_B) ? FINITE : INVALID;
}

/* (x + 1) Q + x psi Q + x psi^2 Q = 2x psi^3 Q [El Housni-Guillevic-Piellard 2022]. With psi^2 - t psi + p = 0 this
 * leaves no other order than that of the subgroup; tools/generate_curve_constants.py computes it. */
static bool in_subgroup(const affine2 *affine) {
  point2 q, xq, left, right;
  from_affine2(&q, affine);
  multiply_point2(&xq, &q, &PARAMETER, 1);
  add_points2(&left, &xq, &q);
  psi(&q, &xq), add_points2(&left, &left, &q);
  psi(&q, &q), add_points2(&left, &left, &q);
  double_point2(&right, &q), psi(&right, &right);
  return same_point2(&left, &right);
}

/* The imaginary part of a coordinate comes first. */
static reading read_g2(affine2 *q, const uint8_t *bytes) {
  if (all_zero(bytes, 128)) return INFINITE;
  bool canonical = read1(&q->x.b, bytes) && read1(&q->x.a, bytes + 32);
  canonical = canonical && read1(&q->y.b, bytes + 64) && read1(&q->y.a, bytes + 96);
  return canonical && is_on_curve2(q, &TWIST_B) && in_subgroup(q) ? FINITE : INVALID;
}

/* f *= the Miller functions of the pairs */
static void miller_loop(fp12 *f, pairing_input *pairs, size_t n) {
  fp12 value;
  one12(&value);
  for (size_t k = 0; k < n; k++) start_pair(&pairs[k]);
  for (int i = (int)sizeof(LOOP) - 2; i >= 0; i--) {
    sqr12(&value, &value);
    for (size_t k = 0; k < n; k++) {
      affine2 q = pairs[k].g2;
      double_step(&value, &pairs[k].t, &pairs[k].g1);
      if (LOOP[i] < 0) neg2(&q.y, &q.y);
      if (LOOP[i] != 0) add_step(&value, &pairs[k].t, &q, &pairs[k].g1);
    }
  }
  for (size_t k = 0; k < n; k++) {
    affine2 q = pairs[k].g2, image;
    psi_affine(&image, &q), add_step(&value, &pairs[k].t, &image, &pairs[k].g1);
    scale2(&q.x, &q.x, &PSI_2_X); /* -psi^2 Q: the factor of y is -1 */
    add_step(&value, &pairs[k].t, &q, &pairs[k].g1);
  }
  mul12(f, f, &value);
}

/* A power of f^((p^12 - 1) / order) prime to the order [Fuentes-Castaneda-Knapp-Rodriguez 2011, section 4]: with
 * a = 12 x^3 + 6 x^2 + 6 x and b = a - 2 x, the exponent a + 6 x^2 + 1 + b p + a p^2 + (b - 1) p^3. */
static void final_exponentiation(fp12 *f) {
  fp12 x2, x4, x6, xx6, a, b, t;
  easy_exponentiation(f);
  power_cyclotomic(&x2, f), square_cyclotomic(&x2, &x2);
  square_cyclotomic(&x4, &x2), mul12(&x6, &x4, &x2);
  power_cyclotomic(&xx6, &x6);
  square_cyclotomic(&t, &xx6), power_cyclotomic(&t, &t); /* 12 x^3 */
  mul12(&a, &t, &xx6), mul12(&a, &a, &x6);
  conj12(&t, &x2), mul12(&b, &a, &t);
  conj12(&t, f), mul12(&t, &t, &b), frobenius(&t, &t, 3); /* p^3 */
  mul12(f, f, &xx6), mul12(f, f, &a), mul12(f, f, &t);
  frobenius(&t, &a, 2), mul12(f, f, &t);
  frobenius(&t, &b, 1), mul12(f, f, &t);
}

zkvm_status zkvm_bn254_pairing(const zkvm_bn254_pairing_pair *pairs, size_t num_pairs, bool *verified) {
  pairing_input inputs[PAIRS_AT_ONCE];
  fp12 f;
  size_t used = 0;
  one12(&f);
  for (size_t i = 0; i < num_pairs; i++) {
    reading g1 = read_g1(&inputs[used].g1, pairs[i].g1.data), g2 = read_g2(&inputs[used].g2, pairs[i].g2.data);
    if (g1 == INVALID || g2 == INVALID) return ZKVM_EFAIL;
    used += g1 == FINITE && g2 == FINITE;
    if (used == PAIRS_AT_ONCE) miller_loop(&f, inputs, used), used = 0;
  }
  if (used != 0) miller_loop(&f, inputs, used);
  if (!is_one12(&f)) final_exponentiation(&f);
  *verified = is_one12(&f);
  return ZKVM_EOK;
}
