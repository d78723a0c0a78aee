/* secp256k1, secp256r1 and bn254 G1 in software: one short Weierstrass curve over a 256-bit prime, four 64-bit limbs in
 * Montgomery form, Jacobian coordinates. Nothing here is constant-time: a guest has no secrets to leak. */
#include "zkvm_accelerators.h"

void *memset(void *, int, size_t);

typedef unsigned __int128 u128;
typedef struct { uint64_t w[4]; } number;
typedef struct { number m, one, r2; uint64_t inverse; } modulus; /* one = 2^256 mod m, r2 = 2^512 mod m */
typedef struct { number x, y, z; } point; /* z = 0: infinity */
typedef struct { modulus p, n; number a, b; point g; } curve;
typedef struct { number p, n, a, b, gx, gy; } constants;

static const constants SECP256K1 = {
    {{0xfffffffefffffc2f, ~0ul, ~0ul, ~0ul}},
    {{0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe, ~0ul}},
    {{0}},
    {{7}},
    {{0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac}},
    {{0x9c47d08ffb10d4b8, 0xfd17b448a6855419, 0x5da4fbfc0e1108a8, 0x483ada7726a3c465}}};
static const constants SECP256R1 = {
    {{~0ul, 0x00000000ffffffff, 0, 0xffffffff00000001}},
    {{0xf3b9cac2fc632551, 0xbce6faada7179e84, ~0ul, 0xffffffff00000000}},
    {{0xfffffffffffffffc, 0x00000000ffffffff, 0, 0xffffffff00000001}},
    {{0x3bce3c3e27d2604b, 0x651d06b0cc53b0f6, 0xb3ebbd55769886bc, 0x5ac635d8aa3a93e7}},
    {{0xf4a13945d898c296, 0x77037d812deb33a0, 0xf8bce6e563a440f2, 0x6b17d1f2e12c4247}},
    {{0xcbb6406837bf51f5, 0x2bce33576b315ece, 0x8ee7eb4a7c0f9e16, 0x4fe342e2fe1a7f9b}}};
static const constants BN254 = {
    {{0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029}},
    {{0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029}},
    {{0}},
    {{3}},
    {{1}},
    {{2}}};

static bool is_zero(const number *x) { return (x->w[0] | x->w[1] | x->w[2] | x->w[3]) == 0; }

static bool equal(const number *x, const number *y) {
  return ((x->w[0] ^ y->w[0]) | (x->w[1] ^ y->w[1]) | (x->w[2] ^ y->w[2]) | (x->w[3] ^ y->w[3])) == 0;
}

static bool below(const number *x, const number *y) {
  for (int i = 3; i >= 0; i--)
    if (x->w[i] != y->w[i]) return x->w[i] < y->w[i];
  return false;
}

static uint64_t add_raw(number *z, const number *x, const number *y) {
  u128 c = 0;
  for (int i = 0; i < 4; i++) c += (u128)x->w[i] + y->w[i], z->w[i] = (uint64_t)c, c >>= 64;
  return (uint64_t)c;
}

static uint64_t sub_raw(number *z, const number *x, const number *y) {
  uint64_t borrow = 0;
  for (int i = 0; i < 4; i++) {
    u128 d = (u128)x->w[i] - y->w[i] - borrow;
    z->w[i] = (uint64_t)d;
    borrow = (uint64_t)(d >> 64) & 1;
  }
  return borrow;
}

static void add(number *z, const number *x, const number *y, const modulus *m) {
  uint64_t carry = add_raw(z, x, y);
  if (carry || !below(z, &m->m)) sub_raw(z, z, &m->m);
}

static void sub(number *z, const number *x, const number *y, const modulus *m) {
  if (sub_raw(z, x, y)) add_raw(z, z, &m->m);
}

/* z = x y / 2^256 mod m (Montgomery). */
static void mul(number *z, const number *x, const number *y, const modulus *m) {
  uint64_t t[6] = {0};
  for (int i = 0; i < 4; i++) {
    u128 c = 0;
    for (int j = 0; j < 4; j++) c += (u128)x->w[j] * y->w[i] + t[j], t[j] = (uint64_t)c, c >>= 64;
    c += t[4], t[4] = (uint64_t)c, t[5] = (uint64_t)(c >> 64);
    uint64_t q = t[0] * m->inverse;
    c = ((u128)q * m->m.w[0] + t[0]) >> 64;
    for (int j = 1; j < 4; j++) c += (u128)q * m->m.w[j] + t[j], t[j - 1] = (uint64_t)c, c >>= 64;
    c += t[4], t[3] = (uint64_t)c, t[4] = t[5] + (uint64_t)(c >> 64);
  }
  number r = {{t[0], t[1], t[2], t[3]}};
  if (t[4] || !below(&r, &m->m)) sub_raw(&r, &r, &m->m);
  *z = r;
}

