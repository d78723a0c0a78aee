/* The eth-act accelerator interface. Byte layouts are those of the EVM precompiles, without padding.
 *
 * The library defines the whole interface; docs/guests.md says which functions run as software in the guest and what
 * they cost. A function returns ZKVM_EFAIL for arguments that no EVM precompile takes (coordinates that are not reduced,
 * points off the curve or, where EIP-197, EIP-2537 and EIP-4844 ask for it, outside the subgroup). Counts may be zero:
 * the empty sum is infinity and the empty pairing check holds, also where a precompile refuses empty input. */
#ifndef ZKVM_ACCELERATORS_H
#define ZKVM_ACCELERATORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { ZKVM_EOK = 0, ZKVM_EFAIL = -1 } zkvm_status;

#ifdef __cplusplus
#define ZKVM_ALIGNED alignas(8)
#else
#define ZKVM_ALIGNED _Alignas(8)
#endif
#define ZKVM_BYTES(N) typedef struct { ZKVM_ALIGNED uint8_t data[N]; } zkvm_bytes_##N
ZKVM_BYTES(16);
ZKVM_BYTES(32);
ZKVM_BYTES(48);
ZKVM_BYTES(64);
ZKVM_BYTES(96);
ZKVM_BYTES(128);
ZKVM_BYTES(192);
#undef ZKVM_BYTES

typedef zkvm_bytes_32 zkvm_keccak256_hash, zkvm_sha256_hash, zkvm_ripemd160_hash;
typedef zkvm_bytes_32 zkvm_secp256k1_hash, zkvm_secp256r1_hash, zkvm_bn254_scalar, zkvm_bls12_381_scalar;
typedef zkvm_bytes_64 zkvm_secp256k1_signature, zkvm_secp256k1_pubkey, zkvm_secp256r1_signature, zkvm_secp256r1_pubkey;
typedef zkvm_bytes_64 zkvm_bn254_g1_point, zkvm_blake2f_state;
typedef zkvm_bytes_128 zkvm_bn254_g2_point, zkvm_blake2f_message;
typedef zkvm_bytes_16 zkvm_blake2f_offset;
typedef zkvm_bytes_48 zkvm_kzg_commitment, zkvm_kzg_proof, zkvm_bls12_381_fp;
typedef zkvm_bytes_32 zkvm_kzg_field_element;
typedef zkvm_bytes_96 zkvm_bls12_381_g1_point, zkvm_bls12_381_fp2;
typedef zkvm_bytes_192 zkvm_bls12_381_g2_point;

typedef struct { zkvm_bn254_g1_point g1; zkvm_bn254_g2_point g2; } zkvm_bn254_pairing_pair;
typedef struct { zkvm_bls12_381_g1_point point; zkvm_bls12_381_scalar scalar; } zkvm_bls12_381_g1_msm_pair;
typedef struct { zkvm_bls12_381_g2_point point; zkvm_bls12_381_scalar scalar; } zkvm_bls12_381_g2_msm_pair;
typedef struct { zkvm_bls12_381_g1_point g1; zkvm_bls12_381_g2_point g2; } zkvm_bls12_381_pairing_pair;

zkvm_status zkvm_keccak256(const uint8_t *data, size_t len, zkvm_keccak256_hash *output);
zkvm_status zkvm_secp256k1_verify(const zkvm_secp256k1_hash *msg, const zkvm_secp256k1_signature *sig,
                                  const zkvm_secp256k1_pubkey *pubkey, bool *verified);
zkvm_status zkvm_secp256k1_ecrecover(const zkvm_secp256k1_hash *msg, const zkvm_secp256k1_signature *sig,
                                     uint8_t recid, zkvm_secp256k1_pubkey *output);
zkvm_status zkvm_sha256(const uint8_t *data, size_t len, zkvm_sha256_hash *output);
zkvm_status zkvm_ripemd160(const uint8_t *data, size_t len, zkvm_ripemd160_hash *output);
zkvm_status zkvm_modexp(const uint8_t *base, size_t base_len, const uint8_t *exp, size_t exp_len,
                        const uint8_t *modulus, size_t mod_len, uint8_t *output);
zkvm_status zkvm_bn254_g1_add(const zkvm_bn254_g1_point *p1, const zkvm_bn254_g1_point *p2,
                              zkvm_bn254_g1_point *result);
zkvm_status zkvm_bn254_g1_mul(const zkvm_bn254_g1_point *point, const zkvm_bn254_scalar *scalar,
                              zkvm_bn254_g1_point *result);
zkvm_status zkvm_bn254_pairing(const zkvm_bn254_pairing_pair *pairs, size_t num_pairs, bool *verified);
zkvm_status zkvm_blake2f(uint32_t rounds, zkvm_blake2f_state *h, const zkvm_blake2f_message *m,
                         const zkvm_blake2f_offset *t, uint8_t f);
zkvm_status zkvm_kzg_point_eval(const zkvm_kzg_commitment *commitment, const zkvm_kzg_field_element *z,
                                const zkvm_kzg_field_element *y, const zkvm_kzg_proof *proof, bool *verified);
zkvm_status zkvm_bls12_g1_add(const zkvm_bls12_381_g1_point *p1, const zkvm_bls12_381_g1_point *p2,
                              zkvm_bls12_381_g1_point *result);
zkvm_status zkvm_bls12_g1_msm(const zkvm_bls12_381_g1_msm_pair *pairs, size_t num_pairs,
                              zkvm_bls12_381_g1_point *result);
zkvm_status zkvm_bls12_g2_add(const zkvm_bls12_381_g2_point *p1, const zkvm_bls12_381_g2_point *p2,
                              zkvm_bls12_381_g2_point *result);
zkvm_status zkvm_bls12_g2_msm(const zkvm_bls12_381_g2_msm_pair *pairs, size_t num_pairs,
                              zkvm_bls12_381_g2_point *result);
zkvm_status zkvm_bls12_pairing(const zkvm_bls12_381_pairing_pair *pairs, size_t num_pairs, bool *verified);
zkvm_status zkvm_bls12_map_fp_to_g1(const zkvm_bls12_381_fp *field_element, zkvm_bls12_381_g1_point *result);
zkvm_status zkvm_bls12_map_fp2_to_g2(const zkvm_bls12_381_fp2 *field_element, zkvm_bls12_381_g2_point *result);
zkvm_status zkvm_secp256r1_verify(const zkvm_secp256r1_hash *msg, const zkvm_secp256r1_signature *sig,
                                  const zkvm_secp256r1_pubkey *pubkey, bool *verified);

#ifdef __cplusplus
}
#endif

#endif
