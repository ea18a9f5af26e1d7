package import LoomCore
package import LoomProto

extension PartialShape {
  /// - Throws: ``StatusError/Code/invalidArgument`` for sizes below -1, more than
  ///   ``Shape/maximumRank`` dimensions, or dimensions beside an unknown rank.
  package init(_ message: Tensorflow_TensorShapeProto) throws(StatusError) {
    if message.unknownRank {
      guard message.dim.isEmpty else {
        throw .invalidArgument("An unknown shape must not have any dimensions set.")
      }
      self = .unknown
      return
    }
    guard message.dim.count <= Shape.maximumRank else {
      throw .invalidArgument(
        "Shape must be at most rank \(Shape.maximumRank) but is rank \(message.dim.count)")
    }
    for dimension in message.dim where dimension.size < -1 {
      throw .invalidArgument(
        "Shape \(message.text) has dimensions with values below -1 (where -1 means unknown)")
    }
    self.init(message.dim.map { Int($0.size) } as [Int]?)
  }

  package var proto: Tensorflow_TensorShapeProto {
    var message = Tensorflow_TensorShapeProto()
    guard let sizes else {
      message.unknownRank = true
      return message
    }
    message.dim = sizes.map { size in
      var dimension = Tensorflow_TensorShapeProto.Dim()
      dimension.size = Int64(size ?? -1)
      return dimension
    }
    return message
  }
}

extension Shape {
  /// - Throws: ``StatusError/Code/invalidArgument`` if a size is negative, there are too many, or the
  ///   element count overflows.
  package init(_ message: Tensorflow_TensorShapeProto) throws(StatusError) {
    for dimension in message.dim where dimension.size < 0 {
      throw .invalidArgument("Shape \(message.text) is not fully defined")
    }
    try self.init(message.dim.map { Int($0.size) })
  }

  package var proto: Tensorflow_TensorShapeProto { PartialShape(self).proto }
}

extension Tensorflow_TensorShapeProto {
  fileprivate var text: String { "[" + dim.map { String($0.size) }.joined(separator: ",") + "]" }
}
