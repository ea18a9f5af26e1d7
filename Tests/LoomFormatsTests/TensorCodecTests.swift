import Foundation
import LoomCore
import LoomFormats
import LoomProto
import SwiftProtobuf
import Testing

/// The error of an expression that must fail.
func failure(_ body: () throws -> some Any) -> StatusError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? StatusError
  }
}

/// A TensorProto of the given sizes.
func message(
  _ dtype: Tensorflow_DataType, _ sizes: [Int64],
  _ fill: (inout Tensorflow_TensorProto) -> Void = { _ in }
) -> Tensorflow_TensorProto {
  var message = Tensorflow_TensorProto()
  message.dtype = dtype
  message.tensorShape.dim = sizes.map { size in .with { $0.size = size } }
  fill(&message)
  return message
}

@Suite struct TensorCodecTests {
  @Test func `values that are missing repeat the last one`() throws {
    let tensor = try AnyTensor(message(.dtFloat, [5]) { $0.floatVal = [1, 2] })
    #expect(try tensor.scalars(of: Float.self) == [1, 2, 2, 2, 2])
  }

  @Test func `no values are zeros`() throws {
    #expect(try AnyTensor(message(.dtInt64, [3])).scalars(of: Int64.self) == [0, 0, 0])
    #expect(try AnyTensor(message(.dtString, [2])).scalars(of: ByteString.self) == ["", ""])
    #expect(try AnyTensor(message(.dtBool, [])).scalars(of: Bool.self) == [false])
  }

  @Test func `values too many are ignored`() throws {
    let tensor = try AnyTensor(message(.dtFloat, [2]) { $0.floatVal = [1, 2, 3] })
    #expect(try tensor.scalars(of: Float.self) == [1, 2])
  }

  @Test func `values in the field of another dtype are ignored`() throws {
    let tensor = try AnyTensor(message(.dtBool, [2]) { $0.intVal = [1, 1] })
    #expect(try tensor.scalars(of: Bool.self) == [false, false])
  }

  @Test func `an unknown rank is a scalar`() throws {
    var proto = message(.dtFloat, []) { $0.floatVal = [7] }
    proto.tensorShape.unknownRank = true
    let tensor = try AnyTensor(proto)
    #expect(tensor.shape == .scalar)
    #expect(try tensor.scalars(of: Float.self) == [7])
  }

