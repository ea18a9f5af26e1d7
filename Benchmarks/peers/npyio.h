// Minimal manifest.txt + .npy reading and timing helpers, C and C++.
#pragma once
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
typedef struct {
  char name[256], file[64], dtype[16];
  int rank;
  int64_t dims[8];
  int64_t count;
  size_t esz;
  void *data;
} WTensor;
typedef struct {
  char graph[128];
  WTensor feed[64], fetch[64];
  int nfeed, nfetch, ntarget, ninit, stateful;
  char target[64][256], init[64][256];
  double rtol, atol;
} WLoad;
static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}
static double cpu_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}
static size_t esize(const char *d) {
  if (!strcmp(d, "float64") || !strcmp(d, "int64")) return 8;
  if (!strcmp(d, "bfloat16") || !strcmp(d, "float16") || !strcmp(d, "int16") ||
      !strcmp(d, "uint16"))
    return 2;
  if (!strcmp(d, "bool") || !strcmp(d, "int8") || !strcmp(d, "uint8")) return 1;
  return 4;
}
static int tf_dtype(const char *d) {
  if (!strcmp(d, "float32")) return 1;
  if (!strcmp(d, "float64")) return 2;
  if (!strcmp(d, "int32")) return 3;
  if (!strcmp(d, "uint8")) return 4;
  if (!strcmp(d, "int64")) return 9;
  if (!strcmp(d, "bool")) return 10;
  if (!strcmp(d, "bfloat16")) return 14;
  fprintf(stderr, "dtype %s?\n", d);
  exit(2);
}
static void *slurp(const char *p, size_t *n) {
  FILE *f = fopen(p, "rb");
  if (!f) {
    perror(p);
    exit(2);
  }
  fseek(f, 0, SEEK_END);
  *n = ftell(f);
  rewind(f);
  char *b = (char *)malloc(*n + 1);
  if (fread(b, 1, *n, f) != *n) exit(2);
  b[*n] = 0;
  fclose(f);
  return b;
}
static void load_npy(const char *dir, WTensor *t) {
  char p[1024];
  snprintf(p, sizeof p, "%s/%s", dir, t->file);
  size_t n;
  unsigned char *b = (unsigned char *)slurp(p, &n);
  size_t h = b[6] == 1 ? 10 + b[8] + 256 * b[9] : 12 + *(uint32_t *)(b + 8),
         want = t->count * t->esz;
  if (h + want > n) {
    fprintf(stderr, "%s: short\n", p);
    exit(2);
  }
  t->data = aligned_alloc(64, (want + 127) / 64 * 64);
  memcpy(t->data, b + h, want);
  free(b);
}
static void load_manifest(const char *dir, WLoad *w) {
  char p[1024];
  snprintf(p, sizeof p, "%s/manifest.txt", dir);
  FILE *f = fopen(p, "r");
  if (!f) {
    perror(p);
    exit(2);
  }
  memset(w, 0, sizeof *w);
  char k[32];
  while (fscanf(f, "%31s", k) == 1) {
    if (!strcmp(k, "graph")) {
      if (fscanf(f, "%127s", w->graph) != 1) exit(2);
    } else if (!strcmp(k, "feed") || !strcmp(k, "fetch")) {
      WTensor *t = k[2] == 'e' ? &w->feed[w->nfeed++] : &w->fetch[w->nfetch++];
      if (fscanf(f, "%255s %63s %15s %d", t->name, t->file, t->dtype, &t->rank) != 4) exit(2);
      t->count = 1;
      for (int i = 0; i < t->rank; i++) {
        if (fscanf(f, "%ld", &t->dims[i]) != 1) exit(2);
        t->count *= t->dims[i];
      }
      t->esz = esize(t->dtype);
      load_npy(dir, t);
    } else if (!strcmp(k, "target")) {
      if (fscanf(f, "%255s", w->target[w->ntarget++]) != 1) exit(2);
    } else if (!strcmp(k, "init")) {
      if (fscanf(f, "%255s", w->init[w->ninit++]) != 1) exit(2);
    } else if (!strcmp(k, "tol")) {
      if (fscanf(f, "%lf %lf", &w->rtol, &w->atol) != 2) exit(2);
    } else if (!strcmp(k, "stateful")) {
      if (fscanf(f, "%d", &w->stateful) != 1) exit(2);
    }
  }
  fclose(f);
}
static double val(const char *d, const void *p, int64_t i) {
  if (!strcmp(d, "float32")) return ((const float *)p)[i];
  if (!strcmp(d, "float64")) return ((const double *)p)[i];
  if (!strcmp(d, "int32")) return ((const int32_t *)p)[i];
  if (!strcmp(d, "int64")) return ((const int64_t *)p)[i];
  if (!strcmp(d, "bfloat16")) {
    union {
      uint32_t u;
      float f;
    } x;
    x.u = (uint32_t)((const uint16_t *)p)[i] << 16;
    return x.f;
  }
  return ((const uint8_t *)p)[i];
}
// Largest |a-b|; *bad counts elements outside atol + rtol*|expected|.
static double max_err(const WLoad *w, const WTensor *t, const void *got, long *bad) {
  double m = 0;
  for (int64_t i = 0; i < t->count; i++) {
    double e = val(t->dtype, t->data, i), g = val(t->dtype, got, i), d = fabs(e - g);
    if (!(d <= w->atol + w->rtol * fabs(e))) (*bad)++;
    if (d > m || d != d) m = d;
  }
  return m;
}
static int cmpd(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}
static double g_cpu = 0;  // CPU time of all threads per run: what a single-threaded engine would
                          // take on a quiet machine
