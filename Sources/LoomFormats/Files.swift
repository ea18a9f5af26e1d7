package import FoundationEssentials
package import LoomCore

/// The bytes of a file.
///
/// - Throws: ``StatusError/Code/notFound`` if there is none, ``StatusError/Code/permissionDenied`` if
///   it may not be read, ``StatusError/Code/unknown`` for other failures.
package func readFile(_ path: String) throws(StatusError) -> Data {
  do { return try Data(contentsOf: URL(filePath: path)) } catch let error as CocoaError {
    throw fileError(error, path)
  } catch {
    throw StatusError(.unknown, "\(path); \(error)")
  }
}

/// - Throws: ``StatusError/Code/notFound`` if the directory does not exist,
///   ``StatusError/Code/permissionDenied``, ``StatusError/Code/unknown``.
package func writeFile(_ bytes: Data, to path: String) throws(StatusError) {
  do { try bytes.write(to: URL(filePath: path)) } catch let error as CocoaError {
    throw fileError(error, path)
  } catch {
    throw StatusError(.unknown, "\(path); \(error)")
  }
}

@inline(never)
private func fileError(_ error: CocoaError, _ path: String) -> StatusError {
  switch error.code {
  case .fileNoSuchFile, .fileReadNoSuchFile:
    .notFound("\(path); No such file or directory")
  case .fileReadNoPermission, .fileWriteNoPermission:
    StatusError(.permissionDenied, "\(path); Permission denied")
  default: StatusError(.unknown, "\(path); \(error.code)")
  }
}
