# The first instructions of every guest. Registers and unset memory are zero when the machine starts.
    .section .text.start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      sp, _stack_top
    call    hstar_run_constructors
    call    main
    call    exit
    .size _start, . - _start
