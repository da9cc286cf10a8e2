"""nmcu: N:M-sparse int8 networks on multi-core RISC-V microcontrollers."""
