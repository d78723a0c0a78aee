/* Input: m, n as two bytes. Output: Ackermann's function of them, and the depth that the stack reached. */
#include "zkvm_io.h"

static uint64_t depth, deepest;

static uint64_t ackermann(uint64_t m, uint64_t n) {
  if (++depth > deepest) deepest = depth;
  uint64_t result = m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
  depth--;
  return result;
}

int main(void) {
  const uint8_t *input;
  size_t size;
  read_input(&input, &size);
  if (size != 2) return 1;
  uint64_t out[2] = {ackermann(input[0], input[1]), 0};
  out[1] = deepest;
  write_output((const uint8_t *)out, sizeof(out));
  return 0;
}