static void make_modulus(modulus *out, const number *m) {
  out->m = *m;
  uint64_t inverse = 1;
  for (int i = 0; i < 6; i++) inverse *= 2 - m->w[0] * inverse;
  out->inverse = -inverse;
  number x = {{1}};
  for (int i = 0; i < 512; i++) {
    add(&x, &x, &x, out);
    if (i == 255) out->one = x;
  }
  out->r2 = x;
}

static void to_form(number *z, const number *x, const modulus *m) { mul(z, x, &m->r2, m); }

static void from_form(number *z, const number *x, const modulus *m) {
  number one = {{1}};
  mul(z, x, &one, m);
}

static void power(number *z, const number *x, const number *exponent, const modulus *m) {
  number base = *x, result = m->one;
  for (int i = 255; i >= 0; i--) {
    mul(&result, &result, &result, m);
    if (exponent->w[i / 64] >> (i % 64) & 1) mul(&result, &result, &base, m);
  }
  *z = result;
}

static void invert(number *z, const number *x, const modulus *m) {
  number two = {{2}}, exponent;
  sub_raw(&exponent, &m->m, &two);
  power(z, x, &exponent, m);
}

static void read_number(number *out, const uint8_t *bytes) {
  for (int i = 0; i < 4; i++) out->w[3 - i] = __builtin_bswap64(*(const uint64_t *)(bytes + 8 * i));
}

static void write_number(uint8_t *bytes, const number *x) {
  for (int i = 0; i < 4; i++) *(uint64_t *)(bytes + 8 * i) = __builtin_bswap64(x->w[3 - i]);
}

static void make_curve(curve *c, const constants *k) {
  make_modulus(&c->p, &k->p);
  make_modulus(&c->n, &k->n);
  to_form(&c->a, &k->a, &c->p);
  to_form(&c->b, &k->b, &c->p);
  to_form(&c->g.x, &k->gx, &c->p);
  to_form(&c->g.y, &k->gy, &c->p);
  c->g.z = c->p.one;
}

/* x^3 + a x + b */
static void right_side(number *z, const number *x, const curve *c) {
  number t;
  mul(&t, x, x, &c->p);
  add(&t, &t, &c->a, &c->p);
  mul(&t, &t, x, &c->p);
  add(z, &t, &c->b, &c->p);
}

static void double_point(point *r, const point *q, const curve *c) {
  const modulus *p = &c->p;
  number yy, s, m, zz, t;
  mul(&yy, &q->y, &q->y, p);
  mul(&s, &q->x, &yy, p);
  add(&s, &s, &s, p), add(&s, &s, &s, p);
  mul(&m, &q->x, &q->x, p);
  add(&t, &m, &m, p), add(&m, &t, &m, p);
  if (!is_zero(&c->a)) {
    mul(&zz, &q->z, &q->z, p);
    mul(&t, &zz, &zz, p), mul(&t, &t, &c->a, p);
    add(&m, &m, &t, p);
  }
  mul(&t, &q->y, &q->z, p);
  add(&r->z, &t, &t, p);
  mul(&t, &m, &m, p);
  sub(&t, &t, &s, p), sub(&r->x, &t, &s, p);
  sub(&s, &s, &r->x, p), mul(&s, &s, &m, p);
  mul(&yy, &yy, &yy, p);
  add(&yy, &yy, &yy, p), add(&yy, &yy, &yy, p), add(&yy, &yy, &yy, p);
  sub(&r->y, &s, &yy, p);
}

static void add_points(point *r, const point *q1, const point *q2, const curve *c) {
  const modulus *p = &c->p;
  if (is_zero(&q1->z)) { *r = *q2; return; }
  if (is_zero(&q2->z)) { *r = *q1; return; }
  number zz1, zz2, u1, u2, s1, s2, h, hh, t;
  mul(&zz1, &q1->z, &q1->z, p), mul(&zz2, &q2->z, &q2->z, p);
  mul(&u1, &q1->x, &zz2, p), mul(&u2, &q2->x, &zz1, p);
  mul(&s1, &q1->y, &zz2, p), mul(&s1, &s1, &q2->z, p);
  mul(&s2, &q2->y, &zz1, p), mul(&s2, &s2, &q1->z, p);
  if (equal(&u1, &u2)) {
    if (equal(&s1, &s2)) double_point(r, q1, c);
    else memset(r, 0, sizeof(*r));
    return;
  }
  sub(&h, &u2, &u1, p), sub(&s2, &s2, &s1, p);
  mul(&t, &q1->z, &q2->z, p), mul(&r->z, &t, &h, p);
  mul(&hh, &h, &h, p), mul(&u1, &u1, &hh, p), mul(&hh, &hh, &h, p);
  mul(&t, &s2, &s2, p);
  sub(&t, &t, &hh, p), sub(&t, &t, &u1, p), sub(&r->x, &t, &u1, p);
  sub(&u1, &u1, &r->x, p), mul(&u1, &u1, &s2, p);
  mul(&s1, &s1, &hh, p);
  sub(&r->y, &u1, &s1, p);
}

