// Conversions of 16-bit storage types, by integer arithmetic: the same on every machine.
#pragma once
#include "Vectors.h"

LOOM_INLINE u32x16 float_bits(f32x16 x) { u32x16 b; memcpy(&b, &x, sizeof b); return b; }
LOOM_INLINE f32x16 bits_float(u32x16 b) { f32x16 x; memcpy(&x, &b, sizeof x); return x; }

LOOM_INLINE f32x16 from_half(u16x16 h) {
  const u32x16 w = __builtin_convertvector(h, u32x16);
  const u32x16 sign = (w & 0x8000) << 16;
  // Exponent and mantissa in place, rebased from 15 to 127 by a product, which also normalises.
  f32x16 y = bits_float((w & 0x7fff) << 13) * 0x1p112f;
  const u32x16 special = (w & 0x7c00) == 0x7c00 ? (u32x16)(0x7f800000) : (u32x16)(0);
  return bits_float(float_bits(y) | special | sign);
}

LOOM_INLINE u16x16 to_half(f32x16 x) {
  const u32x16 w = float_bits(x), sign = w & 0x80000000, a = w ^ sign;
  // Normal results: rebase the exponent, add half of the last kept place (less one if that place is
  // even), cut. A carry moves into the exponent, up to infinity, as it should.
  const u32x16 normal = (a - (112u << 23) + 0xfff + ((a >> 13) & 1)) >> 13;
  // Subnormal results: adding 1/2 aligns the last place of half with the last place of float.
  const u32x16 subnormal = float_bits(bits_float(a) + 0.5f) - 0x3f000000;
  u32x16 y = a < (113u << 23) ? subnormal : normal;
  y = a >= (143u << 23) ? (u32x16)(0x7c00) : y;
  y = a > 0x7f800000 ? (u32x16)(0x7e00) : y;
  return __builtin_convertvector(y | (sign >> 16), u16x16);
}

LOOM_INLINE f32x16 from_bfloat16(u16x16 h) {
  return bits_float(__builtin_convertvector(h, u32x16) << 16);
}

LOOM_INLINE u16x16 to_bfloat16(f32x16 x) {
  const u32x16 w = float_bits(x);
  const u32x16 rounded = (w + 0x7fff + ((w >> 16) & 1)) >> 16;
  const u32x16 quiet = ((w >> 16) & 0x8000) | 0x7fc0;
  return __builtin_convertvector((w & 0x7fffffff) > 0x7f800000 ? quiet : rounded, u16x16);
}

LOOM_INLINE u16x16 to_bfloat16_truncating(f32x16 x) {
  const u32x16 w = float_bits(x);
  const u32x16 quiet = ((w >> 16) & 0x8000) | 0x7fc0;
  return __builtin_convertvector((w & 0x7fffffff) > 0x7f800000 ? quiet : w >> 16, u16x16);
}

// Rows shorter than a vector pass through a buffer; they are rare and the copy is cheap.
#define LOOM_CONVERT(NAME, FROM, TO, V, W, BODY)                       \
  void LOOM_FUNCTION(NAME)(const FROM *x, TO *y, size_t n) {           \
    size_t i = 0;                                                      \
    for (; i + 16 <= n; i += 16) store_##W(y + i, BODY(load_##V(x + i))); \
    if (i == n) return;                                                \
    FROM in[16] = {0};                                                 \
    TO out[16];                                                        \
    memcpy(in, x + i, (n - i) * sizeof *x);                            \
    store_##W(out, BODY(load_##V(in)));                                \
    memcpy(y + i, out, (n - i) * sizeof *y);                           \
  }

LOOM_CONVERT(loom_half_to_float, uint16_t, float, u16x16, f32x16, from_half)
LOOM_CONVERT(loom_bfloat16_to_float, uint16_t, float, u16x16, f32x16, from_bfloat16)
LOOM_CONVERT(loom_float_to_half, float, uint16_t, f32x16, u16x16, to_half)
LOOM_CONVERT(loom_float_to_bfloat16, float, uint16_t, f32x16, u16x16, to_bfloat16)
LOOM_CONVERT(loom_float_to_bfloat16_truncating, float, uint16_t, f32x16, u16x16,
             to_bfloat16_truncating)
