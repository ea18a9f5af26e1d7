package import LoomCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Names in the file system.
package enum Paths {
  package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// The part before the last `/`; empty if there is none.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Makes a folder and those above it; one that is there already is fine.
  package static func makeFolder(_ path: String) throws(StatusError) {
    guard !path.isEmpty, !exists(path) else { return }
    try makeFolders(path)
  }

  /// One level after the other from the top: paths may be as deep as the system allows.
  private static func makeFolders(_ path: String) throws(StatusError) {
    var prefix = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      prefix += part
      if unsafe mkdir(prefix, 0o755) != 0, errno != EEXIST { throw OpenFile.failure(prefix) }
      prefix += "/"
    }
  }

  package static func rename(_ old: String, to new: String) throws(StatusError) {
    guard unsafe Glibc.rename(old, new) == 0 else { throw OpenFile.failure(old) }
  }

  package static func remove(_ path: String) throws(StatusError) {
    guard unsafe unlink(path) == 0 else { throw OpenFile.failure(path) }
  }

  /// Removes an empty folder.
  package static func removeFolder(_ path: String) throws(StatusError) {
    guard unsafe rmdir(path) == 0 else { throw OpenFile.failure(path) }
  }

  /// Names in a folder, sorted; none if it can't be read.
  package static func entries(of folder: String) -> [String] {
    guard let directory = unsafe opendir(folder.isEmpty ? "." : folder) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      // The system ends names with a zero byte inside the entry.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Paths that fit a pattern of `*`, `?`, `[…]` and `\`, sorted. `*` stays within one folder.
  package static func matching(_ pattern: String) -> [String] {
    let parts = pattern.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    var found = [pattern.hasPrefix("/") ? "/" : ""]
    for part in parts {
      let isPlain = !part.contains { "*?[\\".contains($0) }
      var next: [String] = []
      for prefix in found {
        if isPlain {
          if exists(prefix + part) { next.append(prefix + part) }
        } else {
          next += entries(of: prefix).filter { unsafe fnmatch(part, $0, 0) == 0 }.map {
            prefix + $0
          }
        }
      }
      found = next.map { $0 + "/" }
    }
    return parts.isEmpty ? [] : found.map { String($0.dropLast()) }.sorted()
  }
}
