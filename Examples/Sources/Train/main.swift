// Trains a 64-128-10 network on images of digits: the network of `weirloom demo`.
import Foundation
import Weirloom

/// Images as `[count, 64]` from 0 to 1, and their labels.
func readDigits(_ path: String) throws -> (images: [[Float]], labels: [Int32]) {
  let rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst()
    .map { line in line.split(separator: ",").compactMap { Float($0) } }
  return (rows.map { $0.dropLast().map { $0 / 16 } }, rows.map { Int32($0.last ?? 0) })
}

let folder = CommandLine.arguments.dropFirst().first ?? "Data/digits"
let training = try readDigits(folder + "/train.csv")
let test = try readDigits(folder + "/test.csv")

// The graph. Every builder infers shapes, so that a mistake is thrown on its own line.
let graph = Graph()
let x = try graph.placeholder(Float.self, shape: [nil, 64], name: "x")
let y = try graph.placeholder(Int32.self, shape: [nil], name: "y")
let w1 = try graph.variable("w1", initialValue: .glorotUniform([64, 128], seed: 1))
let b1 = try graph.variable("b1", initialValue: .zeros([128]))
let w2 = try graph.variable("w2", initialValue: .glorotUniform([128, 10], seed: 2))
let b2 = try graph.variable("b2", initialValue: .zeros([10]))
let hidden = try relu(matmul(x, w1.value) + b1.value)
let logits = try matmul(hidden, w2.value) + b2.value
let loss = try reduceMean(sparseSoftmaxCrossEntropy(logits: logits, labels: y))
let isRight = try equal(argmax(logits, along: 1), cast(y, to: Int64.self))
let accuracy = try reduceMean(cast(isRight, to: Float.self))
let train = try GradientDescent(learningRate: 0.3).minimize(loss)

try withSession(graph) { session in
  try session.run(graph.globalVariablesInitializer)
  // Resolved once: no names are looked up per step.
  let step = try session.makeCallable(feeding: x, y, fetching: train, loss)
  let evaluate = try session.makeCallable(feeding: x, y, fetching: accuracy)
  let testImages = try Tensor(test.images.flatMap { $0 }, shape: [test.images.count, 64])
  let testLabels = try Tensor(test.labels)

  for epoch in 1...20 {
    var lastLoss = Float.nan
    let order = training.labels.indices.shuffled()
    for start in stride(from: 0, to: order.count, by: 32) {
      let rows = order[start..<min(start + 32, order.count)]
      let images = try Tensor(rows.flatMap { training.images[$0] }, shape: [rows.count, 64])
      let labels = try Tensor(rows.map { training.labels[$0] })
      let (_, batchLoss) = try step(images, labels)
      lastLoss = batchLoss.scalar ?? lastLoss
    }
    let share = try evaluate(testImages, testLabels).scalar ?? 0
    print("epoch \(epoch): loss \(lastLoss), test accuracy \(share)")
  }
}