/* r = k1 q1 + k2 q2, both scalars plain integers (Shamir's trick). */
static void combine(point *r, const number *k1, const point *q1, const number *k2, const point *q2, const curve *c) {
  point sum, result;
  add_points(&sum, q1, q2, c);
  memset(&result, 0, sizeof(result));
  for (int i = 255; i >= 0; i--) {
    point t;
    if (!is_zero(&result.z)) double_point(&t, &result, c), result = t;
    int bits = (int)(k1->w[i / 64] >> (i % 64) & 1) | (int)(k2->w[i / 64] >> (i % 64) & 1) << 1;
    if (bits == 0) continue;
    add_points(&t, &result, bits == 1 ? q1 : bits == 2 ? q2 : &sum, c);
    result = t;
  }
  *r = result;
}

/* r = k q, four bits at a time; k is a plain integer. */
static void multiply_point(point *r, const number *k, const point *q, const curve *c) {
  point multiples[16], t;
  memset(r, 0, sizeof(*r)), memset(&multiples[0], 0, sizeof(point)), multiples[1] = *q;
  for (int i = 2; i < 16; i++) add_points(&multiples[i], &multiples[i - 1], q, c);
  for (int i = 63; i >= 0; i--) {
    for (int j = 0; j < 4 && !is_zero(&r->z); j++) double_point(&t, r, c), *r = t;
    add_points(&t, r, &multiples[k->w[i / 16] >> 4 * (i % 16) & 15], c), *r = t;
  }
}

/* Plain affine coordinates; false for infinity. */
static bool to_affine(number *x, number *y, const point *q, const curve *c) {
  if (is_zero(&q->z)) return false;
  number i, t;
  invert(&i, &q->z, &c->p);
  mul(&t, &i, &i, &c->p);
  mul(x, &q->x, &t, &c->p), from_form(x, x, &c->p);
  mul(&t, &t, &i, &c->p);
  mul(y, &q->y, &t, &c->p), from_form(y, y, &c->p);
  return true;
}

/* Reads x || y; false unless it is a point of the curve other than infinity. */
static bool read_point(point *q, const uint8_t *bytes, const curve *c) {
  number x, y, left, right;
  read_number(&x, bytes), read_number(&y, bytes + 32);
  if (!below(&x, &c->p.m) || !below(&y, &c->p.m)) return false;
  to_form(&q->x, &x, &c->p), to_form(&q->y, &y, &c->p);
  q->z = c->p.one;
  mul(&left, &q->y, &q->y, &c->p);
  right_side(&right, &q->x, c);
  return equal(&left, &right);
}

/* Reads r || s; false unless both are in [1, n). */
static bool read_signature(number *r, number *s, const uint8_t *bytes, const curve *c) {
  read_number(r, bytes), read_number(s, bytes + 32);
  return !is_zero(r) && !is_zero(s) && below(r, &c->n.m) && below(s, &c->n.m);
}

/* The message hash modulo n. */
static void read_hash(number *z, const uint8_t *bytes, const curve *c) {
  read_number(z, bytes);
  if (!below(z, &c->n.m)) sub_raw(z, z, &c->n.m);
}

static zkvm_status verify(const constants *k, const uint8_t *msg, const uint8_t *sig, const uint8_t *key, bool *ok) {
  curve c;
  point q, sum;
  number r, s, z, u1, u2, x, y;
  *ok = false;
  make_curve(&c, k);
  if (!read_signature(&r, &s, sig, &c) || !read_point(&q, key, &c)) return ZKVM_EOK;
  read_hash(&z, msg, &c);
  to_form(&s, &s, &c.n), invert(&s, &s, &c.n);
  mul(&u1, &z, &s, &c.n), mul(&u2, &r, &s, &c.n); /* plain times Montgomery form is plain */
  combine(&sum, &u1, &c.g, &u2, &q, &c);
  if (!to_affine(&x, &y, &sum, &c)) return ZKVM_EOK;
  if (!below(&x, &c.n.m)) sub_raw(&x, &x, &c.n.m);
  *ok = equal(&x, &r);
  return ZKVM_EOK;
}

