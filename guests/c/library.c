/* Exercises the library itself. Input: what to do, then a destination offset, a source offset, a length and a value as
 * two bytes each. Memory functions work on 200 known bytes, which are the output, after the result's low byte. */
#include "zkvm_io.h"

void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
size_t strlen(const char *);
void *malloc(size_t);
void *calloc(size_t, size_t);
void *realloc(void *, size_t);
void free(void *);
_Noreturn void __assert_func(const char *, int, const char *, const char *);

static uint8_t memory[200];
static uint8_t constructed;

__attribute__((constructor)) static void construct(void) { constructed = 42; }

/* 1 when blocks are disjoint, aligned, zero where they must be, and keep their bytes as they grow. */
static uint8_t heap_works(void) {
  uint8_t *first = malloc(100), *second = calloc(10, 7);
  if (first == NULL || second == NULL || ((uintptr_t)first | (uintptr_t)second) % 16 != 0) return 2;
  for (int i = 0; i < 70; i++)
    if (second[i] != 0) return 3;
  memset(first, 7, 100);
  for (int i = 0; i < 70; i++)
    if (second[i] != 0) return 4;
  uint8_t *grown = realloc(first, 1000);
  if (grown == NULL || realloc(grown, 10) != grown) return 5;
  for (int i = 0; i < 100; i++)
    if (grown[i] != 7) return 6;
  free(grown);
  if (malloc((size_t)1 << 40) != NULL || malloc(SIZE_MAX) != NULL || calloc(SIZE_MAX, 2) != NULL) return 7;
  return realloc(NULL, 8) != NULL ? 1 : 8;
}

int main(void) {
  const uint8_t *input, *again;
  size_t size, same;
  uint16_t n[4];
  uint8_t result = 0;
  read_input(&input, &size);
  read_input(&again, &same);
  if (size != 9 || again != input || same != size) return 3;
  memcpy(n, input + 1, sizeof(n));
  for (int i = 0; i < 200; i++) memory[i] = (uint8_t)(i * 7 + 1);
  switch (input[0]) {
    case 'c': result = memcpy(memory + n[0], memory + n[1], n[2]) == memory + n[0]; break;
    case 'm': result = memmove(memory + n[0], memory + n[1], n[2]) == memory + n[0]; break;
    case 's': result = memset(memory + n[0], n[3], n[2]) == memory + n[0]; break;
    case 'b':
      memory[n[3]] ^= 1;
      for (int i = 100; i < 200; i++) memory[i] = (uint8_t)((i - 100) * 7 + 1);
      int order = memcmp(memory + n[0], memory + 100 + n[0], n[2]);
      result = order == 0 ? 0 : order < 0 ? 1 : 2;
      break;
    case 'l': memory[n[2]] = 0, result = (uint8_t)strlen((const char *)memory + n[0]); break;
    case 'i': result = constructed; break;
    case 'h': result = heap_works(); break;
    case 'r': result = zkvm_random_u64() != zkvm_random_u64(); break;
    case 'o': write_output(memory, 200), write_output(memory, 57); break;
    case 'a': abort();
    case 'A': __assert_func("file", 1, "function", "expression");
    case 'e': exit(-3);
    default: return 4;
  }
  write_output(&result, 1);
  write_output(memory, sizeof(memory));
  return 0;
}
