/* Doubles in software. Input: x as 8 bytes. Output: the bits of 1000 steps of a logistic map, of Newton's square root
 * of x, and of sums that round. */
#include "zkvm_io.h"

void *memcpy(void *, const void *, size_t);

int main(void) {
  const uint8_t *input;
  size_t size;
  double x, out[3] = {0.1, 1.0, 0.0};
  read_input(&input, &size);
  if (size != 8) return 1;
  memcpy(&x, input, 8);
  for (int i = 0; i < 1000; i++) out[0] = 3.9 * out[0] * (1.0 - out[0]);
  for (int i = 0; i < 40; i++) out[1] = 0.5 * (out[1] + x / out[1]);
  for (int i = 1; i <= 1000; i++) out[2] += (i % 3 == 0 ? -1.0 : 1.0) / (double)i + (double)(float)i * 1e-9;
  write_output((const uint8_t *)out, sizeof(out));
  return 0;
}
