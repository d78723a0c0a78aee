/* Points, Miller steps and final exponentiation shared by the pairing curves; included after tower.h with
 * TWIST_IS_DIVIDED (1 where the twist's coefficient is b / xi, 0 where it is b xi).
 *
 * A point of the twist is homogeneous: x = X / Z, y = Y / Z. A line through it is (at_y, at_x, constant), of which
 * evaluation at the point P of G1 gives at_y y_P + at_x x_P w + constant w^3 for a divided twist, and
 * constant + at_x x_P w^2 + at_y y_P w^3 for the other; factors in fp2 vanish in the final exponentiation.
 * Source: [Costello-Lange-Naehrig 2010, section 5]. */
typedef fp element1;
typedef fp2 element2;
#define N 1
#include "points.h"
#define N 2
#include "points.h"

typedef enum { INVALID, INFINITE, FINITE } reading;

static bool all_zero(const uint8_t *bytes, int size) {
  uint64_t any = 0;
  for (int i = 0; i < size; i += 8) any |= *(const uint64_t *)(bytes + i);
  return any == 0;
}

/* The Frobenius map seen on the twist */
static void psi_affine(affine2 *r, const affine2 *q) {
  conj2(&r->x, &q->x), mul2(&r->x, &r->x, &PSI_X);
  conj2(&r->y, &q->y), mul2(&r->y, &r->y, &PSI_Y);
}

static void psi(point2 *r, const point2 *q) {
  affine2 coordinates = {q->x, q->y};
  psi_affine(&coordinates, &coordinates);
  r->x = coordinates.x, r->y = coordinates.y;
  conj2(&r->z, &q->z);
}

typedef struct { fp2 x, y, z; } projective2;
typedef struct { affine1 g1; affine2 g2; projective2 t; } pairing_input;

#define PAIRS_AT_ONCE 16 /* one chain of squarings serves so many pairs */

/* f *= the line at P */
static void absorb_line(fp12 *f, const fp2 *at_y, const fp2 *at_x, const fp2 *constant, const affine1 *p) {
  fp2 y, x, sum;
  fp6 aa, bb, s;
  scale2(&y, at_y, &p->y), scale2(&x, at_x, &p->x);
  add6(&s, &f->a, &f->b);
#if TWIST_IS_DIVIDED /* y + (x + constant v) w */
  mul2(&aa.a, &f->a.a, &y), mul2(&aa.b, &f->a.b, &y), mul2(&aa.c, &f->a.c, &y);
  mul6_by_01(&bb, &f->b, &x, constant);
  add2(&sum, &y, &x), mul6_by_01(&s, &s, &sum, constant);
#else /* constant + x v + y v w */
  mul6_by_01(&aa, &f->a, constant, &x);
  mul2(&bb.a, &f->b.a, &y), mul2(&bb.b, &f->b.b, &y), mul2(&bb.c, &f->b.c, &y), mul_v(&bb, &bb);
  add2(&sum, &x, &y), mul6_by_01(&s, &s, constant, &sum);
#endif
  sub6(&s, &s, &aa), sub6(&f->b, &s, &bb);
  mul_v(&bb, &bb), add6(&f->a, &aa, &bb);
}

/* t = 2 t, and the tangent */
static void double_step(fp12 *f, projective2 *t, const affine1 *p) {
  fp2 a, b, c, e, g, h, line_x, line_c;
  sqr2(&b, &t->y), sqr2(&c, &t->z);
  add2(&e, &c, &c), add2(&e, &e, &c), mul2(&e, &e, &TWIST_B); /* 3 b' Z^2 */
  add2(&h, &t->y, &t->z), sqr2(&h, &h), sub2(&h, &h, &b), sub2(&h, &h, &c); /* 2 Y Z */
  sqr2(&line_x, &t->x), add2(&a, &line_x, &line_x), add2(&line_x, &a, &line_x), neg2(&line_x, &line_x);
  sub2(&line_c, &b, &e);
  absorb_line(f, &h, &line_x, &line_c, p);
  /* Coordinates times 4, which saves halving: X = 2 X Y (B - 3 E), Y = (B + 3 E)^2 - 12 E^2, Z = 4 B H. */
  add2(&g, &e, &e), add2(&g, &g, &e);
  mul2(&a, &t->x, &t->y), add2(&a, &a, &a), sub2(&c, &b, &g), mul2(&t->x, &a, &c);
  add2(&g, &b, &g), sqr2(&g, &g);
  sqr2(&e, &e), add2(&e, &e, &e), add2(&e, &e, &e), sub2(&g, &g, &e), sub2(&g, &g, &e), sub2(&t->y, &g, &e);
  mul2(&b, &b, &h), add2(&b, &b, &b), add2(&t->z, &b, &b);
}

