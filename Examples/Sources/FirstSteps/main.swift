import Weirloom

let graph = Graph()
let x = try graph.placeholder(Float.self, shape: [nil, 2], name: "x")
let y = try graph.placeholder(Int32.self, shape: [nil], name: "y")
let w = try graph.variable("w", initialValue: .truncatedNormal([2, 2], stddev: 0.1, seed: 7))
let b = try graph.variable("b", initialValue: .zeros([2]))
let logits = try matmul(x, w.value) + b.value
let loss = try reduceMean(sparseSoftmaxCrossEntropy(logits: logits, labels: y))
let train = try GradientDescent(learningRate: 0.5).minimize(loss, name: "train")

// What "or" answers.
let points = try Tensor<Float>([0, 0, 0, 1, 1, 0, 1, 1], shape: [4, 2])
let answers = try Tensor<Int32>([0, 1, 1, 1])

try await withSession(graph) { session in
  try await session.run(graph.globalVariablesInitializer)
  for _ in 0..<200 {
    _ = try await session.run(train, feeding: x.feed(points), y.feed(answers))
  }
  let learned = try await session.run(argmax(logits, along: 1), feeding: x.feed(points))
  print(learned.scalars)  // [0, 1, 1, 1]
}
