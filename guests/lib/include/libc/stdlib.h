/* What the library has of the C standard's header, for C code of other packages that is built into a guest. */
#ifndef HSTAR_STDLIB_H
#define HSTAR_STDLIB_H

#include <stddef.h>

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void free(void *block);
_Noreturn void exit(int code);
_Noreturn void abort(void);

#endif
