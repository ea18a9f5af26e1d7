import Weirloom

/// A network that reads digits: 64 pixels, 128 hidden units, 10 classes.
struct DigitNetwork {
  let graph = Graph()
  /// `[?, 64]`.
  let images: Output<Float>
  /// `[?]`.
  let labels: Output<Int32>
  /// The mean over the fed images.
  let loss: Output<Float>
  /// The digit that each image most likely shows.
  let predictions: Output<Int64>
  /// Makes the loss of the fed images smaller.
  let train: Operation

  init(seed: Int, learningRate: Hyperparameter = 0.3) throws(StatusError) {
    images = try graph.placeholder(Float.self, shape: [nil, 64], name: "images")
    labels = try graph.placeholder(Int32.self, shape: [nil], name: "labels")
    let hidden = try relu(
      DigitNetwork.dense(images, inputs: 64, outputs: 128, seed: seed, name: "hidden"))
    let logits = try DigitNetwork.dense(
      hidden, inputs: 128, outputs: 10, seed: seed &+ 1, name: "logits")
    predictions = try argmax(logits, along: 1, name: "predictions")
    loss = try reduceMean(sparseSoftmaxCrossEntropy(logits: logits, labels: labels), name: "loss")
    train = try GradientDescent(learningRate: learningRate).minimize(loss, name: "train")
  }

  /// `x · weights + bias`.
  private static func dense(
    _ x: Output<Float>, inputs: Int, outputs: Int, seed: Int, name: String
  ) throws(StatusError) -> Output<Float> {
    try x.graph.withNameScope(name) { () throws(StatusError) in
      let weights = try x.graph.variable(
        "weights", initialValue: .glorotUniform([inputs, outputs], seed: seed))
      let bias = try x.graph.variable("bias", initialValue: .zeros([outputs]))
      return try matmul(x, weights.value) + bias.value
    }
  }
}
