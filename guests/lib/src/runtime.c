/* Start, end, input, output and heap of a guest. */
#include "hstar_layout.h"
#include "zkvm_io.h"

typedef void (*constructor)(void);
extern const constructor _init_array_start[], _init_array_end[];
extern uint8_t _heap_start[], _heap_end[];

void *memcpy(void *, const void *, size_t);
void *memset(void *, int, size_t);

void hstar_run_constructors(void) {
  for (const constructor *f = _init_array_start; f < _init_array_end; f++) (*f)();
}

_Noreturn void exit(int code) {
  register long a0 __asm__("a0") = code;
  register long a7 __asm__("a7") = HSTAR_SYSCALL_EXIT;
  __asm__ volatile("ecall" : : "r"(a0), "r"(a7) : "memory");
  __builtin_trap();
}

_Noreturn void _exit(int code) { exit(code); }
_Noreturn void abort(void) { exit(134); }

/* Both common forms of what assert() calls when it fails. */
_Noreturn void __assert_func(const char *file, int line, const char *function, const char *expression) {
  (void)file, (void)line, (void)function, (void)expression;
  abort();
}
_Noreturn void __assert_fail(const char *expression, const char *file, unsigned line, const char *function) {
  (void)file, (void)line, (void)function, (void)expression;
  abort();
}

void read_input(const uint8_t **buf_ptr, size_t *buf_size) {
  *buf_ptr = (const uint8_t *)HSTAR_INPUT_START + 8;
  *buf_size = *(const volatile uint64_t *)HSTAR_INPUT_START;
}

void write_output(const uint8_t *output, size_t size) {
  volatile uint64_t *length = (volatile uint64_t *)HSTAR_OUTPUT_START;
  uint64_t used = *length;
  if (size > HSTAR_MAX_OUTPUT_BYTES - used) abort();
  memcpy((uint8_t *)HSTAR_OUTPUT_START + 8 + used, output, size);
  *length = used + size;
}

uint64_t zkvm_random_u64(void) {
  static uint64_t state;
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

/* A heap that only grows: guests are short-lived, and the machine's memory is sparse. The size stands before each
 * block, for realloc. Weak, so that a guest may bring its own. */
static uint8_t *heap_next;

__attribute__((weak)) void *malloc(size_t size) {
  if (heap_next == NULL) heap_next = _heap_start;
  if (size > (size_t)(_heap_end - heap_next) - 32) return NULL;
  uint64_t *block = (uint64_t *)heap_next;
  block[0] = size;
  heap_next += (size + 16 + 15) & ~(size_t)15;
  return block + 2;
}

__attribute__((weak)) void free(void *pointer) { (void)pointer; }

__attribute__((weak)) void *calloc(size_t count, size_t size) {
  size_t total;
  if (__builtin_mul_overflow(count, size, &total)) return NULL;
  return malloc(total); /* fresh memory is zero */
}

__attribute__((weak)) void *realloc(void *pointer, size_t size) {
  if (pointer == NULL) return malloc(size);
  uint64_t *header = (uint64_t *)pointer - 2;
  uint64_t before = header[0];
  if (size <= before) return pointer;
  void *moved = malloc(size);
  if (moved != NULL) memcpy(moved, pointer, before);
  return moved;
}
