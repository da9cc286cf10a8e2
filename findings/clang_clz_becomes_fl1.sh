#!/usr/bin/env bash
# ziglang 0.17.1 (clang 22.1.8): with the CORE-V extension Xcvbitmanip, __builtin_clz(x) becomes one bare cv.fl1. By the
# CV32E40P manual cv.fl1 gives the position of the highest set bit, 31 - clz(x): for x = 1 the result is 0 instead of 31.
# Without the extension the same compiler counts correctly. (LLVM issue 197006.)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ziglang==0.17.1
echo 'unsigned f(unsigned x) { return (unsigned)__builtin_clz(x); }' > "$folder/f.c"
compile() {
  "$folder/venv/bin/python" -m ziglang clang --target=riscv32-unknown-elf -mabi=ilp32 -ffreestanding -O2 -S "$@" \
    "$folder/f.c" -o - | sed -n '/^f:/,/^\.Lfunc_end/p' | grep -P '^\t[a-z]'
}
with=$(compile -march=rv32imc_xcvbitmanip1p0)
without=$(compile -march=rv32imc)
printf 'with Xcvbitmanip:\n%s\nwithout: %s instructions\n' "$with" "$(wc -l <<< "$without")"
test "$(tr -s '\t\n' ' ' <<< "$with" | xargs)" = "cv.fl1 a0, a0 ret"
test "$(wc -l <<< "$without")" -gt 10
