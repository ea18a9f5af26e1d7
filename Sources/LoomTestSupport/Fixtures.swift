public import Foundation

/// Files that tests read: models, recorded sessions, facts.
public enum Fixtures {
  /// The folder `Fixtures` of the repository; the environment variable `WEIRLOOM_FIXTURES` names
  /// another one.
  public static let root: URL = {
    if let path = ProcessInfo.processInfo.environment["WEIRLOOM_FIXTURES"], !path.isEmpty {
      return URL(filePath: path, directoryHint: .isDirectory)
    }
    // …/Sources/LoomTestSupport/Fixtures.swift
    return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Fixtures", directoryHint: .isDirectory)
  }()

  /// The absolute path of a file, given below ``root``.
  public static func path(_ relative: String) -> String {
    root.appending(path: relative).path(percentEncoded: false)
  }

  /// The address of a file, given below ``root``.
  public static func url(_ relative: String) -> URL { root.appending(path: relative) }

  /// Names of what lies in a folder below ``root``, sorted; empty if there is none.
  public static func names(in folder: String) -> [String] {
    let path = root.appending(path: folder).resolvingSymlinksInPath()
    // A folder that can't be read holds nothing to test; tests check that there is something.
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: path.path(percentEncoded: false))
    return (names ?? []).sorted()
  }
}
