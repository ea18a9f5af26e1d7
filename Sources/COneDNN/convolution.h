// Two-dimensional convolutions on plain NHWC activations and HWIO filters.
//
// Thin enough to stay a header: descriptors, creation and execution, without state of its own. All
// functions return oneDNN's status, so that the caller can word the error.
#pragma once
#include <stdbool.h>
#include <stdlib.h>
#include <dnnl.h>

/// Leaves a function with a `status` and the label `done` at the first failure.
#define LOOM_TRY(call)                                  \
  do {                                                  \
    if ((status = (call)) != dnnl_success) goto done;   \
  } while (0)

typedef enum {
  LOOM_CONVOLUTION_FORWARD,
  LOOM_CONVOLUTION_BACKWARD_INPUT,
  LOOM_CONVOLUTION_BACKWARD_FILTER
} loom_convolution_kind;

typedef enum {
  LOOM_ACTIVATION_NONE,
  LOOM_ACTIVATION_RELU,
  LOOM_ACTIVATION_RELU6
} loom_activation;

/// Sizes in elements, [height, width]; the filter is [height, width, inputs / groups, outputs].
typedef struct {
  int64_t batch, groups, inputs, outputs;
  int64_t input[2], filter[2], output[2], stride[2], dilation[2], before[2], after[2];
  bool is_bfloat16;
  /// Forward only: add a bias, add to what the output holds, then the activation.
  bool has_bias, adds_to_output;
  loom_activation activation;
} loom_convolution_shape;

typedef struct {
  loom_convolution_kind kind;
  dnnl_primitive_t primitive;
  dnnl_memory_desc_t input, weights, plain_weights, bias, output, scratchpad;
  bool has_bias;
} loom_convolution;

static inline dnnl_status_t loom_convolution_plain_weights(
    const loom_convolution_shape *s, dnnl_data_type_t type, dnnl_memory_desc_t *md) {
  const int64_t i = s->inputs / s->groups, o = s->outputs / s->groups;
  const int64_t row = i * s->outputs;
  if (s->groups == 1) {
    const dnnl_dims_t dims = {o, i, s->filter[0], s->filter[1]};
    const dnnl_dims_t strides = {1, s->outputs, s->filter[1] * row, row};
    return dnnl_memory_desc_init_by_strides(md, 4, dims, type, strides);
  }
  const dnnl_dims_t dims = {s->groups, o, i, s->filter[0], s->filter[1]};
  const dnnl_dims_t strides = {o, 1, s->outputs, s->filter[1] * row, row};
  return dnnl_memory_desc_init_by_strides(md, 5, dims, type, strides);
}

static inline void loom_convolution_destroy(loom_convolution *c) {
  if (c->primitive) dnnl_primitive_destroy(c->primitive);
  free(c);
}

/// Makes a convolution for `loom_convolution_destroy` to free. The layout of the weights is oneDNN's choice, or `weights` if given: pieces of one
/// convolution then share packed weights.
static inline dnnl_status_t loom_convolution_create(
    dnnl_engine_t engine, loom_convolution_kind kind, const loom_convolution_shape *s,
    const dnnl_memory_desc_t *weights, loom_convolution **result) {
  const dnnl_data_type_t type = s->is_bfloat16 ? dnnl_bf16 : dnnl_f32;
  const dnnl_dims_t in = {s->batch, s->inputs, s->input[0], s->input[1]};
  const dnnl_dims_t out = {s->batch, s->outputs, s->output[0], s->output[1]};
  const dnnl_dims_t bias = {s->outputs};
  const dnnl_dims_t dilates = {s->dilation[0] - 1, s->dilation[1] - 1};
  const dnnl_alg_kind_t direct = dnnl_convolution_direct;
  dnnl_memory_desc_t in_md, out_md, any_md, bias_md;
  dnnl_convolution_desc_t op, forward;
  dnnl_primitive_attr_t attr = NULL;
  dnnl_post_ops_t post = NULL;
  dnnl_primitive_desc_t hint = NULL, pd = NULL;
  dnnl_status_t status;
  loom_convolution *c = calloc(1, sizeof *c);
  if (!c) return dnnl_out_of_memory;
  c->kind = kind;
  c->has_bias = s->has_bias;
  LOOM_TRY(dnnl_memory_desc_init_by_tag(&in_md, 4, in, type, dnnl_nhwc));
  LOOM_TRY(dnnl_memory_desc_init_by_tag(&out_md, 4, out, type, dnnl_nhwc));
  LOOM_TRY(dnnl_memory_desc_init_by_tag(&bias_md, 1, bias, type, dnnl_a));
  LOOM_TRY(loom_convolution_plain_weights(s, type, &c->plain_weights));
  if (weights) {
    any_md = *weights;
  } else {
    // Gradients of filters are summed over pieces, so they stay in Float until the end.
    const dnnl_data_type_t kept = kind == LOOM_CONVOLUTION_BACKWARD_FILTER ? dnnl_f32 : type;
    LOOM_TRY(dnnl_memory_desc_init_by_tag(&any_md, c->plain_weights.ndims, c->plain_weights.dims,
                                          kept, dnnl_format_tag_any));
  }
  LOOM_TRY(dnnl_primitive_attr_create(&attr));
  LOOM_TRY(dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user));
  if (kind == LOOM_CONVOLUTION_FORWARD) {
    LOOM_TRY(dnnl_dilated_convolution_forward_desc_init(
        &op, dnnl_forward_inference, direct, &in_md, &any_md, s->has_bias ? &bias_md : NULL,
        &out_md, s->stride, dilates, s->before, s->after));
    LOOM_TRY(dnnl_post_ops_create(&post));
    if (s->adds_to_output) LOOM_TRY(dnnl_post_ops_append_sum(post, 1));
    if (s->activation == LOOM_ACTIVATION_RELU)
      LOOM_TRY(dnnl_post_ops_append_eltwise(post, 1, dnnl_eltwise_relu, 0, 0));
    if (s->activation == LOOM_ACTIVATION_RELU6)
      LOOM_TRY(dnnl_post_ops_append_eltwise(post, 1, dnnl_eltwise_clip, 0, 6));
    LOOM_TRY(dnnl_primitive_attr_set_post_ops(attr, post));
    LOOM_TRY(dnnl_primitive_desc_create(&pd, &op, attr, engine, NULL));
  } else {
    // A backward descriptor wants a forward one as a hint.
    dnnl_memory_desc_t hint_weights;
    LOOM_TRY(dnnl_memory_desc_init_by_tag(&hint_weights, any_md.ndims, any_md.dims, type,
                                          dnnl_format_tag_any));
    LOOM_TRY(dnnl_dilated_convolution_forward_desc_init(
        &forward, dnnl_forward_training, direct, &in_md, &hint_weights, NULL, &out_md, s->stride,
        dilates, s->before, s->after));
    LOOM_TRY(dnnl_primitive_desc_create(&hint, &forward, NULL, engine, NULL));
    if (kind == LOOM_CONVOLUTION_BACKWARD_INPUT)
      LOOM_TRY(dnnl_dilated_convolution_backward_data_desc_init(
          &op, direct, &in_md, &any_md, &out_md, s->stride, dilates, s->before, s->after));
    else
      LOOM_TRY(dnnl_dilated_convolution_backward_weights_desc_init(
          &op, direct, &in_md, &any_md, NULL, &out_md, s->stride, dilates, s->before, s->after));
    LOOM_TRY(dnnl_primitive_desc_create(&pd, &op, attr, engine, hint));
  }
  c->input = in_md;
  c->output = out_md;
  c->bias = bias_md;
  c->weights = *dnnl_primitive_desc_query_md(
      pd, kind == LOOM_CONVOLUTION_BACKWARD_FILTER ? dnnl_query_diff_weights_md : dnnl_query_weights_md,
      0);
  c->scratchpad = *dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
  LOOM_TRY(dnnl_primitive_create(&c->primitive, pd));
  *result = c;
  c = NULL;
