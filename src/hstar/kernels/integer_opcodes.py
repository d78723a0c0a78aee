"""The instructions of integer programs."""

from __future__ import annotations

from enum import IntEnum


class IntegerOpcode(IntEnum):
    """What a node of an integer program computes from its operands."""

    CONSTANT = 0  # index into the constants
    FIELD = 1  # index of the record's field
    ADD = 2
    SUBTRACT = 3
    MULTIPLY = 4
    AND = 5
    OR = 6
    XOR = 7
    SHIFT_LEFT = 8
    SHIFT_RIGHT = 9
    DIVIDE = 10
    REMAINDER = 11
    IS_EQUAL = 12
    IS_LESS = 13
    SELECT = 14  # second where first is not 0, else third
    MULTIPLY_HIGH = 15
    FIELD_INVERSE = 16  # modulo p, 0 for 0


NUM_OPERANDS: dict[IntegerOpcode, int] = dict.fromkeys(IntegerOpcode, 2) | {
    IntegerOpcode.CONSTANT: 1,
    IntegerOpcode.FIELD: 1,
    IntegerOpcode.SELECT: 3,
    IntegerOpcode.FIELD_INVERSE: 1,
}
