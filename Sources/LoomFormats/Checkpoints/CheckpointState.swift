public import LoomCore
import LoomProto

/// Which checkpoints a folder holds, as its state file tells.
public struct CheckpointState: Sendable, Hashable {
  /// The prefix of the newest checkpoint.
  public var latest: String
  /// The prefixes of all that are kept, oldest first.
  public var all: [String]

  public init(latest: String, all: [String]) {
    self.latest = latest
    self.all = all
  }

  static let fileName = "checkpoint"

  /// What the state file of a folder says.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if there is none,
  ///   ``StatusError/Code/invalidArgument`` if it cannot be read.
  public init(folder: String) throws(StatusError) {
    let bytes = try ByteStream(folder.isEmpty ? Self.fileName : "\(folder)/\(Self.fileName)")
      .readAll()
    let message = try Wire.decodeText(
      Tensorflow_CheckpointState.self, String(decoding: bytes, as: UTF8.self))
    func absolute(_ path: String) -> String {
      path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"
    }
    latest = absolute(message.modelCheckpointPath)
    all = message.allModelCheckpointPaths.map(absolute)
  }

  /// Writes the state file of the folder that `prefix` lies in.
  package func write(besides prefix: String) throws(StatusError) {
    let folder = Paths.folder(of: prefix)
    // Relative paths are relative to the folder, so that it can be moved.
    func stored(_ path: String) -> String {
      path.hasPrefix("/") || folder.isEmpty || !path.hasPrefix(folder + "/")
        ? path : String(path.dropFirst(folder.count + 1))
    }
    var text = "model_checkpoint_path: \(CheckpointState.quoted(stored(latest)))\n"
    for path in all {
      text += "all_model_checkpoint_paths: \(CheckpointState.quoted(stored(path)))\n"
    }
    let path = folder.isEmpty ? Self.fileName : "\(folder)/\(Self.fileName)"
    let temporary = path + ".tmp\(UInt64.random(in: .min ... .max))"
    try OpenFile(writing: temporary).write(Array(text.utf8))
    try Paths.rename(temporary, to: path)
  }

  private static func quoted(_ path: String) -> String {
    var result = "\""
    for scalar in path.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { result.unicodeScalars.append("\\") }
      result.unicodeScalars.append(scalar)
    }
    return result + "\""
  }

  /// The prefix of a folder's newest checkpoint; `nil` if there is none.
  ///
  /// - SeeAlso: `tf.train.latest_checkpoint`.
  public static func latestCheckpoint(in folder: String) -> String? {
    // A folder without a readable state file has no newest checkpoint.
    guard let state = try? CheckpointState(folder: folder), CheckpointFiles.exist(state.latest)
    else { return nil }
    return state.latest
  }
}

/// The files of checkpoints of both generations.
package enum CheckpointFiles {
  package static func exist(_ prefix: String) -> Bool {
    TensorBundle.exists(prefix) || Paths.exists(prefix)
  }

  /// Deletes the files of a checkpoint; what cannot be deleted stays.
  package static func remove(_ prefix: String) {
    let folder = Paths.folder(of: prefix)
    let name = folder.isEmpty ? prefix : String(prefix.dropFirst(folder.count + 1))
    for entry in Paths.entries(of: folder)
    where entry == name || entry == name + ".index" || entry == name + ".meta"
      || entry.hasPrefix(name + ".data-")
    {
      try? Paths.remove(folder.isEmpty ? entry : "\(folder)/\(entry)")
    }
  }
}
