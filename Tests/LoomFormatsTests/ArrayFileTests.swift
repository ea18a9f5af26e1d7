import Foundation
import LoomCore
import LoomFormats
import Testing

@Suite struct ArrayFileTests {
  /// A .npy file with the given header and bytes.
  private func file(_ header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let length = header.utf8.count
    var bytes: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]
    bytes += [UInt8(length & 255), UInt8(length >> 8)]
    if version > 1 { bytes += [0, 0] }
    return bytes + Array(header.utf8) + data
  }

  @Test(arguments: [1, 2, 3] as [UInt8])
  func `arrays of every version are read`(version: UInt8) throws {
    let bytes = file(
      "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }\n", [1, 0, 2, 0, 255, 255],
      version: version)
    let tensor = try AnyTensor(npy: bytes)
    #expect(try tensor.scalars(of: Int16.self) == [1, 2, -1])
    #expect(tensor.shape == Shape(vector: 3))
  }

  @Test func `columns first are turned`() throws {
    let bytes = file(
      "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", [1, 4, 2, 5, 3, 6])
    #expect(try AnyTensor(npy: bytes).scalars(of: UInt8.self) == [1, 2, 3, 4, 5, 6])
    let cube = file(
      "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 2), }", [0, 4, 2, 6, 1, 5, 3, 7])
    #expect(try AnyTensor(npy: cube).scalars(of: UInt8.self) == [0, 1, 2, 3, 4, 5, 6, 7])
  }

  @Test func `big-endian elements are turned`() throws {
    let bytes = file(
      "{'descr': '>f4', 'fortran_order': False, 'shape': (), }", [0x3f, 0x80, 0, 0])
    #expect(try AnyTensor(npy: bytes).scalars(of: Float.self) == [1])
    let complex = file(
      "{'descr': '>c8', 'fortran_order': False, 'shape': (), }",
      [0x3f, 0x80, 0, 0, 0x40, 0, 0, 0])
    #expect(try AnyTensor(npy: complex).scalars(of: Complex64.self) == [Complex64(1, 2)])
  }

  @Test func `texts of fixed length are read`() throws {
    let bytes = file(
      "{'descr': '|S3', 'fortran_order': False, 'shape': (2,), }", Array("ab\0c\0d".utf8))
    #expect(try AnyTensor(npy: bytes).scalars(of: ByteString.self) == ["ab", "c\0d"])
    let wide = file(
      "{'descr': '<U2', 'fortran_order': False, 'shape': (1,), }", [0xe9, 0, 0, 0, 0, 0, 0, 0])
    #expect(try AnyTensor(npy: wide).scalars(of: ByteString.self) == ["é"])
  }

  @Test func `elements may be read as another dtype of their size`() throws {
    let tensor = try AnyTensor([BFloat16(1.5), BFloat16(-2)], shape: Shape([2]))
    #expect(failure { try tensor.npy() }?.code == .invalidArgument)
    let bytes = try tensor.npy(asBits: true)
    #expect(try AnyTensor(npy: bytes).dtype == .uint16)
    #expect(try AnyTensor(npy: bytes, as: .bfloat16) == tensor)
    #expect(failure { try AnyTensor(npy: bytes, as: .float) }?.code == .invalidArgument)
    #expect(failure { try AnyTensor(npy: bytes, as: .string) }?.code == .invalidArgument)
  }

  @Test(arguments: TensorCodecTests.samples.filter { $0.dtype.byteSize != nil })
  func `every plain dtype survives`(tensor: AnyTensor) throws {
    #expect(try AnyTensor(npy: tensor.npy(asBits: true), as: tensor.dtype) == tensor)
  }

  @Test func `elements begin at a multiple of 64`() throws {
    let tensor = try AnyTensor([1, 2] as [Float], shape: Shape([2]))
    let bytes = try tensor.npy()
    #expect(bytes.count % 64 == 8)
    #expect(bytes[bytes.count - 9] == UInt8(ascii: "\n"))
  }

  @Test(
    arguments: [
      [], [0x93, 0x4e], Array("PK\u{3}\u{4}aaaaaaaaaaaaaa".utf8),
      [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 255, 255, 32],
      [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 9, 0, 1, 0, 32],
    ] as [[UInt8]])
  func `other files are refused`(bytes: [UInt8]) {
    #expect(failure { try AnyTensor(npy: bytes) }?.code == .dataLoss)
  }

  @Test(arguments: [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
    "{'descr': '<f4', 'fortran_order': False}", "{'descr': '<f4', 'shape': (1,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1x,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
    "{'descr': '|S0', 'fortran_order': False, 'shape': (1099511627776,)}",
    "{'descr': '', 'fortran_order': False, 'shape': ()}",
    "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}",
    "{'descr': '|O', 'fortran_order': False, 'shape': ()}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4)}",
  ])
  func `headers that do not fit are refused`(header: String) {
    #expect(failure { try AnyTensor(npy: file(header, [0, 0, 0, 0])) } != nil)
  }

  @Test func `a missing file is not found`() {
    #expect(failure { try AnyTensor(npyFile: "/no/such/file.npy") }?.code == .notFound)
  }

  // MARK: JSON

  @Test(arguments: TensorCodecTests.samples.filter { $0.dtype != .resource })
  func `every dtype survives JSON`(tensor: AnyTensor) throws {
    let again = try AnyTensor(json: tensor.json(), dtype: tensor.dtype)
    if tensor.elementCount == 0 {
      #expect(again.elementCount == 0)
    } else {
      #expect(again == tensor)
    }
  }

  @Test func `lists nest as the shape says`() throws {
    let tensor = try AnyTensor([1, 2, 3, 4, 5, 6] as [Int32], shape: Shape([1, 2, 3]))
    #expect(try tensor.json() == "[[[1, 2, 3], [4, 5, 6]]]")
    #expect(try AnyTensor(json: "[[[1,2,3],[4,5,6]]]", dtype: .int32) == tensor)
    #expect(try AnyTensor(scalar: Float(0.1)).json() == "0.1")
    #expect(try AnyTensor([Float](), shape: Shape([2, 0])).json() == "[[], []]")
  }

  @Test func `texts are escaped`() throws {
    let tensor = try AnyTensor(
      ["a\"\\\n\u{1}é", ByteString(bytes: [255])], shape: Shape([2]))
    #expect(try tensor.json() == #"["a\"\\\n\u0001é", {"b64": "/w=="}]"#)
    #expect(try AnyTensor(json: tensor.json(), dtype: .string) == tensor)
  }

  @Test(arguments: [
    "", "[", "[1", "[1,]", "[1 2]", "]", "[1]]", "[[1],2]", "[1,[2]]", "[[1],[2,3]]", "[[],[1]]",
    "nope", "300.5", "\"a", "{\"x\": 1}", "[1] 2", "\"\\", "[\"a\"]", "1e99", "9999999999",
    String(repeating: "[", count: 100_000),
  ])
  func `malformed JSON is refused`(text: String) {
    #expect(failure { try AnyTensor(json: text, dtype: .int32) }?.code == .invalidArgument)
  }

  @Test func `string files are read and written`() throws {
    let tensor = try AnyTensor(["a", ByteString(bytes: [0, 255])], shape: Shape([1, 2]))
    #expect(try AnyTensor(stringsJSON: tensor.stringsJSON()) == tensor)
    let bytes = Array(#"{"dtype": "string", "shape": [], "values_base64": ["?"]}"#.utf8)
    #expect(failure { try AnyTensor(stringsJSON: bytes) }?.code == .invalidArgument)
    #expect(failure { try AnyTensor(stringsJSON: Array("{}".utf8)) }?.code == .invalidArgument)
  }
}
