/* Addresses and system calls of the machine, generated from src/hstar/machine by tools/generate_isa.py. */
#ifndef HSTAR_LAYOUT_H
#define HSTAR_LAYOUT_H

#define HSTAR_STACK_TOP 0x4000000
#define HSTAR_INPUT_START 0xc0000000
#define HSTAR_OUTPUT_START 0xbffff000
#define HSTAR_MAX_OUTPUT_BYTES 0x100
#define HSTAR_SYSCALL_EXIT 0x5d
#define HSTAR_SYSCALL_KECCAK_F1600 0x10000

#endif
