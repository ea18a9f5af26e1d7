package import Foundation
package import LoomCore
import LoomFormats
import LoomProto
import SwiftProtobuf

/// Reads recorded sessions: records of a varint length and a serialized case.
package enum GoldenFile {
  package static func cases(in data: Data) throws -> [Golden_Case] {
    var cases: [Golden_Case] = []
    var position = data.startIndex
    while position < data.endIndex {
      var length = 0
      var shift = 0
      while true {
        guard position < data.endIndex, shift < 63 else {
          throw StatusError(.dataLoss, "The file ends inside a record's length")
        }
        let byte = data[position]
        position += 1
        length |= Int(byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 { break }
      }
      guard length <= data.endIndex - position else {
        throw StatusError(.dataLoss, "The file ends inside a record")
      }
      cases.append(try Golden_Case(serializedBytes: data[position..<position + length]))
      position += length
    }
    return cases
  }

  package static func tensor(_ bytes: Data) throws -> AnyTensor {
    try AnyTensor(Tensorflow_TensorProto(serializedBytes: bytes))
  }
}

/// Folders of the repository that tests read.
package enum Fixtures {
  /// The package's root, from this file's place in it.
  package static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  package static func url(_ path: String) -> URL {
    root.appending(path: "Fixtures").appending(path: path)
  }
}
