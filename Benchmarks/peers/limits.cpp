// Physical limits of this machine: FMA / AMX peaks, bandwidths, hand-off latency,
// malloc and dispatch costs.  Prints one JSON object.  Build: see build.sh
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include <math.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <sys/mman.h>
#include <linux/futex.h>
#include <algorithm>
#include <atomic>
#include <functional>
#include <vector>
#include <thread>

static double now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}
static void pin(int c) {
  cpu_set_t s;
  CPU_ZERO(&s);
  CPU_SET(c, &s);
  sched_setaffinity(0, sizeof s, &s);
}
static bool g_first = true;
static void out(const char *k, double v, const char *unit) {
  printf("%s\n  \"%s\": {\"value\": %.4g, \"unit\": \"%s\"}", g_first ? "" : ",", k, v, unit);
  g_first = false;
  fflush(stdout);
}
// Run body(thread) on nt pinned threads with a spin barrier, R repeats; best and median rate
// (work/second).
static void par(const char *key, int nt, double work, const char *unit,
                std::function<void(int)> body, int reps = 9) {
  std::vector<double> ts;
  for (int r = 0; r < reps; r++) {
    std::atomic<int> ready{0};
    std::atomic<int> go{0};
    std::vector<std::thread> th;
    std::vector<double> e(nt), b(nt);
    for (int t = 0; t < nt; t++)
      th.emplace_back([&, t] {
        pin(t);
        ready++;
        while (!go.load(std::memory_order_acquire)) {
        }
        b[t] = now();
        body(t);
        e[t] = now();
      });
    while (ready.load() < nt) sched_yield();
    go.store(1, std::memory_order_release);
    for (auto &x : th) x.join();
    ts.push_back(*std::max_element(e.begin(), e.end()) - *std::min_element(b.begin(), b.end()));
  }
  std::sort(ts.begin(), ts.end());
  char k[128];
  snprintf(k, sizeof k, "%s_%dt_best", key, nt);
  out(k, work * nt / ts[0] * 1e-9, unit);
  snprintf(k, sizeof k, "%s_%dt_median", key, nt);
  out(k, work * nt / ts[ts.size() / 2] * 1e-9, unit);
}
static volatile float sinkf;
__attribute__((noinline)) static void fma_loop(long n) {
  __m512 x = _mm512_set1_ps(0.9999999f), y = _mm512_set1_ps(1e-9f);
  __m512 a0 = _mm512_set1_ps(0 * 0.001f), a1 = _mm512_set1_ps(1 * 0.001f),
         a2 = _mm512_set1_ps(2 * 0.001f), a3 = _mm512_set1_ps(3 * 0.001f),
         a4 = _mm512_set1_ps(4 * 0.001f), a5 = _mm512_set1_ps(5 * 0.001f),
         a6 = _mm512_set1_ps(6 * 0.001f), a7 = _mm512_set1_ps(7 * 0.001f),
         a8 = _mm512_set1_ps(8 * 0.001f), a9 = _mm512_set1_ps(9 * 0.001f),
         a10 = _mm512_set1_ps(10 * 0.001f), a11 = _mm512_set1_ps(11 * 0.001f),
         a12 = _mm512_set1_ps(12 * 0.001f), a13 = _mm512_set1_ps(13 * 0.001f),
         a14 = _mm512_set1_ps(14 * 0.001f), a15 = _mm512_set1_ps(15 * 0.001f),
         a16 = _mm512_set1_ps(16 * 0.001f), a17 = _mm512_set1_ps(17 * 0.001f),
         a18 = _mm512_set1_ps(18 * 0.001f), a19 = _mm512_set1_ps(19 * 0.001f),
         a20 = _mm512_set1_ps(20 * 0.001f), a21 = _mm512_set1_ps(21 * 0.001f),
         a22 = _mm512_set1_ps(22 * 0.001f), a23 = _mm512_set1_ps(23 * 0.001f);
#define F(i) a##i = _mm512_fmadd_ps(a##i, x, y);
  for (long k = 0; k < n; k++) {
    F(0)
    F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15) F(16) F(17)
        F(18) F(19) F(20) F(21) F(22) F(23) asm volatile("" : "+v"(a0), "+v"(a23));
  }
