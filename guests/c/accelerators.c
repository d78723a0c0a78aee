/* Calls one function of the accelerator interface on the input: byte 0 says which, the rest are its arguments.
 * Output: the status (0 or 255), then the result. */
#include "zkvm_accelerators.h"
#include "zkvm_io.h"

void *memcpy(void *, const void *, size_t);

static uint8_t result[256];
static size_t result_size;

static zkvm_status curve_call(uint8_t function, const uint8_t *a) {
  static zkvm_bytes_32 hash;
  static zkvm_bytes_64 first, second, out;
  bool ok = false;
  zkvm_status status = ZKVM_EFAIL;
  memcpy(&hash, a, 32), memcpy(&first, a + 32, 64), memcpy(&second, a + 96, 64);
  switch (function) {
    case 'k': status = zkvm_secp256k1_verify(&hash, &first, &second, &ok); break;
    case 'p': status = zkvm_secp256r1_verify(&hash, &first, &second, &ok); break;
    case 'e': status = zkvm_secp256k1_ecrecover(&hash, &first, a[96], &out); break;
    case '+': status = zkvm_bn254_g1_add(&first, &second, &out); break;
    case '*': status = zkvm_bn254_g1_mul(&first, &hash, &out); break;
  }
  bool is_verify = function == 'k' || function == 'p';
  result_size = is_verify ? 1 : 64;
  if (is_verify) result[0] = ok;
  else memcpy(result, out.data, 64);
  return status;
}

static zkvm_status blake2(const uint8_t *a) {
  static zkvm_blake2f_state h;
  static zkvm_blake2f_message m;
  static zkvm_blake2f_offset t;
  uint32_t rounds;
  memcpy(&rounds, a, 4), memcpy(&h, a + 4, 64), memcpy(&m, a + 68, 128), memcpy(&t, a + 196, 16);
  zkvm_status status = zkvm_blake2f(rounds, &h, &m, &t, a[212]);
  memcpy(result, h.data, 64);
  result_size = 64;
  return status;
}

static zkvm_status modexp(const uint8_t *a) {
  uint16_t lengths[3];
  memcpy(lengths, a, 6);
  const uint8_t *base = a + 6, *exponent = base + lengths[0], *modulus = exponent + lengths[1];
  if (lengths[2] > 255) abort();
  result_size = lengths[2];
  return zkvm_modexp(base, lengths[0], exponent, lengths[1], modulus, lengths[2], result);
}

int main(void) {
  const uint8_t *input;
  size_t size;
  static zkvm_bytes_32 digest;
  zkvm_status status;
  read_input(&input, &size);
  if (size == 0) return 1;
  const uint8_t *a = input + 1;
  result_size = 32;
  switch (input[0]) {
    case 'K': status = zkvm_keccak256(a, size - 1, &digest); break;
    case 'S': status = zkvm_sha256(a, size - 1, &digest); break;
    case 'R': status = zkvm_ripemd160(a, size - 1, &digest); break;
    case 'B': status = blake2(a); break;
    case 'M': status = modexp(a); break;
    default: status = curve_call(input[0], a);
  }
  if (input[0] == 'K' || input[0] == 'S' || input[0] == 'R') memcpy(result, digest.data, 32);
  uint8_t code = (uint8_t)status;
  write_output(&code, 1);
  if (status == ZKVM_EOK) write_output(result, result_size);
  return 0;
}
