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

/* Pairings and BLS12-381: the arguments in the order of the interface, as many as there are. */
static zkvm_status pairing_call(uint8_t function, const uint8_t *a, size_t size) {
  static _Alignas(8) uint8_t data[1 << 16];
  static union { zkvm_bls12_381_g1_point g1; zkvm_bls12_381_g2_point g2; } out;
  bool ok = false;
  if (size > sizeof(data)) abort();
  memcpy(data, a, size);
  const zkvm_bls12_381_g1_point *g1 = (const zkvm_bls12_381_g1_point *)data;
  const zkvm_bls12_381_g2_point *g2 = (const zkvm_bls12_381_g2_point *)data;
  zkvm_status status = ZKVM_EFAIL;
  switch (function) {
    case '=': status = zkvm_bn254_pairing((const void *)data, size / 192, &ok); break;
    case '?': status = zkvm_bls12_pairing((const void *)data, size / 288, &ok); break;
    case 'Z': status = zkvm_kzg_point_eval((const void *)data, (const void *)(data + 48), (const void *)(data + 80),
                                           (const void *)(data + 112), &ok); break;
    case '1': status = zkvm_bls12_g1_add(g1, g1 + 1, &out.g1); break;
    case '2': status = zkvm_bls12_g2_add(g2, g2 + 1, &out.g2); break;
    case '3': status = zkvm_bls12_g1_msm((const void *)data, size / 128, &out.g1); break;
    case '4': status = zkvm_bls12_g2_msm((const void *)data, size / 224, &out.g2); break;
    case '5': status = zkvm_bls12_map_fp_to_g1((const void *)data, &out.g1); break;
    case '6': status = zkvm_bls12_map_fp2_to_g2((const void *)data, &out.g2); break;
  }
  bool is_check = function == '=' || function == '?' || function == 'Z';
  result_size = is_check ? 1 : function % 2 == 1 ? 96 : 192;
  if (is_check) result[0] = ok;
  else memcpy(result, out.g2.data, result_size);
  return status;
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
    case 'k': case 'p': case 'e': case '+': case '*': status = curve_call(input[0], a); break;
    default: status = pairing_call(input[0], a, size - 1);
  }
  if (input[0] == 'K' || input[0] == 'S' || input[0] == 'R') memcpy(result, digest.data, 32);
  uint8_t code = (uint8_t)status;
  write_output(&code, 1);
  if (status == ZKVM_EOK) write_output(result, result_size);
  return 0;
}