  @Test func `narrow integers keep their low bits`() throws {
    #expect(
      try AnyTensor(message(.dtUint8, [2]) { $0.intVal = [255, -1] }).scalars(of: UInt8.self)
        == [255, 255])
    #expect(
      try AnyTensor(message(.dtQint8, [1]) { $0.intVal = [-3] }).scalars(of: QInt8.self)
        == [QInt8(-3)])
  }

  @Test func `half and bfloat16 values are bit patterns`() throws {
    let half = try AnyTensor(message(.dtHalf, [1]) { $0.halfVal = [0x3c00] })
    #expect(try half.scalars(of: Float16.self) == [1])
    let brain = try AnyTensor(message(.dtBfloat16, [1]) { $0.halfVal = [0x3f80] })
    #expect(try brain.scalars(of: BFloat16.self) == [BFloat16(1)])
  }

  @Test func `complex values are pairs`() throws {
    let tensor = try AnyTensor(message(.dtComplex64, [2]) { $0.scomplexVal = [1, 2] })
    #expect(try tensor.scalars(of: Complex64.self) == [Complex64(1, 2), Complex64(1, 2)])
  }

  @Test(arguments: [12, 20])
  func `content of the wrong length is refused`(count: Int) {
    let error = failure {
      try AnyTensor(message(.dtFloat, [2, 2]) { $0.tensorContent = Data(count: count) })
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason.hasPrefix("Cannot parse tensor from proto: ") == true)
  }

  @Test func `truth values other than 0 and 1 are true`() throws {
    let tensor = try AnyTensor(message(.dtBool, [3]) { $0.tensorContent = Data([0, 1, 255]) })
    #expect(try tensor.scalars(of: Bool.self) == [false, true, true])
    #expect(try tensor.data() == Data([0, 1, 1]))
  }

  @Test func `texts in content have their lengths in front`() throws {
    let tensor = try AnyTensor(
      message(.dtString, [2]) { $0.tensorContent = Data([1, 2]) + Data("abc".utf8) })
    #expect(try tensor.scalars(of: ByteString.self) == ["a", "bc"])
  }

  @Test(
    arguments: [
      [200, 200, 97], [1, 3, 97], [1, 1, 97, 98, 99], [5],
      [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
    ] as [[UInt8]])
  func `texts that leave their content are refused`(bytes: [UInt8]) {
    let error = failure {
      try AnyTensor(message(.dtString, [2]) { $0.tensorContent = Data(bytes) })
    }
    #expect(error?.code == .invalidArgument)
  }

  @Test(
    arguments: [
      [-2, 3], [1 << 40, 1 << 40], [1 << 31, 1 << 31, 4], [Int64](repeating: 1, count: 255),
      [1 << 62, 1 << 62, 0],
    ] as [[Int64]])
  func `shapes that no tensor has are refused`(sizes: [Int64]) {
    #expect(
      failure { try AnyTensor(message(.dtFloat, sizes) { $0.floatVal = [1] }) }?.code
        == .invalidArgument)
  }

  @Test func `dtypes that no tensor has are refused`() {
    for dtype in [Tensorflow_DataType.dtInvalid, .dtFloatRef, .UNRECOGNIZED(9999)] {
      #expect(failure { try AnyTensor(message(dtype, [])) }?.code == .invalidArgument)
    }
  }

  @Test func `a few bytes can't ask for all memory`() {
    let budget = MemoryBudget(limit: 1 << 20)
    let huge = message(.dtFloat, [1 << 30]) { $0.floatVal = [1] }
    #expect(failure { try AnyTensor(huge, budget: budget) }?.code == .resourceExhausted)
    #expect(budget.liveBytes == 0)
    let more = message(.dtFloat, [1 << 60]) { $0.floatVal = [1] }
    #expect(failure { try AnyTensor(more) }?.code == .resourceExhausted)
  }

  @Test func `large contents are shared`() throws {
    let values = (0..<4096).map { Float($0) }
    let content = try AnyTensor(values, shape: Shape([4096])).data()
    let proto = message(.dtFloat, [4096]) { $0.tensorContent = content }
    let budget = MemoryBudget(limit: 0)
    var tensor: AnyTensor? = try AnyTensor(proto, budget: budget)
    #expect(try tensor?.scalars(of: Float.self) == values)
    #expect(tensor?.buffer.isWritable == false)
    tensor = nil
    #expect(proto.tensorContent.count == 16384)
  }

  @Test func `large tensors become messages without a copy, and stay as they are`() throws {
    let values = (0..<4096).map { Float($0) }
    var tensor: AnyTensor? = try AnyTensor(values, shape: Shape([4096]))
    weak let buffer = tensor?.buffer
    var content = try #require(try tensor?.data())
    let (own, shared) = unsafe (
      content.withUnsafeBytes { unsafe $0.baseAddress.map { UInt(bitPattern: $0) } },
      buffer.map { unsafe UInt(bitPattern: $0.pointer) }
    )
    #expect(own == shared)
    let message = content
    content[0] = 255
    #expect(try tensor?.scalars(of: Float.self) == values)
    // The bytes outlive the tensor, and go with the last message.
    tensor = nil
    #expect(buffer != nil)
    #expect(message.count == 16384)
  }

  static let samples: [AnyTensor] = {
    func make<S: TensorScalar>(_ values: S...) -> [AnyTensor] {
      let vector = try? AnyTensor(values, shape: Shape(vector: values.count))
      let scalar = values.first.flatMap { try? AnyTensor(scalar: $0) }
      let empty = try? AnyTensor([S](), shape: Shape([0, 3]))
      return [vector, scalar, empty].compactMap(\.self)
    }
    var result = make(Float.nan, -0.0, 1e-38, .infinity) + make(Double.pi, -1e300)
    result += make(Float16(0.5), 2) + make(BFloat16(0.5), BFloat16(-3))
    result += make(Int8.min, 0, 127) + make(Int16.min, 5) + make(Int32.min, 5) + make(Int64.min, 5)
    result += make(UInt8.max, 5) + make(UInt16.max, 5) + make(UInt32.max, 5) + make(UInt64.max, 5)
    result += make(true, false) + make(Complex64(1, -2), Complex64(3)) + make(Complex128(1, -2))
    result += make(QInt8(-1)) + make(QUInt8(200), QUInt8(3)) + make(QInt16(-1)) + make(QUInt16(9))
    result += make(QInt32(-7), QInt32(8))
    result += make(ByteString("a"), ByteString(bytes: [0, 255]), ByteString())
    result += make(
      ResourceHandle(
        device: "d", container: "c", name: "n", typeName: "t",
        components: [.init(dtype: .float, shape: [2, nil])]))
    return result
  }()

  @Test(arguments: samples)
  func `every dtype survives`(tensor: AnyTensor) throws {
    let proto = try Tensorflow_TensorProto(tensor)
    let again = try AnyTensor(Tensorflow_TensorProto(serializedBytes: proto.serializedData()))
    #expect(again == tensor)
    #expect(again.dtype == tensor.dtype)
  }

  @Test func `bytes of small floats survive`() throws {
    for dtype in [DType.float8e5m2, .float8e4m3fn, .int4, .uint2, .float4e2m1fn] {
      let bytes = try AnyTensor([1, 2, 3] as [UInt8], shape: Shape([3]))
      let tensor = try bytes.bitcast(to: dtype, shape: Shape([3]))
      #expect(try AnyTensor(Tensorflow_TensorProto(tensor)) == tensor)
    }
    let narrow = try AnyTensor(message(.dtInt4, [3]) { $0.intVal = [1, 7] })
    #expect(try narrow.data() == Data([1, 7, 7]))
  }

  @Test func `a handle keeps its hash`() throws {
    var handle = ResourceHandle(name: "n")
    handle.hashCode = .max
    let again = try AnyTensor(Tensorflow_TensorProto(try AnyTensor(scalar: handle)))
    #expect(try again.element(0, of: ResourceHandle.self).hashCode == .max)
  }

  @Test func `variants stay encoded`() throws {
    let inner = try AnyTensor([1, 2] as [Float], shape: Shape([2]))
    let value = EncodedVariant(typeName: "some::List", metadata: [1, 2], tensors: [inner])
    let tensor = try AnyTensor([Variant(value), Variant()], shape: Shape([2]))
    let again = try AnyTensor(Tensorflow_TensorProto(tensor)).scalars(of: Variant.self)
    let first = try #require(again.first?.value as? EncodedVariant)
    #expect(first.typeName == "some::List")
    #expect(first.metadata == [1, 2])
    #expect(first.tensors == [inner])
    #expect(again.last?.value == nil)
  }

  @Test func `variants that can't leave the process are refused`() throws {
    struct Local: VariantValue { var typeName: String { "local" } }
    let tensor = try AnyTensor(scalar: Variant(Local()))
    #expect(failure { try Tensorflow_TensorProto(tensor) }?.code == .unimplemented)
  }
}
