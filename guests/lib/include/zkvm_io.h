/* Input and output of a guest (eth-act zkVM standards: io-interface, termination semantics, host randomness). */
#ifndef ZKVM_IO_H
#define ZKVM_IO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define HSTAR_NORETURN [[noreturn]]
#else
#define HSTAR_NORETURN _Noreturn
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The private input: not copied, the same at every call; size 0 where there is none. */
void read_input(const uint8_t **buf_ptr, size_t *buf_size);

/* Appends to the public output, which holds 256 bytes in all; more ends the program with failure. */
void write_output(const uint8_t *output, size_t size);

/* For seeding hash maps. Every run gives the same sequence: it is not secret and no output may depend on it. */
uint64_t zkvm_random_u64(void);

/* Ends the program; only code 0 is success. */
HSTAR_NORETURN void exit(int code);
HSTAR_NORETURN void abort(void);

#ifdef __cplusplus
}
#endif

#endif
