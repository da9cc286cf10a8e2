#!/usr/bin/env bash
# GNU as 2.40 (Debian's binutils-riscv64-unknown-elf): gaps of .balign in code are filled only at the end of the file, and
# by the options that are in force there. Inside .option push, .option norelax, .option pop nothing may be relaxed, so the
# gap stays for good, but as the pop has turned relaxation on again it is filled with zeros, which are no instruction,
# where the program runs through it. Without the pop, or with -mno-relax, it is a c.nop.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq binutils-riscv64-unknown-elf=2.40-2+4+b1
dpkg -x binutils-*.deb .
bin=usr/bin/riscv64-unknown-elf
"$bin-as" --version | head -n 1
code() { # options of the assembler, then how the file ends
  printf '.option push\n.option norelax\n.balign 4\nf: c.addi a0, 1\n.balign 4\naddi a0, a0, 4\n%s\n' "$2" > f.s
  "$bin-as" -march=rv32imc -mabi=ilp32 $1 f.s -o f.o
  "$bin-objdump" -d f.o | grep -A 1 'c.addi\|add.*a0,a0,1$' | tail -n 1 | cut -f 2,3 | xargs
}
popped=$(code '' '.option pop') kept=$(code '' '') without=$(code -mno-relax '.option pop')
printf 'between the instructions: %s\nwithout the pop: %s\nwith -mno-relax: %s\n' "$popped" "$kept" "$without"
test "$popped" = "0000 unimp" -a "$kept" = "0001 nop" -a "$without" = "0001 nop"
