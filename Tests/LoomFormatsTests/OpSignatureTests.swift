import LoomCore
import LoomFormats
import LoomGraph
import LoomProto
import SwiftProtobuf
import Testing

@Suite struct OpSignatureTests {
  let everything = OpSignature(
    "Everything", inputs: ["a: T", "b: N * T", "c: Tlist", "d: Ref(float)"],
    outputs: ["y: int32", "z: N * float"],
    attributes: [
      "T: {float, double} = float", "N: int >= 2", "Tlist: list(type) >= 1", "s: string = \"x\"",
      "padding: {\"SAME\", \"VALID\"}", "f: func", "sizes: list(int) = [1, 2]",
      "shape: shape = ?", "rate: float = 0.5", "flag: bool = true",
    ], isStateful: true, isCommutative: true, isAggregate: true, allowsUninitializedInput: true,
    deprecatedSince: 9)

  @Test func `a signature survives its message`() throws {
    let message = try Tensorflow_OpDef(everything)
    #expect(message.inputArg.map(\.name) == ["a", "b", "c", "d"])
    #expect(message.inputArg[3].isRef)
    #expect(message.attr[0].allowedValues.list.type == [.dtFloat, .dtDouble])
    #expect(message.deprecation.version == 9)
    let again = try OpSignature(message)
    #expect(again.differences(from: everything).isEmpty)
    #expect(try Tensorflow_OpDef(again) == message)
  }

  @Test func `a list of ops is read`() throws {
    var list = Tensorflow_OpList()
    list.op = [try Tensorflow_OpDef(everything)]
    let bytes: [UInt8] = try list.serializedBytes()
    #expect(try OpSignature.list(serialized: bytes).map(\.name) == ["Everything"])
    #expect(failure { try OpSignature.list(serialized: [0xff]) }?.code == .dataLoss)
  }

  @Test func `differences are named`() {
    let a = OpSignature(
      "Op", inputs: ["x: T"], outputs: ["y: T"], attributes: ["T: {float, int32}", "k: int = 1"])
    let b = OpSignature(
      "Op", inputs: ["x: T"], outputs: ["z: T"],
      attributes: ["T: {int32, float, half}", "k: int = 2"], isStateful: true)
    let differences = a.differences(from: b)
    #expect(differences.count == 4)
    #expect(differences.first == "Op: outputs is [\"y: T\"], expected [\"z: T\"]")
    #expect(differences.contains { $0.contains("attr T: allowed types") })
    #expect(differences.contains { $0.contains("attr k: default") })
    #expect(differences.contains { $0.contains("isStateful") })
    #expect(a.differences(from: a).isEmpty)
  }

  @Test(arguments: ["type: \"nope\"", "type: \"type\" default_value { type: 9999 }"])
  func `an attribute that can't be read is refused`(attribute: String) throws {
    let message = try Tensorflow_OpDef(
      textFormatString: "name: \"Op\" attr { name: \"a\" \(attribute) }")
    #expect(failure { try OpSignature(message) }?.code == .invalidArgument)
  }

  @Test func `an argument without a type is refused`() throws {
    let message = try Tensorflow_OpDef(textFormatString: "name: \"Op\" input_arg { name: \"a\" }")
    #expect(failure { try OpSignature(message) }?.code == .invalidArgument)
  }
}
