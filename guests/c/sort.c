/* Sorts the 64-bit integers of the input (quicksort) and outputs the keccak-256 of the sorted array. */
#include "zkvm_accelerators.h"
#include "zkvm_io.h"

void *malloc(size_t);
void *memcpy(void *, const void *, size_t);

static void sort(uint64_t *a, long n) {
  if (n < 2) return;
  uint64_t pivot = a[n / 2];
  long i = 0, j = n - 1;
  for (;; i++, j--) {
    while (a[i] < pivot) i++;
    while (a[j] > pivot) j--;
    if (i >= j) break;
    uint64_t t = a[i];
    a[i] = a[j], a[j] = t;
  }
  sort(a, i);
  sort(a + i, n - i);
}

int main(void) {
  const uint8_t *input;
  size_t size;
  zkvm_keccak256_hash digest;
  read_input(&input, &size);
  uint64_t *numbers = malloc(size);
  if (numbers == NULL || size % 8 != 0) return 1;
  memcpy(numbers, input, size);
  sort(numbers, (long)(size / 8));
  zkvm_keccak256((const uint8_t *)numbers, size, &digest);
  write_output(digest.data, sizeof(digest.data));
  return 0;
}