/* t = t + q, and the line through both */
static void add_step(fp12 *f, projective2 *t, const affine2 *q, const affine1 *p) {
  fp2 theta, lambda, c, d, e, g, h, line_x, line_c;
  mul2(&c, &q->y, &t->z), sub2(&theta, &t->y, &c);
  mul2(&d, &q->x, &t->z), sub2(&lambda, &t->x, &d);
  neg2(&line_x, &theta);
  mul2(&line_c, &theta, &q->x), mul2(&c, &lambda, &q->y), sub2(&line_c, &line_c, &c);
  absorb_line(f, &lambda, &line_x, &line_c, p);
  sqr2(&c, &theta), sqr2(&d, &lambda), mul2(&e, &lambda, &d), mul2(&c, &t->z, &c), mul2(&g, &t->x, &d);
  add2(&h, &e, &c), sub2(&h, &h, &g), sub2(&h, &h, &g);
  mul2(&t->x, &lambda, &h);
  sub2(&g, &g, &h), mul2(&g, &g, &theta), mul2(&h, &e, &t->y), sub2(&t->y, &g, &h);
  mul2(&t->z, &t->z, &e);
}

static void start_pair(pairing_input *pair) {
  pair->t.x = pair->g2.x, pair->t.y = pair->g2.y;
  memset(&pair->t.z, 0, sizeof(fp2));
  pair->t.z.a = ONE;
}

/* The squaring of a + b s where s^2 = xi, inside fp12 */
static inline void square_fp4(fp2 *c0, fp2 *c1, const fp2 *a, const fp2 *b) {
  fp2 aa, bb, s;
  sqr2(&aa, a), sqr2(&bb, b), add2(&s, a, b), sqr2(&s, &s);
  sub2(&s, &s, &aa), sub2(c1, &s, &bb);
  mul_xi(&bb, &bb), add2(c0, &aa, &bb);
}

/* z = 3 t - 2 x, and z = 3 t + 2 x */
static inline void three_less_two(fp2 *z, const fp2 *t, const fp2 *x) {
  fp2 s;
  sub2(&s, t, x), add2(&s, &s, &s), add2(z, &s, t);
}
static inline void three_and_two(fp2 *z, const fp2 *t, const fp2 *x) {
  fp2 s;
  add2(&s, t, x), add2(&s, &s, &s), add2(z, &s, t);
}

/* Squaring of an element whose order divides p^4 - p^2 + 1 [Granger-Scott 2010, section 3.2] */
static void square_cyclotomic(fp12 *z, const fp12 *x) {
  fp2 t0, t1, t2, t3, t4, t5;
  square_fp4(&t0, &t1, &x->a.a, &x->b.b);
  square_fp4(&t2, &t3, &x->b.a, &x->a.c);
  square_fp4(&t4, &t5, &x->a.b, &x->b.c);
  mul_xi(&t5, &t5);
  three_less_two(&z->a.a, &t0, &x->a.a), three_and_two(&z->b.b, &t1, &x->b.b);
  three_less_two(&z->a.b, &t2, &x->a.b), three_and_two(&z->b.c, &t3, &x->b.c);
  three_and_two(&z->b.a, &t5, &x->b.a), three_less_two(&z->a.c, &t4, &x->a.c);
}

/* z = x^PARAMETER for such an element */
static void power_cyclotomic(fp12 *z, const fp12 *x) {
  fp12 base = *x, result = *x;
  for (int i = 62 - __builtin_clzll(PARAMETER); i >= 0; i--) {
    square_cyclotomic(&result, &result);
    if (PARAMETER >> i & 1) mul12(&result, &result, &base);
  }
  *z = result;
}

/* f^((p^6 - 1) (p^2 + 1)) */
static void easy_exponentiation(fp12 *f) {
  fp12 t;
  inv12(&t, f), conj12(f, f), mul12(f, f, &t);
  frobenius(&t, f, 2), mul12(f, f, &t);
}