done:
  if (c) loom_convolution_destroy(c);
  if (pd) dnnl_primitive_desc_destroy(pd);
  if (hint) dnnl_primitive_desc_destroy(hint);
  if (post) dnnl_post_ops_destroy(post);
  if (attr) dnnl_primitive_attr_destroy(attr);
  return status;
}

/// Runs on the calling thread; several threads may run one convolution at a time, each with its own
/// scratchpad. Backward, `input` or `weights` is what is written.
static inline dnnl_status_t loom_convolution_run(
    dnnl_engine_t engine, const loom_convolution *c, const void *input, dnnl_memory_t weights,
    const void *bias, void *output, void *scratchpad) {
  dnnl_status_t status;
  dnnl_stream_t stream = NULL;
  dnnl_memory_t in = NULL, out = NULL, offset = NULL, scratch = NULL;
  LOOM_TRY(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
  LOOM_TRY(dnnl_memory_create(&in, &c->input, engine, (void *)input));
  LOOM_TRY(dnnl_memory_create(&out, &c->output, engine, output));
  LOOM_TRY(dnnl_memory_create(&scratch, &c->scratchpad, engine, scratchpad));
  if (c->has_bias) LOOM_TRY(dnnl_memory_create(&offset, &c->bias, engine, (void *)bias));
  const bool back_input = c->kind == LOOM_CONVOLUTION_BACKWARD_INPUT;
  const bool back_filter = c->kind == LOOM_CONVOLUTION_BACKWARD_FILTER;
  const dnnl_exec_arg_t args[] = {
      {back_input ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, in},
      {back_filter ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, weights},
      {back_input || back_filter ? DNNL_ARG_DIFF_DST : DNNL_ARG_DST, out},
      {DNNL_ARG_SCRATCHPAD, scratch},
      {DNNL_ARG_BIAS, offset}};
  LOOM_TRY(dnnl_primitive_execute(c->primitive, stream, c->has_bias ? 5 : 4, args));
  LOOM_TRY(dnnl_stream_wait(stream));
done:
  if (offset) dnnl_memory_destroy(offset);
  if (scratch) dnnl_memory_destroy(scratch);
  if (out) dnnl_memory_destroy(out);
  if (in) dnnl_memory_destroy(in);
  if (stream) dnnl_stream_destroy(stream);
  return status;
}

/// Copies between two layouts of the same weights.
static inline dnnl_status_t loom_reorder(dnnl_engine_t engine, dnnl_memory_t from, dnnl_memory_t to) {
  dnnl_status_t status;
  const dnnl_memory_desc_t *from_md, *to_md;
  dnnl_primitive_desc_t pd = NULL;
  dnnl_primitive_t reorder = NULL;
  dnnl_stream_t stream = NULL;
  LOOM_TRY(dnnl_memory_get_memory_desc(from, &from_md));
  LOOM_TRY(dnnl_memory_get_memory_desc(to, &to_md));
  LOOM_TRY(dnnl_reorder_primitive_desc_create(&pd, from_md, engine, to_md, engine, NULL));
  LOOM_TRY(dnnl_primitive_create(&reorder, pd));
  LOOM_TRY(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
  const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  LOOM_TRY(dnnl_primitive_execute(reorder, stream, 2, args));
  LOOM_TRY(dnnl_stream_wait(stream));
done:
  if (stream) dnnl_stream_destroy(stream);
  if (reorder) dnnl_primitive_destroy(reorder);
  if (pd) dnnl_primitive_desc_destroy(pd);
  return status;
}

#undef LOOM_TRY
