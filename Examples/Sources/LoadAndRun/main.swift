// Loads a model that TensorFlow wrote and runs it.
import Weirloom

let path = CommandLine.arguments.dropFirst().first ?? "Fixtures/models/mlp/model.pb"
let graph = try Graph(contentsOf: path)

// Names become typed handles once; a wrong name or dtype is thrown here.
let x = try graph.output(named: "x:0", as: Float.self)
let probabilities = try graph.output(named: "probs:0", as: Float.self)
let label = try graph.output(named: "label:0", as: Int64.self)

try withSession(graph) { session in
  let classify = try session.makeCallable(feeding: x, fetching: probabilities, label)
  for brightness in [0, 0.5, 1] as [Float] {
    let row = try Tensor(Array(repeating: brightness, count: 20), shape: [1, 20])
    let (scores, labels) = try classify(row)
    print("\(brightness): class \(labels.scalars) of \(scores.scalars)")
  }

  // What does not fit is an error with TensorFlow's code, and the session goes on.
  do {
    _ = try classify(Tensor([1, 2, 3]))
  } catch let error as StatusError where error.code == .invalidArgument {
    print("refused: \(error.reason)")
  }
}
