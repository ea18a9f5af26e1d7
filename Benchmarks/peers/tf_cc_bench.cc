// The same through tensorflow::Session::MakeCallable / RunCallable (C++ API, in the wheel's
// headers).
#include "tensorflow/core/public/session.h"
#include "tensorflow/core/framework/tensor.h"
#include "tensorflow/core/platform/env.h"
#include "tensorflow/core/protobuf/config.pb.h"
#include "npyio.h"
using namespace tensorflow;
static Session *S;
static Session::CallableHandle H;
static std::vector<Tensor> IN;
static void ck(const absl::Status &s, const char *w) {
  if (!s.ok()) {
    fprintf(stderr, "%s: %s\n", w, std::string(s.message()).c_str());
    exit(1);
  }
}
static void one(void *) {
  std::vector<Tensor> o;
  ck(S->RunCallable(H, IN, &o, nullptr), "run");
}
int main(int argc, char **argv) {
  Args a = parse_args(argc, argv);
  static WLoad w;
  load_manifest(a.dir, &w);
  double t0 = now_s();
  GraphDef g;
  ck(ReadBinaryProto(Env::Default(), std::string(a.dir) + "/" + w.graph, &g), "read");
  SessionOptions so;
  so.config.set_intra_op_parallelism_threads(a.intra);
  so.config.set_inter_op_parallelism_threads(a.inter);
  if (getenv("TF_SEQ")) {
    so.config.mutable_experimental()->set_executor_type(getenv("TF_SEQ"));
  }
  ck(NewSession(so, &S), "session");
  ck(S->Create(g), "create");
  for (int i = 0; i < w.ninit; i++) ck(S->Run({}, {}, {w.init[i]}, nullptr), "init");
  CallableOptions co;
  for (int i = 0; i < w.nfeed; i++) {
    co.add_feed(w.feed[i].name);
    TensorShape sh;
    for (int d = 0; d < w.feed[i].rank; d++) sh.AddDim(w.feed[i].dims[d]);
    Tensor t((DataType)tf_dtype(w.feed[i].dtype), sh);
    memcpy((void *)t.tensor_data().data(), w.feed[i].data, w.feed[i].count * w.feed[i].esz);
    IN.push_back(t);
  }
  for (int i = 0; i < w.nfetch; i++) co.add_fetch(w.fetch[i].name);
  for (int i = 0; i < w.ntarget; i++) co.add_target(w.target[i]);
  if (getenv("TF_RUN_INLINE")) co.mutable_run_options()->set_inter_op_thread_pool(-1);
  ck(S->MakeCallable(co, &H), "callable");
  double load = now_s() - t0;
  t0 = now_s();
  std::vector<Tensor> o;
  ck(S->RunCallable(H, IN, &o, nullptr), "first run");
  double cold = now_s() - t0, err = 0;
  long bad = 0;
  for (int i = 0; i < w.nfetch; i++) {
    double e = max_err(&w, &w.fetch[i], o[i].tensor_data().data(), &bad);
    if (e > err || e != e) err = e;
  }
  o.clear();
  measure(getenv("TF_RUN_INLINE") ? "tf_cc_inline" : "tf_cc", &a, one, nullptr, cold, load, err,
          bad);
  return 0;
}
