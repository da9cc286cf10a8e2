"""What the bodies of recurrent layers get, as C, assembly and packers see it."""

from nmcu.kernels.layout import Field, Layout

INCLUDES = ()

QUAD = Layout(
    "nmcu_quad_t",
    "QUAD",
    """\
Of four rows: how their sums start and how they are rescaled.

multiplier  twice the multiplier of 31 bits, so that the upper word of the product is the doubled one
shift       places to the right behind it; not above 0: to the left before it
round       half of what the shift takes away""",
    (
        Field("bias", "int32_t", 4),
        Field("multiplier", "uint32_t", 4),
        Field("round", "int32_t", 4),
        Field("shift", "int32_t", 4),
    ),
)
ROWS = Layout(
    "nmcu_rows_block_t",
    "ROWS",
    """\
What a body gets: `quads` times four rows of a matrix, and the vector that they are multiplied with.

x        the vector, in L1, any alignment; bytes behind it may be anything
y        for each row clamp16((y & keep) + rescaled sum)
records  the rows, one quad after the other (rows.h)
steps    length of a row, in the body's own unit
keep     -1: rows are added to what y holds; 0: they replace it""",
    (
        Field("x", "const int8_t *"),
        Field("y", "int16_t *"),
        Field("records", "const uint8_t *"),
        Field("quads", "uint32_t"),
        Field("steps", "uint32_t"),
        Field("keep", "int32_t"),
    ),
)
ACTIVATION = Layout(
    "nmcu_activation_t",
    "ACTIVATION",
    """\
`count` values x, at least one, and where their sigmoids or tanhs go, 15 bits behind the point; y may be x.

bits  integer bits of x
tanh  -1: tanh; 0: sigmoid""",
    (
        Field("x", "const int16_t *"),
        Field("y", "int16_t *"),
        Field("count", "uint32_t"),
        Field("bits", "int32_t"),
        Field("tanh", "int32_t"),
    ),
)
LAYOUTS = (QUAD, ROWS, ACTIVATION)
