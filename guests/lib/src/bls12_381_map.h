/* Field elements to points of BLS12-381 [RFC 9380, sections 6.6.2, 6.6.3, 7 and appendices E.2, E.3, G.3]; included
 * once per field after bls12_381.h, with N as for points.h. */
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define OF(name) JOIN(name, N)
#define CONSTANT(name) JOIN(name##_, N)
#define ELEMENT OF(element)

/* Coefficients from the constant up */
static void OF(evaluate)(ELEMENT *z, const ELEMENT *coefficients, size_t count, const ELEMENT *x) {
  ELEMENT sum = coefficients[count - 1];
  for (size_t i = count - 1; i-- > 0;) OF(mul)(&sum, &sum, x), OF(add)(&sum, &sum, &coefficients[i]);
  *z = sum;
}

/* x^3 + A x + B of the isogenous curve */
static void OF(right_side)(ELEMENT *z, const ELEMENT *x) {
  ELEMENT t;
  OF(sqr)(&t, x), OF(add)(&t, &t, &CONSTANT(SWU_A)), OF(mul)(&t, &t, x), OF(add)(z, &t, &CONSTANT(SWU_B));
}

/* A point of the isogenous curve */
static void OF(simplified_swu)(OF(affine) *r, const ELEMENT *u) {
  ELEMENT zu, t, i, x;
  OF(sqr)(&zu, u), OF(mul)(&zu, &zu, &CONSTANT(SWU_Z));
  OF(sqr)(&t, &zu), OF(add)(&t, &t, &zu); /* Z^2 u^4 + Z u^2 */
  if (OF(is_zero)(&t)) {
    OF(mul)(&i, &CONSTANT(SWU_Z), &CONSTANT(SWU_A)), OF(inv)(&i, &i), OF(mul)(&x, &CONSTANT(SWU_B), &i);
  } else { /* -B (t + 1) / (A t) */
    OF(mul)(&i, &CONSTANT(SWU_A), &t), OF(inv)(&i, &i), OF(neg)(&i, &i);
    memset(&x, 0, sizeof(x)), *(fp *)&x = ONE;
    OF(add)(&x, &x, &t), OF(mul)(&x, &x, &CONSTANT(SWU_B)), OF(mul)(&x, &x, &i);
  }
  OF(right_side)(&t, &x);
  if (!OF(square_root)(&r->y, &t)) {
    OF(mul)(&x, &x, &zu), OF(right_side)(&t, &x);
    OF(square_root)(&r->y, &t);
  }
  r->x = x;
  if (OF(sign)(u) != OF(sign)(&r->y)) OF(neg)(&r->y, &r->y);
}

#define COUNT(table) (sizeof(table) / sizeof(table[0]))

/* The image on the curve itself; infinity where a denominator vanishes */
static void OF(isogeny)(OF(point) *r, const OF(affine) *q) {
  ELEMENT xn, xd, yn, yd, i;
  memset(r, 0, sizeof(*r));
  OF(evaluate)(&xn, CONSTANT(X_NUMERATOR), COUNT(CONSTANT(X_NUMERATOR)), &q->x);
  OF(evaluate)(&xd, CONSTANT(X_DENOMINATOR), COUNT(CONSTANT(X_DENOMINATOR)), &q->x);
  OF(evaluate)(&yn, CONSTANT(Y_NUMERATOR), COUNT(CONSTANT(Y_NUMERATOR)), &q->x);
  OF(evaluate)(&yd, CONSTANT(Y_DENOMINATOR), COUNT(CONSTANT(Y_DENOMINATOR)), &q->x);
  OF(mul)(&i, &xd, &yd), OF(inv)(&i, &i);
  if (OF(is_zero)(&i)) return;
  OF(mul)(&r->x, &xn, &yd), OF(mul)(&r->x, &r->x, &i);
  OF(mul)(&r->y, &yn, &xd), OF(mul)(&r->y, &r->y, &i), OF(mul)(&r->y, &r->y, &q->y);
  *(fp *)&r->z = ONE;
}

#undef COUNT
#undef JOIN_
#undef JOIN
#undef OF
#undef CONSTANT
#undef ELEMENT
#undef N
