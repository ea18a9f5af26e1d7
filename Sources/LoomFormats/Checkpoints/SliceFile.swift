internal import FoundationEssentials
package import LoomCore
import LoomProto

/// A checkpoint of the first generation: one table of parts of tensors.
package struct SliceFile: Sendable {
  private let table: SortedTable
  private let path: String

  /// What is stored under a name.
  package struct Entry: Sendable {
    package var dtype: DType
    package var shape: Shape
    package var slices: [TensorSlice]
  }
  package private(set) var entries: [String: Entry] = [:]

  /// - Throws: ``StatusError/Code/notFound``, ``StatusError/Code/dataLoss`` if the file is damaged or is
  ///   none of this kind.
  package init(_ path: String) throws(StatusError) {
    self.path = path
    let file = try OpenFile(reading: path)
    table = try SortedTable(file.read(at: 0, count: file.byteCount), path: path)
    guard let first = table.entries.first, first.key.isEmpty else {
      throw StatusError(.dataLoss, "Unable to find the metadata of the checkpoint file \(path)")
    }
    let message = try Wire.decode(Tensorflow_SavedTensorSlices.self, .init(first.value))
    for tensor in message.meta.tensor {
      var slices: [TensorSlice] = []
      for slice in tensor.slice { slices.append(try TensorSlice(slice)) }
      entries[tensor.name] = Entry(
        dtype: try DType(tensor.type), shape: try Shape(tensor.shape), slices: slices)
    }
  }

  /// The part of `name` that `slice` names, one of those the entry lists.
  func value(
    _ name: String, _ entry: Entry, _ slice: TensorSlice, _ budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    guard let bytes = table[OrderedCode.key(Array(name.utf8), slice)] else {
      throw StatusError(.dataLoss, "\(path): slice \(slice.text) of tensor \(name) is missing")
    }
    let message = try Wire.decode(Tensorflow_SavedTensorSlices.self, .init(bytes))
    // Only the elements are stored; dtype and shape follow from the list of tensors.
    var data = message.data.data
    data.dtype = entry.dtype.proto
    data.tensorShape = try slice.shape(in: entry.shape).proto
    return try AnyTensor(data, budget: budget)
  }
}

/// The checkpoint files of the first generation that a pattern names.
package struct SliceFileSet: Sendable {
  private let files: [SliceFile]

  /// - Throws: ``StatusError/Code/notFound`` if no file matches.
  package init(matching pattern: String) throws(StatusError) {
    let paths = Paths.matching(pattern)
    guard !paths.isEmpty else {
      throw .notFound(
        "Unsuccessful TensorSliceReader constructor: Failed to find any matching files for "
          + pattern)
    }
    var files: [SliceFile] = []
    for path in paths { files.append(try SliceFile(path)) }
    self.files = files
  }

  package func entry(_ name: String) -> SliceFile.Entry? {
    for file in files { if let entry = file.entries[name] { return entry } }
    return nil
  }

  /// A tensor, or a part of it.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if there is none of that name,
  ///   ``StatusError/Code/invalidArgument`` if parts of it are missing.
  package func read(
    _ name: String, slice: TensorSlice? = nil, budget: MemoryBudget = .files
  ) throws(StatusError) -> AnyTensor {
    guard let entry = entry(name) else {
      throw .notFound("Tensor name \"\(name)\" not found in checkpoint files")
    }
    let box = try (slice ?? TensorSlice(fullRank: entry.shape.rank)).resolved(in: entry.shape)
    var assembly = try SliceAssembly(dtype: entry.dtype, box: box, budget: budget)
    for file in files {
      guard let entry = file.entries[name] else { continue }
      for part in entry.slices {
        let extent = try part.resolved(in: entry.shape)
        if assembly.overlaps(extent) {
          try assembly.add(file.value(name, entry, part, budget), covering: extent)
        }
      }
    }
    return try assembly.finish(name: name)
  }
}

/// Writes a checkpoint of the first generation.
package struct SliceFileWriter: ~Copyable {
  private let path: String
  private var tensors: [Tensorflow_SavedSliceMeta] = []
  private var data: [[UInt8]: [UInt8]] = [:]

  package init(_ path: String) { self.path = path }

  /// Adds a part of a tensor.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if parts of a tensor contradict each other.
  package mutating func add(
    _ name: String, _ part: ShapeAndSlice, _ tensor: AnyTensor
  ) throws(StatusError) {
    let shape = try part.sliceShape
    guard shape == tensor.shape else {
      throw .invalidArgument(
        "Shape in shape_and_slice spec \(shape) does not match the shape of the tensor to save: "
          + "\(tensor.shape)")
    }
    let key = OrderedCode.key(Array(name.utf8), part.slice)
    guard data[key] == nil else {
      throw .invalidArgument("Tensor \(name) is to be saved twice")
    }
    let place = tensors.firstIndex { $0.name == name }
    var meta = place.map { tensors[$0] } ?? Tensorflow_SavedSliceMeta()
    if place == nil {
      meta.name = name
      meta.shape = part.shape.proto
      meta.type = tensor.dtype.proto
    }
    guard meta.shape == part.shape.proto, meta.type == tensor.dtype.proto else {
      throw .invalidArgument(
        "Mismatching shapes or types: existing tensor \(name) and its part \(part.shape)")
    }
    meta.slice.append(part.slice.proto)
    if let place { tensors[place] = meta } else { tensors.append(meta) }
    var message = Tensorflow_SavedTensorSlices()
    message.data.name = name
    message.data.slice = part.slice.proto
    message.data.data = try Tensorflow_TensorProto(elementsOf: tensor)
    data[key] = Array(try Wire.encode(message))
  }

  package consuming func finish() throws(StatusError) {
    var message = Tensorflow_SavedTensorSlices()
    message.meta.tensor = tensors
    message.meta.versions.producer = 1
    var table = SortedTableBuilder()
    table.add([], Array(try Wire.encode(message)))
    for (key, value) in data.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      table.add(key, value)
    }
    let temporary = "\(path).tempstate\(UInt64.random(in: .min ... .max))"
    try OpenFile(writing: temporary).write(table.finish())
    try Paths.rename(temporary, to: path)
  }
}
