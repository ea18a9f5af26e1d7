// Times a workload folder through TensorFlow's C API, no Python involved.
#include "npyio.h"
#include "tensorflow/c/c_api.h"
static void ck(TF_Status *s, const char *w) {
  if (TF_GetCode(s) != TF_OK) {
    fprintf(stderr, "%s: %s\n", w, TF_Message(s));
    exit(1);
  }
}
static TF_Output outp(TF_Graph *g, const char *n) {
  char b[256];
  strcpy(b, n);
  int i = 0;
  char *c = strrchr(b, ':');
  if (c) {
    i = atoi(c + 1);
    *c = 0;
  }
  TF_Output o = {TF_GraphOperationByName(g, b), i};
  if (!o.oper) {
    fprintf(stderr, "no op %s\n", b);
    exit(1);
  }
  return o;
}
static void nofree(void *d, size_t n, void *a) {}
static void freebuf(void *d, size_t n) { free(d); }
static struct {
  TF_Session *s;
  TF_Status *st;
  TF_Output in[64], out[64];
  TF_Tensor *iv[64], *ov[64];
  const TF_Operation *tg[64];
  int ni, no, nt;
} R;
static void one(void *c) {
  TF_SessionRun(R.s, NULL, R.in, R.iv, R.ni, R.out, R.ov, R.no, R.tg, R.nt, NULL, R.st);
  ck(R.st, "run");
  for (int i = 0; i < R.no; i++) {
    TF_DeleteTensor(R.ov[i]);
    R.ov[i] = NULL;
  }
}
int main(int argc, char **argv) {
  Args a = parse_args(argc, argv);
  static WLoad w;
  load_manifest(a.dir, &w);
  TF_Status *s = TF_NewStatus();
  R.st = s;
  TF_Graph *g = TF_NewGraph();
  char p[1024];
  snprintf(p, sizeof p, "%s/%s", a.dir, w.graph);
  double t0 = now_s();
  size_t n;
  void *b = slurp(p, &n);
  TF_Buffer *gb = TF_NewBuffer();
  gb->data = b;
  gb->length = n;
  gb->data_deallocator = freebuf;
  TF_ImportGraphDefOptions *io = TF_NewImportGraphDefOptions();
  TF_GraphImportGraphDef(g, gb, io, s);
  ck(s, "import");
  TF_DeleteBuffer(gb);
  unsigned char cfg[4] = {0x10, (unsigned char)a.intra, 0x28,
                          (unsigned char)a.inter};  // intra (field 2), inter (field 5)
  TF_SessionOptions *so = TF_NewSessionOptions();
  TF_SetConfig(so, cfg, 4, s);
  ck(s, "config");
  R.s = TF_NewSession(g, so, s);
  ck(s, "session");
  for (int i = 0; i < w.ninit; i++) {
    const TF_Operation *o = TF_GraphOperationByName(g, w.init[i]);
    TF_SessionRun(R.s, NULL, NULL, NULL, 0, NULL, NULL, 0, &o, 1, NULL, s);
    ck(s, "init");
  }
  for (int i = 0; i < w.nfeed; i++) {
    R.in[i] = outp(g, w.feed[i].name);
    R.iv[i] = TF_NewTensor((TF_DataType)tf_dtype(w.feed[i].dtype), w.feed[i].dims, w.feed[i].rank,
                           w.feed[i].data, w.feed[i].count * w.feed[i].esz, nofree, NULL);
  }
  for (int i = 0; i < w.nfetch; i++) R.out[i] = outp(g, w.fetch[i].name);
  for (int i = 0; i < w.ntarget; i++) {
    R.tg[i] = TF_GraphOperationByName(g, w.target[i]);
    if (!R.tg[i]) {
      fprintf(stderr, "no target %s\n", w.target[i]);
      exit(1);
    }
  }
  R.ni = w.nfeed;
  R.no = w.nfetch;
  R.nt = w.ntarget;
  double load = now_s() - t0;
  t0 = now_s();
  TF_SessionRun(R.s, NULL, R.in, R.iv, R.ni, R.out, R.ov, R.no, R.tg, R.nt, NULL, s);
  ck(s, "first run");
  double cold = now_s() - t0;
  double err = 0;
  long bad = 0;
  for (int i = 0; i < w.nfetch; i++) {
    double e = max_err(&w, &w.fetch[i], TF_TensorData(R.ov[i]), &bad);
    if (e > err || e != e) err = e;
    if (getenv("BENCH_ZEROCOPY"))
      fprintf(stderr, "fetch %d shares the fed buffer: %d\n", i,
              w.nfeed && TF_TensorData(R.ov[i]) == w.feed[0].data);
    TF_DeleteTensor(R.ov[i]);
    R.ov[i] = NULL;
  }
  measure("tf_c", &a, one, NULL, cold, load, err, bad);
  return 0;
}
