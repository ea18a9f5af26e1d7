import LoomTestSupport
import Testing
import Weirloom

/// Real model files give stock TensorFlow's answers.
@Suite struct ModelTests {
  static let inference = [
    "mlp", "mlp_pbtxt", "lenet", "resnet_infer", "resnet_train_bn", "mobilenet", "bert2",
    "sparse_parse", "wide_deep",
  ]
  static let training =
    [
      "adadelta", "adagrad", "adagrad_da", "adam", "ftrl", "momentum", "nesterov",
      "proximal_adagrad",
      "proximal_sgd", "rmsprop", "rmsprop_centered", "sgd",
    ].flatMap {
      ["train_mlp_\($0)_ref", "train_mlp_\($0)_resource"]
    } + [
      "train_conv_bn_resource", "train_losses_ref", "train_losses_resource",
    ]

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
