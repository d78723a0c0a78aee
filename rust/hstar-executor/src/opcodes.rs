//! Opcode numbers, generated from `hstar.machine.isa` by `tools/generate_isa.py`; do not edit.

/// rd = sext32(imm).
pub const LUI: u8 = 1;
/// rd = pc + imm.
pub const AUIPC: u8 = 2;
/// rd = pc + 4; pc = pc + imm.
pub const JAL: u8 = 3;
/// rd = pc + 4; pc = (rs1 + imm) with bit 0 cleared.
pub const JALR: u8 = 4;
/// if rs1 = rs2: pc = pc + imm.
pub const BEQ: u8 = 5;
/// if rs1 != rs2: pc = pc + imm.
pub const BNE: u8 = 6;
/// if rs1 < rs2 (signed): pc = pc + imm.
pub const BLT: u8 = 7;
/// if rs1 >= rs2 (signed): pc = pc + imm.
pub const BGE: u8 = 8;
/// if rs1 < rs2 (unsigned): pc = pc + imm.
pub const BLTU: u8 = 9;
/// if rs1 >= rs2 (unsigned): pc = pc + imm.
pub const BGEU: u8 = 10;
/// rd = sext8(memory[rs1 + imm]).
pub const LB: u8 = 11;
/// rd = sext16(memory[rs1 + imm]).
pub const LH: u8 = 12;
/// rd = sext32(memory[rs1 + imm]).
pub const LW: u8 = 13;
/// rd = memory[rs1 + imm].
pub const LD: u8 = 14;
/// rd = zext8(memory[rs1 + imm]).
pub const LBU: u8 = 15;
/// rd = zext16(memory[rs1 + imm]).
pub const LHU: u8 = 16;
/// rd = zext32(memory[rs1 + imm]).
pub const LWU: u8 = 17;
/// memory[rs1 + imm] = low 1 bytes of rs2.
pub const SB: u8 = 18;
/// memory[rs1 + imm] = low 2 bytes of rs2.
pub const SH: u8 = 19;
/// memory[rs1 + imm] = low 4 bytes of rs2.
pub const SW: u8 = 20;
/// memory[rs1 + imm] = low 8 bytes of rs2.
pub const SD: u8 = 21;
/// rd = rs1 + imm.
pub const ADDI: u8 = 22;
/// rd = 1 if rs1 < imm (signed) else 0.
pub const SLTI: u8 = 23;
/// rd = 1 if rs1 < imm (unsigned) else 0.
pub const SLTIU: u8 = 24;
/// rd = rs1 ^ imm.
pub const XORI: u8 = 25;
/// rd = rs1 | imm.
pub const ORI: u8 = 26;
/// rd = rs1 & imm.
pub const ANDI: u8 = 27;
/// rd = rs1 << imm.
pub const SLLI: u8 = 28;
/// rd = rs1 >> imm, zeros enter.
pub const SRLI: u8 = 29;
/// rd = rs1 >> imm, the sign enters.
pub const SRAI: u8 = 30;
/// rd = sext32(rs1 + imm).
pub const ADDIW: u8 = 31;
/// rd = sext32(rs1 << imm).
pub const SLLIW: u8 = 32;
/// rd = sext32(low32(rs1) >> imm), zeros enter.
pub const SRLIW: u8 = 33;
/// rd = sext32(low32(rs1) >> imm), the sign enters.
pub const SRAIW: u8 = 34;
/// rd = rs1 + rs2.
pub const ADD: u8 = 35;
/// rd = rs1 - rs2.
pub const SUB: u8 = 36;
/// rd = rs1 << (rs2 mod 64).
pub const SLL: u8 = 37;
/// rd = 1 if rs1 < rs2 (signed) else 0.
pub const SLT: u8 = 38;
/// rd = 1 if rs1 < rs2 (unsigned) else 0.
pub const SLTU: u8 = 39;
/// rd = rs1 ^ rs2.
pub const XOR: u8 = 40;
/// rd = rs1 >> (rs2 mod 64), zeros enter.
pub const SRL: u8 = 41;
/// rd = rs1 >> (rs2 mod 64), the sign enters.
pub const SRA: u8 = 42;
/// rd = rs1 | rs2.
pub const OR: u8 = 43;
/// rd = rs1 & rs2.
pub const AND: u8 = 44;
/// rd = sext32(rs1 + rs2).
pub const ADDW: u8 = 45;
/// rd = sext32(rs1 - rs2).
pub const SUBW: u8 = 46;
/// rd = sext32(rs1 << (rs2 mod 32)).
pub const SLLW: u8 = 47;
/// rd = sext32(low32(rs1) >> (rs2 mod 32)), zeros enter.
pub const SRLW: u8 = 48;
/// rd = sext32(low32(rs1) >> (rs2 mod 32)), the sign enters.
pub const SRAW: u8 = 49;
/// rd = low 64 bits of rs1 * rs2.
pub const MUL: u8 = 50;
/// rd = high 64 bits, both signed.
pub const MULH: u8 = 51;
/// rd = high 64 bits, rs1 signed.
pub const MULHSU: u8 = 52;
/// rd = high 64 bits, both unsigned.
pub const MULHU: u8 = 53;
/// rd = rs1 / rs2 towards zero; -1 if rs2 = 0.
pub const DIV: u8 = 54;
/// rd = rs1 / rs2 unsigned; 2^64 - 1 if rs2 = 0.
pub const DIVU: u8 = 55;
/// rd = sign of rs1; rs1 if rs2 = 0.
pub const REM: u8 = 56;
/// rd = rs1 mod rs2 unsigned; rs1 if rs2 = 0.
pub const REMU: u8 = 57;
/// rd = sext32(rs1 * rs2).
pub const MULW: u8 = 58;
/// rd = as div on the low 32 bits.
pub const DIVW: u8 = 59;
/// rd = as divu on the low 32 bits.
pub const DIVUW: u8 = 60;
/// rd = as rem on the low 32 bits.
pub const REMW: u8 = 61;
/// rd = as remu on the low 32 bits.
pub const REMUW: u8 = 62;
/// nothing: one hart, no devices.
pub const FENCE: u8 = 63;
/// system call a7; see machine.md.
pub const ECALL: u8 = 64;
/// traps.
pub const EBREAK: u8 = 65;

