/* Sums of multiples of points, 4 bits of every scalar at a time so that doublings are shared [Straus 1964]; included
 * once per field after bls12_381.h, with N as for points.h. */
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define OF(name) JOIN(name, N)
#define FUNCTION(name) JOIN(JOIN(zkvm_bls12_g, N), name)
#define TYPE(name) JOIN(JOIN(zkvm_bls12_381_g, N), name)
#define TERMS_AT_ONCE 16

/* multiples[i] = [i + 1] q */
static void OF(tabulate)(OF(point) multiples[15], const OF(affine) *q) {
  OF(from_affine)(&multiples[0], q);
  for (int i = 1; i < 15; i++) OF(add_points)(&multiples[i], &multiples[i - 1], &multiples[0]);
}

static void OF(sum_of_multiples)(OF(point) *sum, OF(point) tables[][15], const uint8_t *const *scalars, size_t terms) {
  memset(sum, 0, sizeof(*sum));
  for (int digit = 0; digit < 64; digit++) {
    for (int k = 0; k < 4 && !OF(is_infinity)(sum); k++) OF(double_point)(sum, sum);
    for (size_t k = 0; k < terms; k++) {
      uint8_t value = scalars[k][digit / 2] >> (digit & 1 ? 0 : 4) & 15;
      if (value != 0) OF(add_points)(sum, sum, &tables[k][value - 1]);
    }
  }
}

zkvm_status FUNCTION(_msm)(const TYPE(_msm_pair) *pairs, size_t num_pairs, TYPE(_point) *result) {
  OF(point) tables[TERMS_AT_ONCE][15], total = {0};
  const uint8_t *scalars[TERMS_AT_ONCE];
  for (size_t i = 0; i < num_pairs;) {
    size_t used = 0;
    for (; used < TERMS_AT_ONCE && i < num_pairs; i++) {
      OF(affine) q;
      reading kind = OF(read_g)(&q, pairs[i].point.data);
      if (kind == INVALID || (kind == FINITE && !OF(in_subgroup)(&q))) return ZKVM_EFAIL;
      if (kind == INFINITE) continue;
      scalars[used] = pairs[i].scalar.data;
      OF(tabulate)(tables[used++], &q);
    }
    OF(point) sum;
    OF(sum_of_multiples)(&sum, tables, scalars, used);
    OF(add_points)(&total, &total, &sum);
  }
  OF(write_g)(result, &total);
  return ZKVM_EOK;
}

#undef TERMS_AT_ONCE
#undef JOIN_
#undef JOIN
#undef OF
#undef FUNCTION
#undef TYPE
#undef N