#undef F
  __m512 s = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9 + a10 + a11 + a12 + a13 + a14 + a15 +
             a16 + a17 + a18 + a19 + a20 + a21 + a22 + a23;
  sinkf = _mm512_reduce_add_ps(s);
}
struct __attribute__((packed)) TileCfg {
  uint8_t palette, start;
  uint8_t res[14];
  uint16_t colsb[16];
  uint8_t rows[16];
};
static bool amx_ok() { return syscall(SYS_arch_prctl, 0x1023, 18) == 0; }
__attribute__((noinline, target("amx-tile,amx-bf16"))) static void amx_loop(long n) {
  TileCfg c;
  memset(&c, 0, sizeof c);
  c.palette = 1;
  for (int i = 0; i < 8; i++) {
    c.colsb[i] = 64;
    c.rows[i] = 16;
  }
  _tile_loadconfig(&c);
  alignas(64) static uint16_t buf[16 * 32];
  _tile_loadd(4, buf, 64);
  _tile_loadd(5, buf, 64);
  _tile_loadd(6, buf, 64);
  _tile_loadd(7, buf, 64);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (long k = 0; k < n; k++) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  alignas(64) float o[256];
  _tile_stored(0, o, 64);
  sinkf = o[0];
  _tile_release();
}
static float *alloc(size_t n) {
  float *p = (float *)aligned_alloc(2 << 20, (n * 4 + (2 << 20) - 1) / (2 << 20) * (2 << 20));
  madvise(p, n * 4, MADV_HUGEPAGE);
  for (size_t i = 0; i < n; i++) p[i] = 1.0f;
  return p;
}
__attribute__((noinline)) static void k_read(const float *a, size_t n) {
  __m512 s0 = _mm512_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
  for (size_t i = 0; i < n; i += 64) {
    s0 = _mm512_add_ps(s0, _mm512_loadu_ps(a + i));
    s1 = _mm512_add_ps(s1, _mm512_loadu_ps(a + i + 16));
    s2 = _mm512_add_ps(s2, _mm512_loadu_ps(a + i + 32));
    s3 = _mm512_add_ps(s3, _mm512_loadu_ps(a + i + 48));
  }
  sinkf = _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(s0, s1), _mm512_add_ps(s2, s3)));
}
__attribute__((noinline)) static void k_copy(float *c, const float *a, size_t n) {
  for (size_t i = 0; i < n; i += 16) _mm512_storeu_ps(c + i, _mm512_loadu_ps(a + i));
}
__attribute__((noinline)) static void k_copy_nt(float *c, const float *a, size_t n) {
  for (size_t i = 0; i < n; i += 16) _mm512_stream_ps(c + i, _mm512_loadu_ps(a + i));
  _mm_sfence();
}
__attribute__((noinline)) static void k_triad(float *c, const float *a, const float *b, size_t n) {
  __m512 s = _mm512_set1_ps(3.f);
  for (size_t i = 0; i < n; i += 16)
    _mm512_storeu_ps(c + i, _mm512_fmadd_ps(_mm512_loadu_ps(b + i), s, _mm512_loadu_ps(a + i)));
}
__attribute__((noinline)) static void k_triad_nt(float *c, const float *a, const float *b,
                                                 size_t n) {
  __m512 s = _mm512_set1_ps(3.f);
  for (size_t i = 0; i < n; i += 16)
    _mm512_stream_ps(c + i, _mm512_fmadd_ps(_mm512_loadu_ps(b + i), s, _mm512_loadu_ps(a + i)));
  _mm_sfence();
}
__attribute__((noinline)) static void k_write(float *c, size_t n) {
  __m512 s = _mm512_set1_ps(3.f);
  for (size_t i = 0; i < n; i += 16) _mm512_storeu_ps(c + i, s);
  asm volatile("" ::: "memory");
}

