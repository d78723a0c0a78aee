/* Jacobian points of y^2 = x^3 + b over one field of the tower; included once per field, with N = 1 for fp and N = 2
 * for fp2. z = 0 is infinity. */
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define OF(name) JOIN(name, N)
#define ELEMENT OF(element)
#define POINT OF(point)
#define AFFINE OF(affine)

typedef struct { ELEMENT x, y, z; } POINT;

static inline bool OF(is_infinity)(const POINT *p) { return OF(is_zero)(&p->z); }

static inline void OF(double_point)(POINT *r, const POINT *q) {
  ELEMENT a, b, c, d, e;
  OF(sqr)(&a, &q->x), OF(sqr)(&b, &q->y), OF(sqr)(&c, &b);
  OF(add)(&d, &q->x, &b), OF(sqr)(&d, &d), OF(sub)(&d, &d, &a), OF(sub)(&d, &d, &c), OF(add)(&d, &d, &d);
  OF(add)(&e, &a, &a), OF(add)(&e, &e, &a);
  OF(mul)(&b, &q->y, &q->z), OF(add)(&r->z, &b, &b);
  OF(sqr)(&a, &e), OF(sub)(&a, &a, &d), OF(sub)(&r->x, &a, &d);
  OF(sub)(&d, &d, &r->x), OF(mul)(&d, &d, &e);
  OF(add)(&c, &c, &c), OF(add)(&c, &c, &c), OF(add)(&c, &c, &c), OF(sub)(&r->y, &d, &c);
}

static inline void OF(add_points)(POINT *r, const POINT *q1, const POINT *q2) {
  if (OF(is_infinity)(q1)) { *r = *q2; return; }
  if (OF(is_infinity)(q2)) { *r = *q1; return; }
  ELEMENT zz1, zz2, u1, u2, s1, s2, h, hh, t;
  OF(sqr)(&zz1, &q1->z), OF(sqr)(&zz2, &q2->z);
  OF(mul)(&u1, &q1->x, &zz2), OF(mul)(&u2, &q2->x, &zz1);
  OF(mul)(&s1, &q1->y, &zz2), OF(mul)(&s1, &s1, &q2->z);
  OF(mul)(&s2, &q2->y, &zz1), OF(mul)(&s2, &s2, &q1->z);
  if (OF(equal)(&u1, &u2)) {
    if (OF(equal)(&s1, &s2)) OF(double_point)(r, q1);
    else memset(r, 0, sizeof(*r));
    return;
  }
  OF(sub)(&h, &u2, &u1), OF(sub)(&s2, &s2, &s1);
  OF(mul)(&t, &q1->z, &q2->z), OF(mul)(&r->z, &t, &h);
  OF(sqr)(&hh, &h), OF(mul)(&u1, &u1, &hh), OF(mul)(&hh, &hh, &h);
  OF(sqr)(&t, &s2), OF(sub)(&t, &t, &hh), OF(sub)(&t, &t, &u1), OF(sub)(&r->x, &t, &u1);
  OF(sub)(&u1, &u1, &r->x), OF(mul)(&u1, &u1, &s2);
  OF(mul)(&s1, &s1, &hh), OF(sub)(&r->y, &u1, &s1);
}

static inline void OF(negate_point)(POINT *r, const POINT *q) {
  *r = *q;
  OF(neg)(&r->y, &r->y);
}

static inline void OF(from_affine)(POINT *r, const AFFINE *q) {
  memset(r, 0, sizeof(*r));
  r->x = q->x, r->y = q->y;
  *(fp *)&r->z = ONE;
}

/* false for infinity, which then reads (0, 0) */
static inline bool OF(to_affine)(AFFINE *r, const POINT *q) {
  ELEMENT i, t;
  memset(r, 0, sizeof(*r));
  if (OF(is_infinity)(q)) return false;
  OF(inv)(&i, &q->z), OF(sqr)(&t, &i);
  OF(mul)(&r->x, &q->x, &t), OF(mul)(&t, &t, &i), OF(mul)(&r->y, &q->y, &t);
  return true;
}

/* Equality of what the coordinates stand for. */
static inline bool OF(same_point)(const POINT *p, const POINT *q) {
  ELEMENT zz1, zz2, l, r;
  if (OF(is_infinity)(p) || OF(is_infinity)(q)) return OF(is_infinity)(p) && OF(is_infinity)(q);
  OF(sqr)(&zz1, &p->z), OF(sqr)(&zz2, &q->z);
  OF(mul)(&l, &p->x, &zz2), OF(mul)(&r, &q->x, &zz1);
  if (!OF(equal)(&l, &r)) return false;
  OF(mul)(&zz1, &zz1, &p->z), OF(mul)(&zz2, &zz2, &q->z);
  OF(mul)(&l, &p->y, &zz2), OF(mul)(&r, &q->y, &zz1);
  return OF(equal)(&l, &r);
}

static inline void OF(multiply_point)(POINT *r, const POINT *q, const uint64_t *scalar, int words) {
  POINT base = *q, result;
  memset(&result, 0, sizeof(result));
  for (int i = 64 * words - 1; i >= 0; i--) {
    if (!OF(is_infinity)(&result)) OF(double_point)(&result, &result);
    if (scalar[i / 64] >> (i % 64) & 1) OF(add_points)(&result, &result, &base);
  }
  *r = result;
}

static inline bool OF(is_on_curve)(const AFFINE *q, const ELEMENT *b) {
  ELEMENT l, r;
  OF(sqr)(&l, &q->y);
  OF(sqr)(&r, &q->x), OF(mul)(&r, &r, &q->x), OF(add)(&r, &r, b);
  return OF(equal)(&l, &r);
}

#undef JOIN_
#undef JOIN
#undef OF
#undef ELEMENT
#undef POINT
#undef AFFINE
#undef N