/// Names by number; 0 is a word that is no instruction.
#[rustfmt::skip]
pub const NAMES: [&str; 66] = [
    "unimp",
    "lui",
    "auipc",
    "jal",
    "jalr",
    "beq",
    "bne",
    "blt",
    "bge",
    "bltu",
    "bgeu",
    "lb",
    "lh",
    "lw",
    "ld",
    "lbu",
    "lhu",
    "lwu",
    "sb",
    "sh",
    "sw",
    "sd",
    "addi",
    "slti",
    "sltiu",
    "xori",
    "ori",
    "andi",
    "slli",
    "srli",
    "srai",
    "addiw",
    "slliw",
    "srliw",
    "sraiw",
    "add",
    "sub",
    "sll",
    "slt",
    "sltu",
    "xor",
    "srl",
    "sra",
    "or",
    "and",
    "addw",
    "subw",
    "sllw",
    "srlw",
    "sraw",
    "mul",
    "mulh",
    "mulhsu",
    "mulhu",
    "div",
    "divu",
    "rem",
    "remu",
    "mulw",
    "divw",
    "divuw",
    "remw",
    "remuw",
    "fence",
    "ecall",
    "ebreak",
];

/// Operands by number: bit 0 rd, bit 1 rs1, bit 2 rs2.
#[rustfmt::skip]
pub const OPERANDS: [u8; 66] = [
    0, // unimp
    1, // lui
    1, // auipc
    1, // jal
    3, // jalr
    6, // beq
    6, // bne
    6, // blt
    6, // bge
    6, // bltu
    6, // bgeu
    3, // lb
    3, // lh
    3, // lw
    3, // ld
    3, // lbu
    3, // lhu
    3, // lwu
    6, // sb
    6, // sh
    6, // sw
    6, // sd
    3, // addi
    3, // slti
    3, // sltiu
    3, // xori
    3, // ori
    3, // andi
    3, // slli
    3, // srli
    3, // srai
    3, // addiw
    3, // slliw
    3, // srliw
    3, // sraiw
    7, // add
    7, // sub
    7, // sll
    7, // slt
    7, // sltu
    7, // xor
    7, // srl
    7, // sra
    7, // or
    7, // and
    7, // addw
    7, // subw
    7, // sllw
    7, // srlw
    7, // sraw
    7, // mul
    7, // mulh
    7, // mulhsu
    7, // mulhu
    7, // div
    7, // divu
    7, // rem
    7, // remu
    7, // mulw
    7, // divw
    7, // divuw
    7, // remw
    7, // remuw
    0, // fence
    0, // ecall
    0, // ebreak
];