static int fx(std::atomic<int> *a, int op, int v) {
  return syscall(SYS_futex, a, op, v, nullptr, nullptr, 0);
}
static double pingpong(
    int mode, long n) {  // 0 spin, 1 spin+pause, 2 futex, 3 condvar, 4 spin 2000 pauses then futex
  alignas(64) static std::atomic<int> A, B;
  A = 0;
  B = 0;
  static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
  static pthread_cond_t c1 = PTHREAD_COND_INITIALIZER, c2 = PTHREAD_COND_INITIALIZER;
  auto waitv = [mode](std::atomic<int> &x, int v) {
    if (mode == 0) {
      while (x.load(std::memory_order_acquire) != v) {
      }
    } else if (mode == 1) {
      while (x.load(std::memory_order_acquire) != v) _mm_pause();
    } else if (mode == 4) {
      for (int i = 0; i < 2000; i++) {
        if (x.load(std::memory_order_acquire) == v) return;
        _mm_pause();
      }
      int cur;
      while ((cur = x.load()) != v) fx(&x, FUTEX_WAIT_PRIVATE, cur);
    } else {
      int cur;
      while ((cur = x.load()) != v) fx(&x, FUTEX_WAIT_PRIVATE, cur);
    }
  };
  auto setv = [mode](std::atomic<int> &x, int v) {
    x.store(v, std::memory_order_release);
    if (mode == 2 || mode == 4) fx(&x, FUTEX_WAKE_PRIVATE, 1);
  };
  double dt = 0;
  std::thread t([&] {
    pin(1);
    for (long i = 1; i <= n; i++) {
      if (mode == 3) {
        pthread_mutex_lock(&m);
        while (A.load() != i) pthread_cond_wait(&c1, &m);
        B = i;
        pthread_cond_signal(&c2);
        pthread_mutex_unlock(&m);
      } else {
        waitv(A, i);
        setv(B, i);
      }
    }
  });
  pin(0);
  double t0 = now();
  for (long i = 1; i <= n; i++) {
    if (mode == 3) {
      pthread_mutex_lock(&m);
      A = i;
      pthread_cond_signal(&c1);
      while (B.load() != i) pthread_cond_wait(&c2, &m);
      pthread_mutex_unlock(&m);
    } else {
      setv(A, i);
      waitv(B, i);
    }
  }
  dt = now() - t0;
  t.join();
  return dt / n / 2;
}
// A static plan of 1000 scalar ops: function pointer + pre-bound operand pointers.
struct Step {
  void (*f)(const Step *);
  float *a, *b, *o;
  size_t n;
};
static void s_add(const Step *s) { *s->o = *s->a + *s->b; }
static void s_mul(const Step *s) { *s->o = *s->a * *s->b; }
static void s_tanh(const Step *s) { *s->o = tanhf(*s->a); }
static void v_add(const Step *s) {
  for (size_t i = 0; i < s->n; i++) s->o[i] = s->a[i] + s->b[i];
}
static double med(std::function<void()> f, int reps, double per) {
  std::vector<double> v;
  for (int i = 0; i < 3; i++) f();
  for (int i = 0; i < reps; i++) {
    double t = now();
    f();
    v.push_back(now() - t);
  }
  std::sort(v.begin(), v.end());
  return v[v.size() / 2] / per;
}
int main() {
  printf("{");
  for (int nt : {1, 2}) {
    long n = 20000000;
    par("fma_f32_gflops", nt, n * 24.0 * 32, "GFLOP/s", [n](int) { fma_loop(n); }, 7);
  }
  if (amx_ok())
    for (int nt : {1, 2}) {
      long n = 5000000;
      par(
          "amx_bf16_gflops", nt, n * 4.0 * 16 * 16 * 32 * 2, "GFLOP/s", [n](int) { amx_loop(n); },
          7);
    }
  {
    size_t n = 64u << 20;
    float *a = alloc(n), *b = alloc(n), *c = alloc(n);
    for (int nt : {1, 2}) {
      size_t m = n / nt;
      par("mem_read", nt, m * 4.0, "GB/s", [=](int t) { k_read(a + t * m, m); });
      par("mem_write", nt, m * 4.0, "GB/s", [=](int t) { k_write(c + t * m, m); });
      par("mem_copy", nt, m * 8.0, "GB/s", [=](int t) { k_copy(c + t * m, a + t * m, m); });
      par("mem_copy_nt", nt, m * 8.0, "GB/s", [=](int t) { k_copy_nt(c + t * m, a + t * m, m); });
      par("mem_triad", nt, m * 12.0, "GB/s",
          [=](int t) { k_triad(c + t * m, a + t * m, b + t * m, m); });
      par("mem_triad_nt", nt, m * 12.0, "GB/s",
          [=](int t) { k_triad_nt(c + t * m, a + t * m, b + t * m, m); });
    }
    struct {
      const char *k;
      size_t kb;
    } lv[] = {{"l1_16KiB", 16}, {"l2_1MiB", 1024}, {"l3_16MiB", 16384}};
    for (auto &l : lv)
      for (int nt : {1, 2}) {
        size_t m = l.kb * 256;
        long R = std::max<long>(1, (1L << 28) / (long)m);
        char k[64];
        snprintf(k, 64, "%s_read", l.k);
        par(k, nt, m * 4.0 * R, "GB/s", [=](int t) {
          for (long r = 0; r < R; r++) k_read(a + t * (n / 2), m);
        });
        size_t h = m / 2;
        snprintf(k, 64, "%s_copy", l.k);
        par(k, nt, h * 8.0 * R, "GB/s", [=](int t) {
          for (long r = 0; r < R; r++) k_copy(a + t * (n / 2), a + t * (n / 2) + h, h);
        });
      }
    free(a);
    free(b);
    free(c);
  }
  const char *pn[] = {"handoff_spin", "handoff_spin_pause", "handoff_futex", "handoff_condvar",
                      "handoff_spin_then_futex"};
  for (int m = 0; m < 5; m++) {
    std::vector<double> v;
    for (int r = 0; r < 7; r++)
      v.push_back(pingpong(m, m == 0 || m == 1 || m == 4 ? 100000 : 20000));
    std::sort(v.begin(), v.end());
    char k[64];
    snprintf(k, 64, "%s_us", pn[m]);
    out(k, v[3] * 1e6, "us one way");
  }
  for (size_t sz : {64ul, 4096ul, 65536ul, 262144ul, 4194304ul, 67108864ul}) {
    char k[64];
    int it = sz > 200000 ? 50 : 100000;
    snprintf(k, 64, "malloc_free_%zu_ns", sz);
    out(k,
        med(
            [=] {
              for (int i = 0; i < it; i++) {
                char *p = (char *)malloc(sz);
                asm volatile("" ::"r"(p) : "memory");
                free(p);
              }
            },
            15, it) *
            1e9,
        "ns");
    if (sz >= 4096) {
      int it2 = sz > 1000000 ? 3 : 50;
      snprintf(k, 64, "malloc_touch_free_%zu_ns", sz);
      out(k,
          med(
              [=] {
                for (int i = 0; i < it2; i++) {
                  char *p = (char *)malloc(sz);
                  for (size_t j = 0; j < sz; j += 4096) p[j] = 1;
                  asm volatile("" ::"r"(p) : "memory");
                  free(p);
                }
              },
              7, it2) *
              1e9,
          "ns");
    }
  }
  {
    std::vector<Step> p;
    static float v[4096];
    for (auto &x : v) x = 0.5f;
    for (int i = 0; i < 1000; i++) p.push_back({i & 1 ? s_mul : s_add, v + i, v + 7, v + i + 1, 1});
    out("plan_scalar_op_ns",
        med(
            [&] {
              for (auto &s : p) s.f(&s);
            },
            2001, 1000) *
            1e9,
        "ns/op (dependent chain, function pointer)");
    for (int i = 0; i < 1000; i++) p[i] = {i & 1 ? s_mul : s_tanh, v + i, v + 7, v + i + 1, 1};
    out("plan_tanh_mul_op_ns",
        med(
            [&] {
              for (auto &s : p) s.f(&s);
            },
            2001, 1000) *
            1e9,
        "ns/op (libm tanhf every second op)");
    for (int i = 0; i < 500; i++) p[i] = {v_add, v + i * 4, v + 7, v + i * 4 + 4, 4};
    p.resize(500);
    out("plan_vec4_add_ns",
        med(
            [&] {
              for (auto &s : p) s.f(&s);
            },
            2001, 500) *
            1e9,
        "ns/op");
  }
  {
    static float z;
    out("clock_gettime_ns",
        med(
            [] {
              for (int i = 0; i < 1000; i++) sinkf = now();
            },
            201, 1000) *
            1e9,
        "ns");
    std::atomic<long> q{0};
    out("atomic_add_ns",
        med(
            [&] {
              for (int i = 0; i < 1000; i++) q++;
            },
            201, 1000) *
            1e9,
        "ns (uncontended lock xadd)");
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    out("mutex_lock_unlock_ns",
        med(
            [&] {
              for (int i = 0; i < 1000; i++) {
                pthread_mutex_lock(&m);
                pthread_mutex_unlock(&m);
              }
            },
            201, 1000) *
            1e9,
        "ns (uncontended)");
    (void)z;
    out("syscall_ns",
        med(
            [] {
              for (int i = 0; i < 1000; i++) syscall(SYS_getppid);
            },
            201, 1000) *
            1e9,
        "ns");
    out("thread_create_join_us",
        med(
            [] {
              std::thread t([] {});
              t.join();
            },
            301, 1) *
            1e6,
        "us");
  }
  printf("\n}\n");
}