static void report(const char *eng, const char *dir, double *t, int n, double cold, double load,
                   double err, long bad, int intra, int inter) {
  qsort(t, n, sizeof *t, cmpd);
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  const char *nm = strrchr(dir, '/');
  printf(
      "{\"engine\": \"%s\", \"workload\": \"%s\", \"iters\": %d, \"median_us\": %.3f, \"p90_us\": "
      "%.3f, \"min_us\": %.3f, \"cpu_us\": %.3f, \"cold_us\": %.1f, \"load_us\": %.1f, "
      "\"peak_rss_mb\": %.1f, \"max_abs_err\": %.4g, \"mismatches\": %ld, \"intra\": %d, "
      "\"inter\": %d}\n",
      eng, nm ? nm + 1 : dir, n, t[n / 2] * 1e6, t[(int)(n * 0.9)] * 1e6, t[0] * 1e6, g_cpu * 1e6,
      cold * 1e6, load * 1e6, u.ru_maxrss / 1024.0, err, bad, intra, inter);
  fflush(stdout);
}
// --dir D --intra N --inter N --iters N (0: by time) --time S --loop (serve "go\n" lines: one batch
// per line)
typedef struct {
  const char *dir;
  int intra, inter, iters, serve;
  double secs;
} Args;
static Args parse_args(int c, char **v) {
  Args a = {0, 2, 2, 0, 0, 1.0};
  for (int i = 1; i < c; i++) {
    if (!strcmp(v[i], "--dir"))
      a.dir = v[++i];
    else if (!strcmp(v[i], "--intra"))
      a.intra = atoi(v[++i]);
    else if (!strcmp(v[i], "--inter"))
      a.inter = atoi(v[++i]);
    else if (!strcmp(v[i], "--iters"))
      a.iters = atoi(v[++i]);
    else if (!strcmp(v[i], "--time"))
      a.secs = atof(v[++i]);
    else if (!strcmp(v[i], "--serve"))
      a.serve = 1;
    else if (!strcmp(v[i], "--json"))
      ;
    else {
      fprintf(stderr, "unknown %s\n", v[i]);
      exit(2);
    }
  }
  if (!a.dir) {
    fprintf(stderr, "--dir needed\n");
    exit(2);
  }
  return a;
}
// Runs one() for a.secs (or a.iters) and reports; with --serve it waits for a line on stdin
// before each batch, so that a driver can interleave engines (A B A B) in warm processes.
static void measure(const char *eng, const Args *a, void (*one)(void *), void *ctx, double cold,
                    double load, double err, long bad) {
  int cap = 200000;
  double *t = (double *)malloc(sizeof(double) * cap);
  char line[64];
  {
    double q = now_s();
    one(ctx);
    t[0] = now_s() - q;
  }
  for (;;) {
    if (a->serve) {
      if (!fgets(line, sizeof line, stdin) || line[0] == 'q') break;
      double q = now_s();
      one(ctx);
      t[0] = now_s() - q;
    }
    int n = 0;
    double c0 = cpu_s(), mc = 1e9, c1 = 0, t0 = now_s();
    int big = cold > 2e-4 && t[0] > 1e-4;  // per-run CPU time only where its own cost is small
    while (n < cap && (a->iters ? n < a->iters : (n < 3 || now_s() - t0 < a->secs))) {
      if (big) c1 = cpu_s();
      double s = now_s();
      one(ctx);
      t[n++] = now_s() - s;
      if (big) {
        double c = cpu_s() - c1;
        if (c < mc) mc = c;
      }
    }
    g_cpu = big ? mc : (cpu_s() - c0) / n;
    report(eng, a->dir, t, n, cold, load, err, bad, a->intra, a->inter);
    if (!a->serve) break;
  }
}