zkvm_status zkvm_secp256k1_verify(const zkvm_secp256k1_hash *msg, const zkvm_secp256k1_signature *sig,
                                  const zkvm_secp256k1_pubkey *pubkey, bool *verified) {
  return verify(&SECP256K1, msg->data, sig->data, pubkey->data, verified);
}

zkvm_status zkvm_secp256r1_verify(const zkvm_secp256r1_hash *msg, const zkvm_secp256r1_signature *sig,
                                  const zkvm_secp256r1_pubkey *pubkey, bool *verified) {
  return verify(&SECP256R1, msg->data, sig->data, pubkey->data, verified);
}

zkvm_status zkvm_secp256k1_ecrecover(const zkvm_secp256k1_hash *msg, const zkvm_secp256k1_signature *sig,
                                     uint8_t recid, zkvm_secp256k1_pubkey *output) {
  curve c;
  point q, sum;
  number r, s, z, x, y, t, exponent, one = {{1}};
  make_curve(&c, &SECP256K1);
  if (recid > 3 || !read_signature(&r, &s, sig->data, &c)) return ZKVM_EFAIL;
  x = r;
  if (recid & 2 && (add_raw(&x, &x, &c.n.m) || !below(&x, &c.p.m))) return ZKVM_EFAIL;
  to_form(&q.x, &x, &c.p);
  right_side(&t, &q.x, &c);
  add_raw(&exponent, &c.p.m, &one); /* (p + 1) / 4, and p + 1 does not overflow */
  for (int i = 0; i < 4; i++) exponent.w[i] = exponent.w[i] >> 2 | (i < 3 ? exponent.w[i + 1] << 62 : 0);
  power(&q.y, &t, &exponent, &c.p);
  mul(&y, &q.y, &q.y, &c.p);
  if (!equal(&y, &t)) return ZKVM_EFAIL;
  from_form(&y, &q.y, &c.p);
  if ((y.w[0] & 1) != (recid & 1)) memset(&t, 0, sizeof(t)), sub(&q.y, &t, &q.y, &c.p);
  q.z = c.p.one;
  read_hash(&z, msg->data, &c);
  to_form(&r, &r, &c.n), invert(&r, &r, &c.n);
  memset(&t, 0, sizeof(t));
  mul(&z, &z, &r, &c.n), sub(&z, &t, &z, &c.n); /* -z / r */
  mul(&s, &s, &r, &c.n);
  combine(&sum, &z, &c.g, &s, &q, &c);
  if (!to_affine(&x, &y, &sum, &c)) return ZKVM_EFAIL;
  write_number(output->data, &x), write_number(output->data + 32, &y);
  return ZKVM_EOK;
}

/* EIP-196: infinity is 64 zero bytes. */
static bool read_bn254(point *q, const zkvm_bn254_g1_point *in, const curve *c) {
  const uint64_t *w = (const uint64_t *)in->data;
  memset(q, 0, sizeof(*q));
  if ((w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7]) == 0) return true;
  return read_point(q, in->data, c);
}

static void write_bn254(zkvm_bn254_g1_point *out, const point *q, const curve *c) {
  number x = {{0}}, y = {{0}};
  to_affine(&x, &y, q, c);
  write_number(out->data, &x), write_number(out->data + 32, &y);
}

zkvm_status zkvm_bn254_g1_add(const zkvm_bn254_g1_point *p1, const zkvm_bn254_g1_point *p2,
                              zkvm_bn254_g1_point *result) {
  curve c;
  point q1, q2, sum;
  make_curve(&c, &BN254);
  if (!read_bn254(&q1, p1, &c) || !read_bn254(&q2, p2, &c)) return ZKVM_EFAIL;
  add_points(&sum, &q1, &q2, &c);
  write_bn254(result, &sum, &c);
  return ZKVM_EOK;
}

zkvm_status zkvm_bn254_g1_mul(const zkvm_bn254_g1_point *input, const zkvm_bn254_scalar *scalar,
                              zkvm_bn254_g1_point *result) {
  curve c;
  point q, product;
  number k;
  make_curve(&c, &BN254);
  if (!read_bn254(&q, input, &c)) return ZKVM_EFAIL;
  read_number(&k, scalar->data);
  multiply_point(&product, &k, &q, &c);
  write_bn254(result, &product, &c);
  return ZKVM_EOK;
}
