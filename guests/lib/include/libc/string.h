/* What the library has of the C standard's header, for C code of other packages that is built into a guest. */
#ifndef HSTAR_STRING_H
#define HSTAR_STRING_H

#include <stddef.h>

void *memcpy(void *restrict destination, const void *restrict source, size_t n);
void *memmove(void *destination, const void *source, size_t n);
void *memset(void *destination, int value, size_t n);
int memcmp(const void *left, const void *right, size_t n);
size_t strlen(const char *text);

#endif
