/* BLS12-381 (EIP-2537) and point evaluation (EIP-4844) in software. */
#include "bls12_381.h"

static bool sign1(const fp *x) {
  fp plain;
  to_plain(&plain, x);
  return plain.w[0] & 1;
}

static bool sign2(const fp2 *x) { return sign1(&x->a) || (is_zero1(&x->a) && sign1(&x->b)); }

/* By the norm: (c + d u)^2 = a + b u with c^2 = (a + sqrt(a^2 + b^2)) / 2 or its conjugate, d = b / 2c. */
static bool square_root2(fp2 *z, const fp2 *x) {
  fp norm, t, c, d;
  if (is_zero1(&x->b)) {
    memset(z, 0, sizeof(*z));
    if (square_root1(&c, &x->a)) z->a = c;
    else neg1(&t, &x->a), square_root1(&z->b, &t);
    return true;
  }
  sqr1(&norm, &x->a), sqr1(&t, &x->b), add1(&norm, &norm, &t);
  if (!square_root1(&norm, &norm)) return false;
  add1(&t, &x->a, &norm), mul1(&t, &t, &HALF);
  if (!square_root1(&c, &t)) {
    sub1(&t, &x->a, &norm), mul1(&t, &t, &HALF);
    square_root1(&c, &t);
  }
  add1(&d, &c, &c), inv1(&d, &d), mul1(&d, &d, &x->b);
  z->a = c, z->b = d;
  return true;
}

#define N 1
#include "bls12_381_map.h"
#define N 2
#include "bls12_381_map.h"
#define N 1
#include "multi_scalar.h"
#define N 2
#include "multi_scalar.h"

/* f *= the Miller functions of the pairs, up to conjugation: the parameter is negative. */
static void miller_loop(fp12 *f, pairing_input *pairs, size_t n) {
  fp12 value;
  one12(&value);
  for (size_t k = 0; k < n; k++) start_pair(&pairs[k]);
  for (int i = 62 - __builtin_clzll(PARAMETER); i >= 0; i--) {
    sqr12(&value, &value);
    for (size_t k = 0; k < n; k++) {
      double_step(&value, &pairs[k].t, &pairs[k].g1);
      if (PARAMETER >> i & 1) add_step(&value, &pairs[k].t, &pairs[k].g2, &pairs[k].g1);
    }
  }
  mul12(f, f, &value);
}

/* The cube of f^((p^12 - 1) / order) [Hayashida-Hayasaka-Teruya 2020]: (x - 1)^2 (x + p) (x^2 + p^2 - 1) + 3 */
static void final_exponentiation(fp12 *f) {
  fp12 t, s;
  easy_exponentiation(f);
  power_cyclotomic(&t, f), mul12(&t, &t, f), conj12(&t, &t);
  power_cyclotomic(&s, &t), mul12(&s, &s, &t), conj12(&t, &s);
  power_cyclotomic(&s, &t), conj12(&s, &s), frobenius(&t, &t, 1), mul12(&t, &t, &s);
  power_cyclotomic(&s, &t), power_cyclotomic(&s, &s);
  fp12 square;
  frobenius(&square, &t, 2), mul12(&s, &s, &square);
  conj12(&t, &t), mul12(&s, &s, &t);
  square_cyclotomic(&square, f), mul12(f, f, &square), mul12(f, f, &s);
}

zkvm_status zkvm_bls12_g1_add(const zkvm_bls12_381_g1_point *p1, const zkvm_bls12_381_g1_point *p2,
                              zkvm_bls12_381_g1_point *result) {
  affine1 a, b;
  point1 first = {0}, second = {0};
  reading r1 = read_g1(&a, p1->data), r2 = read_g1(&b, p2->data);
  if (r1 == INVALID || r2 == INVALID) return ZKVM_EFAIL;
  if (r1 == FINITE) from_affine1(&first, &a);
  if (r2 == FINITE) from_affine1(&second, &b);
  add_points1(&first, &first, &second);
  write_g1(result, &first);
  return ZKVM_EOK;
}

zkvm_status zkvm_bls12_g2_add(const zkvm_bls12_381_g2_point *p1, const zkvm_bls12_381_g2_point *p2,
                              zkvm_bls12_381_g2_point *result) {
  affine2 a, b;
  point2 first = {0}, second = {0};
  reading r1 = read_g2(&a, p1->data), r2 = read_g2(&b, p2->data);
  if (r1 == INVALID || r2 == INVALID) return ZKVM_EFAIL;
  if (r1 == FINITE) from_affine2(&first, &a);
  if (r2 == FINITE) from_affine2(&second, &b);
  add_points2(&first, &first, &second);
  write_g2(result, &first);
  return ZKVM_EOK;
}

