// Matrix product for one element type: Goto's blocking with packed panels.
//
// Included by Gemm.h with REAL, V, LANES, LOAD and STORE of V, MR (rows of the register tile), NV (its
// vectors across), G(x) (the name of x for this type), PUBLIC and TRANSPOSE.
//
// The register tile is MR x (NV * LANES). Panels of b (KC x NR) stay in L1, blocks of a (MC x KC) in
// L2, the packed part of b (KC x NC) in L3.

enum { G(NR) = NV * LANES, G(KC) = 256, G(MC) = 256, G(NC) = 1024 / (NV * LANES) * (NV * LANES) };

// c[MR][NR] (+)= a panel * b panel; only `rows` x `columns` of it exist.
LOOM_INLINE void G(tile)(size_t k, const REAL *a, const REAL *b, REAL *c, size_t c_row,
                         size_t rows, size_t columns, bool accumulate) {
  V sum[MR][NV];
#pragma clang loop unroll(full)
  for (int i = 0; i < MR; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < NV; j++) sum[i][j] = (V)(0);
  for (size_t p = 0; p < k; p++, a += MR, b += G(NR)) {
    V right[NV];
#pragma clang loop unroll(full)
    for (int j = 0; j < NV; j++) right[j] = LOAD(b + j * LANES);
#pragma clang loop unroll(full)
    for (int i = 0; i < MR; i++) {
      const V left = (V)(a[i]);
#pragma clang loop unroll(full)
      for (int j = 0; j < NV; j++) sum[i][j] += left * right[j];
    }
  }
  if (rows == MR && columns == G(NR)) {
#pragma clang loop unroll(full)
    for (int i = 0; i < MR; i++)
#pragma clang loop unroll(full)
      for (int j = 0; j < NV; j++) {
        REAL *to = c + (size_t)i * c_row + j * LANES;
        STORE(to, accumulate ? LOAD(to) + sum[i][j] : sum[i][j]);
      }
    return;
  }
  REAL edge[MR * NV * LANES];
#pragma clang loop unroll(full)
  for (int i = 0; i < MR; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < NV; j++) STORE(edge + i * G(NR) + j * LANES, sum[i][j]);
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) {
      const REAL v = edge[i * G(NR) + j];
      c[i * c_row + j] = accumulate ? c[i * c_row + j] + v : v;
    }
}

// Panels of `side` lines: to[panel][p][lane] = from[lane * step + p * next], zero beyond `count`.
LOOM_INLINE void G(pack)(const REAL *from, size_t step, size_t next, size_t count, size_t k,
                         size_t side, REAL *to) {
  for (size_t first = 0; first < count; first += side, to += side * k) {
    const REAL *x = from + first * step;
    const size_t lines = count - first < side ? count - first : side;
    if (lines < side) memset(to, 0, side * k * sizeof *to);
    if (step == 1) {
      for (size_t p = 0; p < k; p++) {
        if (lines == side)
          memcpy(to + p * side, x + p * next, side * sizeof *to);
        else
          memcpy(to + p * side, x + p * next, lines * sizeof *to);
      }
    } else if (next == 1) {
      TRANSPOSE(x, step, to, side, lines, k);
    } else {
      for (size_t p = 0; p < k; p++)
        for (size_t i = 0; i < lines; i++) to[p * side + i] = x[i * step + p * next];
    }
  }
}

void LOOM_FUNCTION(PUBLIC)(size_t m, size_t n, size_t k, const REAL *a, size_t a_row,
                           size_t a_column, const REAL *b, size_t b_row, size_t b_column, REAL *c,
                           size_t c_row, bool accumulate, REAL *scratch) {
  if (k == 0 && !accumulate)
    for (size_t i = 0; i < m; i++) memset(c + i * c_row, 0, n * sizeof *c);
  REAL *right = scratch, *left = scratch + G(KC) * 1024;
  for (size_t j = 0; j < n; j += G(NC)) {
    const size_t nj = n - j < G(NC) ? n - j : G(NC);
    for (size_t p = 0; p < k; p += G(KC)) {
      const size_t kp = k - p < G(KC) ? k - p : G(KC);
      G(pack)(b + p * b_row + j * b_column, b_column, b_row, nj, kp, G(NR), right);
      for (size_t i = 0; i < m; i += G(MC)) {
        const size_t mi = m - i < G(MC) ? m - i : G(MC);
        G(pack)(a + i * a_row + p * a_column, a_row, a_column, mi, kp, MR, left);
        for (size_t jr = 0; jr < nj; jr += G(NR))
          for (size_t ir = 0; ir < mi; ir += MR)
            G(tile)(kp, left + ir * kp, right + jr * kp, c + (i + ir) * c_row + j + jr, c_row,
                    mi - ir < MR ? mi - ir : MR, nj - jr < G(NR) ? nj - jr : G(NR),
                    accumulate || p > 0);
      }
    }
  }
}
