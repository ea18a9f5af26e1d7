import LoomTestSupport
import Testing
import Weirloom

/// Real model files give stock TensorFlow's answers.
@Suite struct ModelTests {
  static let inference = [
    "mlp", "mlp_pbtxt", "lenet", "resnet_infer", "resnet_train_bn", "mobilenet", "bert2",
    "lstm_dynamic", "gru_bidirectional", "beam_search", "char_sampler", "control_flow_v2",
  ]
  static let training =
    [
      "adadelta", "adagrad", "adagrad_da", "adam", "ftrl", "momentum", "nesterov",
      "proximal_adagrad",
      "proximal_sgd", "rmsprop", "rmsprop_centered", "sgd",
    ].flatMap {
      ["train_mlp_\($0)_ref", "train_mlp_\($0)_resource"]
    } + ["train_lstm_ref", "train_lstm_resource", "train_rnn_functional"]

  @Test(arguments: inference)
  func `a frozen model gives the recorded values`(_ folder: String) throws {
    let faults = try ModelRunner(folder: folder, registry: .standard).differences()
    #expect(faults.isEmpty, "\(faults.prefix(5).joined(separator: "\n"))")
  }

  @Test(arguments: training)
  func `five training steps give the recorded loss and variables`(_ folder: String) throws {
    let faults = try ModelRunner(folder: folder, registry: .standard).differences()
    #expect(faults.isEmpty, "\(faults.prefix(5).joined(separator: "\n"))")
  }
}