zkvm_status zkvm_bls12_pairing(const zkvm_bls12_381_pairing_pair *pairs, size_t num_pairs, bool *verified) {
  pairing_input inputs[PAIRS_AT_ONCE];
  fp12 f;
  size_t used = 0;
  one12(&f);
  for (size_t i = 0; i < num_pairs; i++) {
    affine1 *p = &inputs[used].g1;
    affine2 *q = &inputs[used].g2;
    reading g1 = read_g1(p, pairs[i].g1.data), g2 = read_g2(q, pairs[i].g2.data);
    if (g1 == INVALID || g2 == INVALID) return ZKVM_EFAIL;
    if ((g1 == FINITE && !in_subgroup1(p)) || (g2 == FINITE && !in_subgroup2(q))) return ZKVM_EFAIL;
    used += g1 == FINITE && g2 == FINITE;
    if (used == PAIRS_AT_ONCE) miller_loop(&f, inputs, used), used = 0;
  }
  if (used != 0) miller_loop(&f, inputs, used);
  if (!is_one12(&f)) final_exponentiation(&f);
  *verified = is_one12(&f);
  return ZKVM_EOK;
}

/* The cofactor 1 - x of G1 clears everything outside the subgroup. */
zkvm_status zkvm_bls12_map_fp_to_g1(const zkvm_bls12_381_fp *field_element, zkvm_bls12_381_g1_point *result) {
  fp u;
  affine1 q;
  point1 image;
  uint64_t cofactor = PARAMETER + 1;
  if (!read1(&u, field_element->data)) return ZKVM_EFAIL;
  simplified_swu1(&q, &u), isogeny1(&image, &q);
  multiply_point1(&image, &image, &cofactor, 1);
  write_g1(result, &image);
  return ZKVM_EOK;
}

/* [x^2 - x - 1] Q + [x - 1] psi Q + psi^2 2 Q [Budroni-Pintore 2017], x negative */
static void clear_cofactor2(point2 *r, const point2 *q) {
  point2 xq, t, sum;
  multiply_point2(&xq, q, &PARAMETER, 1), negate_point2(&xq, &xq);
  psi(&t, q), add_points2(&t, &xq, &t); /* x Q + psi Q */
  multiply_point2(&sum, &t, &PARAMETER, 1), negate_point2(&sum, &sum); /* x^2 Q + x psi Q */
  negate_point2(&t, &t), add_points2(&sum, &sum, &t);
  negate_point2(&t, q), add_points2(&sum, &sum, &t);
  double_point2(&t, q), psi(&t, &t), psi(&t, &t);
  add_points2(r, &sum, &t);
}

zkvm_status zkvm_bls12_map_fp2_to_g2(const zkvm_bls12_381_fp2 *field_element, zkvm_bls12_381_g2_point *result) {
  fp2 u;
  affine2 q;
  point2 image;
  if (!read1(&u.a, field_element->data) || !read1(&u.b, field_element->data + 48)) return ZKVM_EFAIL;
  simplified_swu2(&q, &u), isogeny2(&image, &q);
  clear_cofactor2(&image, &image);
  write_g2(result, &image);
  return ZKVM_EOK;
}

/* e(C - y G1 + z proof, -G2) e(proof, [tau]_2) = 1 */
zkvm_status zkvm_kzg_point_eval(const zkvm_kzg_commitment *commitment, const zkvm_kzg_field_element *z,
                                const zkvm_kzg_field_element *y, const zkvm_kzg_proof *proof, bool *verified) {
  affine1 c = {0}, w = {0}, g = GENERATOR_1;
  point1 sum, t, tables[2][15];
  const uint8_t *scalars[] = {y->data, z->data};
  fp12 f;
  reading c_reading = read_compressed(&c, commitment->data), w_reading = read_compressed(&w, proof->data);
  if (!is_scalar(z->data) || !is_scalar(y->data)) return ZKVM_EFAIL;
  if (c_reading == INVALID || w_reading == INVALID) return ZKVM_EFAIL;
  neg1(&g.y, &g.y), tabulate1(tables[0], &g);
  if (w_reading == FINITE) tabulate1(tables[1], &w);
  sum_of_multiples1(&sum, tables, scalars, w_reading == FINITE ? 2 : 1);
  if (c_reading == FINITE) from_affine1(&t, &c), add_points1(&sum, &sum, &t);
  pairing_input inputs[2] = {{.g1 = w, .g2 = TAU_2}};
  size_t used = w_reading == FINITE;
  if (to_affine1(&inputs[used].g1, &sum)) {
    inputs[used].g2 = GENERATOR_2;
    neg2(&inputs[used].g2.y, &inputs[used].g2.y);
    used++;
  }
  one12(&f);
  miller_loop(&f, inputs, used), final_exponentiation(&f);
  *verified = is_one12(&f);
  return ZKVM_EOK;
}
