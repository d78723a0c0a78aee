/* memcpy, memmove, memset, memcmp, strlen by doublewords. The machine takes misaligned accesses, at a small cost: the
 * destination is aligned first, the source is read as it lies. Compiled without builtins, or these would call
 * themselves. */
#include <stddef.h>
#include <stdint.h>

typedef uint64_t __attribute__((aligned(1), may_alias)) any_u64;

static inline uint64_t load(const uint8_t *p) { return *(const any_u64 *)p; }
static inline void store(uint8_t *p, uint64_t v) { *(any_u64 *)p = v; }

void *memcpy(void *restrict destination, const void *restrict source, size_t n) {
  uint8_t *d = destination;
  const uint8_t *s = source;
  if (n >= 16) {
    size_t lead = -(uintptr_t)d & 7;
    uint64_t first = load(s);
    store(d, first); /* covers the bytes up to the first aligned one */
    if (lead != 0) d += lead, s += lead, n -= lead;
    for (; n >= 64; d += 64, s += 64, n -= 64) {
      uint64_t a = load(s), b = load(s + 8), c = load(s + 16), e = load(s + 24);
      uint64_t f = load(s + 32), g = load(s + 40), h = load(s + 48), i = load(s + 56);
      store(d, a), store(d + 8, b), store(d + 16, c), store(d + 24, e);
      store(d + 32, f), store(d + 40, g), store(d + 48, h), store(d + 56, i);
    }
    for (; n >= 8; d += 8, s += 8, n -= 8) store(d, load(s));
  } else if (n >= 8) {
    store(d, load(s));
    d += 8, s += 8, n -= 8;
  }
  for (; n != 0; n--) *d++ = *s++;
  return destination;
}

void *memmove(void *destination, const void *source, size_t n) {
  uint8_t *d = destination;
  const uint8_t *s = source;
  if ((uintptr_t)d - (uintptr_t)s >= n) { /* forward is safe, byte for byte and doubleword for doubleword */
    for (; n >= 8; d += 8, s += 8, n -= 8) store(d, load(s));
    for (; n != 0; n--) *d++ = *s++;
  } else {
    for (; n >= 8; n -= 8) store(d + n - 8, load(s + n - 8));
    for (; n != 0; n--) d[n - 1] = s[n - 1];
  }
  return destination;
}

void *memset(void *destination, int value, size_t n) {
  uint8_t *d = destination;
  uint64_t v = (uint8_t)value * 0x0101010101010101u;
  for (; n != 0 && ((uintptr_t)d & 7) != 0; n--) *d++ = (uint8_t)value;
  for (; n >= 32; d += 32, n -= 32) store(d, v), store(d + 8, v), store(d + 16, v), store(d + 24, v);
  for (; n >= 8; d += 8, n -= 8) store(d, v);
  for (; n != 0; n--) *d++ = (uint8_t)value;
  return destination;
}

int memcmp(const void *left, const void *right, size_t n) {
  const uint8_t *a = left, *b = right;
  for (; n >= 8; a += 8, b += 8, n -= 8)
    if (load(a) != load(b)) break;
  for (; n != 0; a++, b++, n--)
    if (*a != *b) return *a - *b;
  return 0;
}

int bcmp(const void *left, const void *right, size_t n) { return memcmp(left, right, n); }

size_t strlen(const char *text) {
  const char *end = text;
  while (*end != 0) end++;
  return (size_t)(end - text);
}
